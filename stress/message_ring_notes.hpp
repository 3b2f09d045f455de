// message_ring_notes.hpp: what the workers of a message_ring soak share: the ring, messages that follow from their
// numbers, and what was seen of each.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "element_audit.hpp"
#include "numbered_message.hpp"
#include "wait_record.hpp"

namespace stoa::stress {

inline constexpr std::uint64_t messages_a_second = 1u << 20;  // more than go through one of the rings
inline constexpr std::size_t workers_per_ring = 4;

// Mostly some cache lines, sometimes much longer: paddings come and go at the ring's end, and blocks are used.
inline std::size_t size_of(std::uint64_t number) { return 8 + number % (number % 31 == 0 ? 3001 : 257); }
inline std::vector<std::byte> message_of(std::uint64_t number) {
  return testing::numbered_message(number, size_of(number));
}

class message_ring_notes {
 public:
  enum counter : std::size_t { mixed_up, misplaced, received, lost_by_readers, is_keeping, is_over };

  explicit message_ring_notes(segment const& in)
      : ring{in.attach<message_ring>("ring")},
        audit{in},
        waits{in},
        counts{in.attach<array<std::uint64_t>>("counts")},
        number_at{in.attach<array<std::uint32_t>>("numbers")},
        journal{in.attach<array<std::uint64_t>>("journal")} {}
  // A segment with all of it, for that many seconds.
  static segment made(std::string const& name, delivery to, when_full full, std::uint64_t capacity, unsigned seconds) {
    using namespace literals;
    auto const most = seconds * messages_a_second;
    auto in = segment::create(name, 5 * most + 64_MiB);
    large_messages const large{.blocks = 6, .block_bytes = 4096, .above = 1000};  // most of the long ones
    message_ring_options const how{.delivery = to, .when_full = full, .large = large};
    in.publish<message_ring>("ring", capacity, how);
    element_audit::publish(in, most);
    wait_record::publish(in);
    in.publish<array<std::uint64_t>>("counts", is_over + 1);
    in.publish<array<std::uint32_t>>("numbers", most);
    in.publish<array<std::uint64_t>>("journal", workers_per_ring);
    return in;
  }

  void count(counter what, std::uint64_t by = 1) const { counts.atomic(what).fetch_add(by); }
  std::uint64_t at(counter what) const { return counts.atomic(what).load(); }
  // Its number, if it is whole: what is torn is counted, and has none.
  std::optional<std::uint64_t> number_of(message_view const& got) const {
    auto const number = testing::number_in(got.data());
    if (got.size() == size_of(number) && std::ranges::equal(got.data(), message_of(number))) {
      count(received);
      return number;
    }
    audit.take({0, 0});
    return std::nullopt;
  }
  // Whoever sees a sequence number sees the same message.
  void note_place(std::uint64_t sequence, std::uint64_t number) const {
    if (sequence >= number_at.size()) return count(misplaced);
    std::uint32_t before = 0;
    auto const mine = static_cast<std::uint32_t>(number + 1);
    if (!number_at.atomic(sequence).compare_exchange_strong(before, mine) && before != mine) count(mixed_up);
  }

  // Sequence numbers up to `messages` without message, and those behind that have one.
  std::uint64_t count_gaps(std::uint64_t messages) const {
    std::uint64_t gaps = 0;
    for (std::uint64_t i = 0; i < messages; ++i) gaps += number_at[i] == 0;
    for (auto i = messages; i < number_at.size() && number_at[i] != 0; ++i) ++gaps;
    return gaps;
  }

  message_ring ring;
  element_audit audit;
  wait_record waits;
  array<std::uint64_t> counts;
  array<std::uint32_t> number_at;  // of each sequence number, the message's + 1
  array<std::uint64_t> journal;    // per worker: number + 1 of the message that is being noted
};

}  // namespace stoa::stress
