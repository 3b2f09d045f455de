// Random commands through two handles at different addresses, against a model that is a list of records and what
// became of each.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "elements.hpp"
#include "numbered_message.hpp"

namespace stoa::testing {
namespace {

using step = std::pair<std::uint8_t, std::uint16_t>;  // what, and with how much

enum class fate { open, waiting, leased, returned, done, padding };

struct model_record {
  std::uint64_t number;
  std::uint64_t units;
  bool has_block;
  fate now;
  std::uint64_t sequence = 0;
  bool is_passed = false;
};

// Space is used in order and given back in order; blocks are free as soon as their message is done. Where it overwrites
// the oldest messages are done as soon as there is no room, but for those that are leased.
class message_ring_model {
 public:
  message_ring_model(std::uint64_t units, message_ring_options const& options)
      : units_{units},
        blocks_{options.large.blocks},
        overwrites_{options.when_full == when_full::overwrite},
        tail_{options.first_position / record_unit % units} {}

  // The record's number; nullopt: no room.
  std::optional<std::uint64_t> claim(std::uint64_t units, bool needs_block) {
    auto const to_end = units_ - tail_;
    auto const fill = units > to_end ? to_end : 0;
    if (!make_room(fill + units) || (needs_block && !make_room_in_blocks())) return std::nullopt;
    if (fill != 0) add(fill, false, fate::padding);
    return add(units, needs_block, fate::open);
  }
  // Dropped before anybody had taken them.
  std::uint64_t lost() const { return lost_; }
  std::uint64_t used_blocks() const {
    return static_cast<std::uint64_t>(std::ranges::count_if(records_, [](auto const& each) {
      return each.has_block && each.now != fate::done && each.now != fate::padding;
    }));
  }
  void set(std::uint64_t number, fate becomes) { find(number).now = becomes; }
  // What was given back comes first, the oldest of it; then what was never taken.
  model_record const* take() {
    for (auto& each : records_)
      if (each.now == fate::returned) return taken(each);
    pass();
    for (auto& each : records_) {
      if (each.is_passed) continue;
      if (each.now != fate::waiting) return nullptr;  // an open claim
      taken(each);
      pass();
      return &each;
    }
    return nullptr;
  }
  std::uint64_t waiting() const {
    std::uint64_t count = 0;
    for (auto const& each : records_) {
      if (each.now == fate::open) break;
      count += each.now == fate::waiting;
    }
    return count;
  }

 private:
  void reclaim() {
    while (!records_.empty() && (records_.front().now == fate::done || records_.front().now == fate::padding)) {
      pass();
      used_ -= records_.front().units;
      records_.pop_front();
    }
  }
  bool drop_oldest() {
    auto const* const oldest = take();
    if (oldest == nullptr) return false;
    set(oldest->number, fate::done);
    ++lost_;
    return true;
  }
  // Nothing is dropped if a message that is leased, or an open claim, would have to make room as well.
  bool is_held_up(std::uint64_t units) const {
    auto used = used_;
    for (auto const& each : records_) {
      if (used + units + 1 <= units_) break;
      if (each.now == fate::leased || each.now == fate::open) return true;
      used -= each.units;
    }
    return false;
  }
  bool make_room(std::uint64_t units) {
    reclaim();
    while (used_ + units + 1 > units_) {
      if (!overwrites_ || is_held_up(units) || !drop_oldest()) return false;
      reclaim();
    }
    return true;
  }
  // By the oldest that has one, if it is not leased; nor behind an open claim.
  bool make_room_in_blocks() {
    if (used_blocks() < blocks_) return true;
    if (!overwrites_) return false;
    for (auto const& each : records_) {
      if (each.now == fate::open) return false;
      if (!each.has_block || (each.now != fate::waiting && each.now != fate::returned)) continue;
      auto const& oldest = each;
      while (oldest.now != fate::done)
        if (!drop_oldest()) return false;
      return true;
    }
    return false;
  }
  std::uint64_t add(std::uint64_t units, bool has_block, fate now) {
    records_.push_back({next_, units, has_block, now});
    used_ += units;
    tail_ = (tail_ + units) % units_;
    return next_++;
  }
  model_record& find(std::uint64_t number) {
    return *std::ranges::find(records_, number, &model_record::number);
  }
  model_record const* taken(model_record& which) {
    which.now = fate::leased;
    return &which;
  }
  // Head goes past what is no message or was taken; messages get their sequence there.
  void pass() {
    for (auto& each : records_) {
      if (each.is_passed) continue;
      each.sequence = passed_;
      if (each.now == fate::open || each.now == fate::waiting) return;
      each.is_passed = true;
      passed_ += each.now != fate::padding;
    }
  }

  std::uint64_t units_;
  std::uint64_t blocks_;
  bool overwrites_;
  std::uint64_t tail_;
  std::uint64_t used_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t passed_ = 0;
  std::uint64_t lost_ = 0;
  std::deque<model_record> records_;
};

class message_ring_machine {
 public:
  message_ring_machine(std::uint64_t units, message_ring_options const& options)
      : handles_{views_.first.publish<message_ring>("m", units * record_unit, options),
                 views_.second.attach<message_ring>("m")},
        consumers_{handles_[0].consumer(), handles_[1].consumer()},
        model_{units, options} {}

