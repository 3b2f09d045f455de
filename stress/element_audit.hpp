// element_audit.hpp: elements that have a number each, and a byte for each of them: whether push reported it,
// and how often it was taken.
//
//   lost    reported by push, never taken
//   twice   taken more than once
//   torn    an element whose two halves disagree
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <stoa/stoa.hpp>
#include <vector>

#include "wait_record.hpp"

namespace stoa::stress {

struct element {
  std::uint64_t number;
  std::uint64_t inverted;  // ~number

  static element of(std::uint64_t number) { return {number, ~number}; }
  bool is_whole() const { return inverted == ~number; }
};

class element_audit {
 public:
  struct result {
    std::uint64_t pushed = 0, taken = 0, lost = 0, torn = 0;
    std::uint64_t twice = 0, forgiven = 0;  // one of them is counted in one or the other
  };
  static constexpr std::uint64_t numbers_at_once = 1024;

  // How many elements to be ready for: more than two cores can push.
  static std::uint64_t most_elements(unsigned seconds) { return seconds * (std::uint64_t{24} << 20); }
  static void publish(segment const& in, std::uint64_t most) {
    in.publish<array<std::uint8_t>>("audit", most);
    in.publish<array<std::uint64_t>>("audit counters", 2);
  }
  explicit element_audit(segment const& in)
      : bytes_{in.attach<array<std::uint8_t>>("audit")},
        counters_{in.attach<array<std::uint64_t>>("audit counters")} {}

  // The first of numbers_at_once that are the caller's to push. nullopt: all have been used.
  std::optional<std::uint64_t> next_numbers() const {
    auto const first = counters_.atomic(next).fetch_add(numbers_at_once);
    if (first + numbers_at_once > bytes_.size()) return std::nullopt;
    return first;
  }
  // How many such runs of numbers there are.
  std::uint64_t runs() const { return bytes_.size() / numbers_at_once; }
  void report(std::uint64_t number) const { bytes_.atomic(number).fetch_or(reported); }
  void take(element const& got) const {
    if (!got.is_whole() || got.number >= bytes_.size())
      counters_.atomic(torn).fetch_add(1);
    else
      bytes_.atomic(got.number).fetch_add(1);
  }

  // forgiven: numbers that may have been taken more than once.
  result judge(std::set<std::uint64_t> const& forgiven = {}) const {
    result out;
    out.torn = counters_.atomic(torn).load();
    auto const end = std::min(counters_.atomic(next).load(), bytes_.size());
    for (std::uint64_t number = 0; number < end; ++number) {
      auto const byte = bytes_[number];
      auto const times = byte & ~reported;
      out.pushed += (byte & reported) != 0;
      out.taken += times != 0;
      out.lost += (byte & reported) != 0 && times == 0;
      if (times > 1) ++(forgiven.contains(number) ? out.forgiven : out.twice);
    }
    return out;
  }

 private:
  enum counter : std::size_t { next, torn };
  static constexpr std::uint8_t reported = 0x80;  // the rest of the byte counts how often it was taken

  array<std::uint8_t> bytes_;
  array<std::uint64_t> counters_;
};

// Pushes elements of the audit, up to `at_once` of them at once, until there are no more numbers. Waits when
// there is no room.
template <class Container>
void push_for_ever(Container const& into, element_audit const& audit, wait_record const& waits, std::size_t at_once) {
  constexpr auto run = element_audit::numbers_at_once;
  std::vector<element> batch(at_once);
  while (auto const first = audit.next_numbers())
    for (std::uint64_t done = 0; done < run;) {
      auto const want = std::min<std::uint64_t>(at_once, run - done);
      for (std::size_t i = 0; i < want; ++i) batch[i] = element::of(*first + done + i);
      std::uint64_t pushed = want == 1 ? into.try_push(batch[0]) : into.try_push_n(std::span{batch}.first(want));
      if (pushed == 0) {
        waits.timed([&] { into.push(batch[0]); });
        pushed = 1;
      }
      for (std::size_t i = 0; i < pushed; ++i) audit.report(batch[i].number);
      done += pushed;
    }
}

}  // namespace stoa::stress
