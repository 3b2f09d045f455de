// Random commands at both ends, against two deques of messages and a model of the room in a ring.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "channel_scene.hpp"
#include "elements.hpp"

namespace stoa::testing {
namespace {

using step = std::pair<std::uint8_t, std::uint16_t>;  // what, and with how much

struct model_message {
  std::uint64_t number;
  std::size_t size;
  std::uint64_t end;  // position behind it
};

// One direction: what is in it, and which positions are used.
class direction_model {
 public:
  direction_model(std::uint64_t capacity, std::uint64_t first) : capacity_{capacity}, tail_{first}, read_{first} {}

  bool has_room(std::size_t size) const {
    return tail_ + fill(size) + bytes_of_record(size) + record_align - read_ <= capacity_;
  }
  void push(std::uint64_t number, std::size_t size, std::size_t claimed) {
    tail_ += fill(claimed) + bytes_of_record(size);
    messages_.push_back({number, size, tail_});
  }
  // The next message, which is this side's from then on.
  std::optional<model_message> take() {
    if (messages_.empty()) return std::nullopt;
    auto const next = messages_.front();
    messages_.pop_front();
    taken_ = next.end;
    ++held_;
    return next;
  }
  void release() {
    if (--held_ == 0) read_ = taken_;
  }
  std::size_t waiting() const { return messages_.size(); }

 private:
  std::uint64_t fill(std::size_t size) const {
    auto const to_end = capacity_ - tail_ % capacity_;
    return bytes_of_record(size) > to_end ? to_end : 0;
  }
  std::uint64_t capacity_;
  std::uint64_t tail_;
  std::uint64_t read_;
  std::uint64_t taken_ = 0;
  std::uint64_t held_ = 0;
  std::deque<model_message> messages_;
};

class channel_machine {
 public:
  channel_machine(std::uint64_t ring, std::uint64_t first, bool has_checksums)
      : ring_{ring},
        first_{first},
        terms_{.checksums = has_checksums ? checksums::required : checksums::accepted},
        listener_{views_.first.publish<channel_listener>(
            "service", channel_options{.clients = 1, .bytes_per_direction = ring, .first_position = first})} {
    connect();
  }

  void run(step const& what) {
    auto const from = what.first & 1u;
    auto& mine = sides_[from];
    auto& model = models_[from];
    auto const size = what.second % (mine.largest_message() + 1);
    switch (what.first / 2 % 8) {
      case 0:
      case 1: send(mine, model, size); break;
      case 2: claim(mine, model, size, what.second % 3); break;
      case 3:
      case 4: receive(from, what.second % 3 == 0); break;
      case 5: release(from, what.second); break;
      case 6: poll(from, what.second % 4); break;
      case 7:
        if (what.second % 16 == 0) reconnect();
        break;
    }
  }
  void finish() {
    for (unsigned from : {0u, 1u}) {
      while (!held_[from].empty()) release(from, 0);
      while (receive(from, false)) {}
    }
    sides_[0].close();
    RC_ASSERT(sides_[1].at_end());
  }

 private:
  channel& receiver(unsigned from) { return sides_[1 - from]; }

  void connect() {
    auto pair = connected(views_.second, listener_, terms_);
    sides_ = {std::move(pair.client), std::move(pair.server)};
    models_ = {direction_model{ring_, first_}, direction_model{ring_, first_}};
    sequence_ = {};
  }
  // All that is in it goes with it.
  void reconnect() {
    for (auto& each : held_) each.clear();
    for (auto& each : sides_) each.close();
    connect();
  }
  void send(channel& mine, direction_model& model, std::size_t size) {
    auto const bytes = numbered_message(next_, size);
    bool const has_room = model.has_room(size);
    RC_ASSERT(mine.try_send(bytes, static_cast<std::uint32_t>(next_)) == has_room);
    if (has_room) model.push(next_++, size, size);
  }
  void claim(channel& mine, direction_model& model, std::size_t size, unsigned end) {
    auto room = mine.claim(size, static_cast<std::uint32_t>(next_));
    RC_ASSERT(static_cast<bool>(room) == model.has_room(size));
    if (!room) return;
    std::fill_n(room.data(), size, std::byte{0xEE});
    if (end == 0) return;  // dropped
    auto const final_size = end == 1 ? size : size / 2;
    auto const bytes = numbered_message(next_, final_size);
    std::ranges::copy(bytes, room.data());
    room.shrink(final_size);
    room.commit();
    model.push(next_++, final_size, size);
  }
  void check(model_message const& expected, message_view const& got, unsigned from) {
    RC_ASSERT(got.type() == static_cast<std::uint32_t>(expected.number));
    RC_ASSERT(got.sequence() == sequence_[from]++);
    RC_ASSERT(std::ranges::equal(got.data(), numbered_message(expected.number, expected.size)));
  }
  bool receive(unsigned from, bool is_kept) {
    auto const expected = models_[from].take();
    auto got = receiver(from).try_receive();
    RC_ASSERT(got.has_value() == expected.has_value());
    if (!got) return false;
    check(*expected, *got, from);
    if (is_kept)
      held_[from].push_back(std::move(*got));
    else
      models_[from].release();
    return true;
  }
  void release(unsigned from, std::size_t which) {
    auto& held = held_[from];
    if (held.empty()) return;
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(which % held.size()));
    models_[from].release();
  }
  void poll(unsigned from, std::size_t limit) {
    auto const expected = std::min(limit, models_[from].waiting());
    auto const handled = receiver(from).poll(
        [&](message_view const& each) {
          check(*models_[from].take(), each, from);
          models_[from].release();
        },
        limit);
    RC_ASSERT(handled == expected);
  }

  std::uint64_t ring_;
  std::uint64_t first_;
  channel_terms terms_;
  two_views views_{1u << 18};
  channel_listener listener_;
  std::array<channel, 2> sides_;
  std::array<direction_model, 2> models_{direction_model{0, 0}, direction_model{0, 0}};
  std::array<std::vector<channel_message>, 2> held_;
  std::array<std::uint64_t, 2> sequence_{};
  std::uint64_t next_ = 1;
};

RC_GTEST_PROP(channel, BehavesLikeItsModel, (bool has_checksums)) {
  auto const ring = *rc::gen::element<std::uint64_t>(128, 256, 1024);
  auto const first = 0 - *rc::gen::inRange<std::uint64_t>(0, 100) * record_align;
  channel_machine machine{ring, first, has_checksums};
  auto const steps = *rc::gen::container<std::vector<step>>(300, rc::gen::arbitrary<step>());
  for (auto const& each : steps) machine.run(each);
  machine.finish();
}

}  // namespace
}  // namespace stoa::testing