  void run(step const& what) {
    auto const which = what.first & 1u;
    switch (what.first / 2 % 8) {
      case 0:
      case 1: send(handles_[which], what.second % (handles_[0].largest_message() + 1)); break;
      case 2: claim(handles_[which], what.second % (handles_[0].largest_message() + 1)); break;
      case 3: end_claim(what.second, what.second % 3 != 0); break;
      case 4: receive(consumers_[which], true); break;
      case 5: receive(consumers_[which], false); break;
      case 6: end_lease(what.second, what.second % 3 != 0); break;
      case 7: handles_[which].recover(); break;  // there is nobody dead: nothing may change
    }
    for (auto const& each : handles_) {
      RC_ASSERT(each.size() == model_.waiting());
      RC_ASSERT(each.statistics().blocks_used == model_.used_blocks());
      RC_ASSERT(each.statistics().lost == model_.lost());
    }
  }

  // Everything that was sent comes out, and all room is usable again.
  void finish() {
    while (!claims_.empty()) end_claim(0, true);
    while (!leases_.empty()) end_lease(0, false);
    while (receive(consumers_[0], true)) {}
    RC_ASSERT(handles_[0].size() == 0u);
    for (int i = 0; i < 40; ++i) {
      send(handles_[1], handles_[1].largest_message() * static_cast<std::size_t>(i % 4) / 3);
      receive(consumers_[0], true);
    }
  }

 private:
  bool needs_block(std::size_t size) const { return size > handles_[0].largest_in_record() && size <= 256; }
  std::uint64_t units_of(std::size_t size) const { return needs_block(size) ? 1 : units_for(size); }
  // Messages are known by the model's number of their record.
  static std::vector<std::byte> bytes(std::uint64_t number, std::size_t size) { return numbered_message(number, size); }

  void send(message_ring const& ring, std::size_t size) {
    auto const number = model_.claim(units_of(size), needs_block(size));
    auto const content = bytes(number.value_or(0), size);
    RC_ASSERT(ring.try_send(content, static_cast<std::uint32_t>(number.value_or(0))) == number.has_value());
    if (number) model_.set(*number, fate::waiting);
  }
  void claim(message_ring const& ring, std::size_t size) {
    auto const number = model_.claim(units_of(size), needs_block(size));
    auto slot = ring.claim(size, static_cast<std::uint32_t>(number.value_or(0)));
    RC_ASSERT(static_cast<bool>(slot) == number.has_value());
    if (!number) return;
    auto const content = bytes(*number, size);
    if (size != 0) std::memcpy(slot.data(), content.data(), size);
    claims_.emplace_back(*number, std::move(slot));
  }
  void end_claim(std::size_t which, bool commits) {
    if (claims_.empty()) return;
    auto const place = claims_.begin() + static_cast<std::ptrdiff_t>(which % claims_.size());
    commits ? place->second.commit() : place->second.abort();
    model_.set(place->first, commits ? fate::waiting : fate::padding);
    claims_.erase(place);
  }
  bool receive(message_consumer const& from, bool commits) {
    auto const* expected = model_.take();
    auto got = from.try_receive();
    RC_ASSERT(got.has_value() == (expected != nullptr));
    if (!got) return false;
    RC_ASSERT(got->type() == expected->number);
    RC_ASSERT(got->sequence() == expected->sequence);
    auto const content = bytes(expected->number, got->size());
    RC_ASSERT(units_of(got->size()) == expected->units);
    RC_ASSERT(std::ranges::equal(got->data(), content));
    if (commits) {
      got->commit();
      model_.set(expected->number, fate::done);
    } else {
      leases_.emplace_back(expected->number, std::move(*got));
    }
    return true;
  }
  void end_lease(std::size_t which, bool commits) {
    if (leases_.empty()) return;
    auto const place = leases_.begin() + static_cast<std::ptrdiff_t>(which % leases_.size());
    commits ? place->second.commit() : place->second.abort();
    model_.set(place->first, commits ? fate::done : fate::returned);
    leases_.erase(place);
  }

  two_views views_{1u << 18};
  std::array<message_ring, 2> handles_;
  std::array<message_consumer, 2> consumers_;
  message_ring_model model_;
  std::vector<std::pair<std::uint64_t, message_slot>> claims_;
  std::vector<std::pair<std::uint64_t, message>> leases_;
};

// With up to three blocks.
message_ring_options any_options(when_full full, std::uint64_t first) {
  message_ring_options out{.checksum = true, .when_full = full, .first_position = first};
  auto const blocks = *rc::gen::inRange<std::uint32_t>(0, 4);
  if (blocks != 0) out.large = {.blocks = blocks, .block_bytes = 256, .above = 40};
  return out;
}

// A long history, so that the ring goes round many times.
void run_for_many_laps(when_full full) {
  auto const units = *rc::gen::element<std::uint64_t>(4, 8, 16);
  message_ring_machine machine{units, any_options(full, 0 - *rc::gen::inRange<std::uint64_t>(0, 200) * record_unit)};
  auto const steps = *rc::gen::container<std::vector<step>>(400, rc::gen::arbitrary<step>());
  for (auto const& each : steps) machine.run(each);
  machine.finish();
}

RC_GTEST_PROP(message_ring, BehavesLikeItsModel, (std::vector<step> const& steps, bool is_near_wrap, bool overwrites)) {
  auto const units = *rc::gen::element<std::uint64_t>(4, 8, 16, 64);
  auto const offset = *rc::gen::inRange<std::uint64_t>(0, 40) * record_unit;
  auto const full = overwrites ? when_full::overwrite : when_full::wait;
  message_ring_machine machine{units, any_options(full, is_near_wrap ? 0 - offset : offset)};
  for (auto const& each : steps) machine.run(each);
  machine.finish();
}

RC_GTEST_PROP(message_ring, BehavesLikeItsModelForManyLaps, ()) { run_for_many_laps(when_full::wait); }

RC_GTEST_PROP(message_ring, BehavesLikeItsModelForManyLapsThatAreOverwritten, ()) {
  run_for_many_laps(when_full::overwrite);
}

}  // namespace
}  // namespace stoa::testing
