// Random commands of producers and readers of a broadcast ring, through two handles at different addresses, against
// the list of all that was ever sent: a reader gets just what comes after what it had, or is told how much it lost.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "elements.hpp"
#include "numbered_message.hpp"

namespace stoa::testing {
namespace {

using step = std::pair<std::uint8_t, std::uint16_t>;  // what, and with how much
constexpr std::size_t most_readers = 3;

// What a reader must know.
struct followed {
  message_reader reader;
  std::uint64_t next;        // sequence of the message it gets, if it loses none
  bool is_looking = false;   // at the one it got last: which is still in its way
  std::uint64_t lost = 0;
};

class broadcast_machine {
 public:
  broadcast_machine(std::uint64_t units, std::uint64_t first, when_full full)
      : full_{full},
        units_{units},
        handles_{views_.first.publish<message_ring>("m", units * record_unit,
                                                    message_ring_options{.checksum = true,
                                                                         .delivery = delivery::broadcast,
                                                                         .when_full = full,
                                                                         .max_readers = most_readers,
                                                                         .first_position = first}),
                 views_.second.attach<message_ring>("m")} {}

  void run(step const& what) {
    auto const& handle = handles_[what.first & 1u];
    switch (what.first / 2 % 8) {
      case 0:
      case 1:
      case 2: send(handle, what.second % (handle.largest_message() + 1)); break;
      case 3: come(handle, what.second % 2 == 0 ? message_start::oldest : message_start::next); break;
      case 4: go(what.second); break;
      case 5:
      case 6: read(what.second); break;
      case 7: poll(what.second); break;
    }
  }
  // All read to the end: then there is room for the largest.
  void finish() {
    for (auto& each : readers_) poll(each, ~std::size_t{0});
    for (auto& each : readers_) RC_ASSERT(each.next == sent_.size());
    for (int i = 0; i < 3; ++i) {
      auto const before = sent_.size();
      send(handles_[1], handles_[1].largest_message());
      RC_ASSERT(sent_.size() == before + 1);
      for (auto& each : readers_) poll(each, ~std::size_t{0});
    }
  }

 private:
  void send(message_ring const& ring, std::size_t size) {
    auto const bytes = numbered_message(sent_.size(), size);
    if (ring.try_send(bytes, static_cast<std::uint32_t>(sent_.size()))) {
      sent_.push_back(bytes);
      return;
    }
    // Only a reader may be in the way, and only if what it has not read leaves no room.
    RC_ASSERT(full_ == when_full::wait);
    RC_ASSERT(unread_units() + 2 * units_for(size) + 1 > units_);
  }
  // Of the slowest reader; what lies at the end of the ring before a long record may be as much as that record.
  std::uint64_t unread_units() const {
    std::uint64_t most = 0;
    for (auto const& each : readers_) {
      std::uint64_t units = 0;
      for (auto n = each.next - each.is_looking; n < sent_.size(); ++n) units += 2 * units_for(sent_[n].size());
      most = std::max(most, units);
    }
    return most;
  }
  void come(message_ring const& ring, message_start from) {
    if (readers_.size() == most_readers) {
      if (full_ == when_full::wait) RC_ASSERT_THROWS_AS(ring.reader(from), error);
      return;
    }
    auto reader = ring.reader(from);
    auto const next = reader.sequence();
    RC_ASSERT(next <= sent_.size());
    if (from == message_start::next) RC_ASSERT(next == sent_.size());
    readers_.push_back({std::move(reader), next});
  }
  void go(std::size_t which) {
    if (readers_.empty()) return;
    readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(which % readers_.size()));
  }
  void read(std::size_t which) {
    if (readers_.empty()) return;
    auto& one = readers_[which % readers_.size()];
    auto const got = one.reader.try_receive();
    one.is_looking = false;
    expect(one, got ? &*got : nullptr);
    one.is_looking = got.has_value() && which % 3 != 0;
    if (!one.is_looking) one.reader.done();
  }
  void poll(std::size_t which) {
    if (!readers_.empty()) poll(readers_[which % readers_.size()], which % 7);
  }
  void poll(followed& one, std::size_t limit) {
    one.is_looking = false;
    auto const handled = one.reader.poll([&](message_view const& each) { expect(one, &each); }, limit);
    if (handled < limit) RC_ASSERT(one.next == sent_.size());
  }
  void expect(followed& one, message_view const* got) {
    auto const lost = one.reader.lost() - one.lost;
    one.lost += lost;
    one.next += lost;
    RC_ASSERT(full_ == when_full::overwrite || lost == 0);
    RC_ASSERT((got != nullptr) == (one.next < sent_.size()));
    if (got == nullptr) return;
    RC_ASSERT(got->sequence() == one.next);
    RC_ASSERT(got->type() == one.next);
    RC_ASSERT(std::ranges::equal(got->data(), sent_[one.next]));
    ++one.next;
  }

  when_full full_;
  std::uint64_t units_;
  two_views views_{1u << 18};
  std::array<message_ring, 2> handles_;
  std::vector<followed> readers_;
  std::vector<std::vector<std::byte>> sent_;
};

void run(when_full full, std::vector<step> const& steps) {
  auto const units = *rc::gen::element<std::uint64_t>(4, 8, 16, 64);
  broadcast_machine machine{units, 0 - *rc::gen::inRange<std::uint64_t>(0, 40) * record_unit, full};
  for (auto const& each : steps) machine.run(each);
  machine.finish();
}

RC_GTEST_PROP(message_ring_broadcast, WaitingForReadersBehavesLikeItsModel, (std::vector<step> const& steps)) {
  run(when_full::wait, steps);
}
RC_GTEST_PROP(message_ring_broadcast, OverwritingBehavesLikeItsModel, (std::vector<step> const& steps)) {
  run(when_full::overwrite, steps);
}
RC_GTEST_PROP(message_ring_broadcast, BehavesLikeItsModelForManyLaps, (bool overwrites)) {
  run(overwrites ? when_full::overwrite : when_full::wait,
      *rc::gen::container<std::vector<step>>(400, rc::gen::arbitrary<step>()));
}

}  // namespace
}  // namespace stoa::testing
