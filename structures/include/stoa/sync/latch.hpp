// stoa/sync/latch.hpp: a count that goes down to zero once; all who wait for that go on.
//
// Bytes     docs/format.md "latch", layout 1.
// Progress  count_down() is lock-free, try_wait() is wait-free.
// Crash     One CAS. A latch does not know who will count down: what a dead process did not count stays, and those
//           who wait have their timeouts. Where the dead must not be waited for there is barrier. (docs/crash.md, D1, D2)
//
// I1 carried   who finds zero sees what all who counted down had done before     R1 -> A1
#pragma once
#include <memory>
#include <stoa/sync/fixed_body.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct latch_header {              // offset size
  std::uint64_t expected;          //      0    8  the count at first
  atomic_u64 count;                //      8    8  still to come
  wait_flag waiters;               //     16    4
  std::array<std::byte, 108> pad;  //     20  108
};
static_assert(offsetof(latch_header, waiters) == 16);
static_assert(sizeof(latch_header) == pad_bytes);

struct latch_shape {
  template <std::integral N>
  explicit latch_shape(N count) : expected{to_count(count)} {}
  std::uint64_t expected;
};

kind_operations const& latch_operations();
inline bool const latch_is_registered = register_kind(latch_operations());

// A handle: process-local, cheap to copy, safe to share between threads. Calls throw read_only and forked, but for
// try_wait().
class latch {
 public:
  using shape = latch_shape;

  static structure_identity identity() { return {"latch", 1, &descriptor_of<std::uint64_t>()}; }
  // invalid_argument: more than 2^63 - 1. A latch of 0 is open from the start.
  static result<std::uint64_t> bytes_for(shape const& asked);
  static void format(std::span<std::byte> body, shape const& asked) {
    ::new (body.data()) latch_header{asked.expected, asked.expected, {}, {}};
  }
  static result<latch> adopt(std::shared_ptr<attached_entry> entry) {
    auto const header = adopt_header<latch_header>(entry->view());
    if (!header) return header.error();
    return latch{std::move(entry), *header};
  }

  // Throws invalid_argument, and counts nothing, if fewer than `n` are to come.
  void count_down(std::uint64_t n = 1) const;
  bool try_wait() const noexcept {
    return header_->count.load(std::memory_order_acquire) == 0;  // A1 <- R1 (I1)
  }
  void wait(wait_strategy strategy = wait_strategy::adaptive) const { wait_until(deadline::never(), strategy); }
  // False: not yet zero when `timeout` had passed.
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> timeout, wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_until(deadline::after(timeout), strategy);
  }
  bool wait_until(wait_clock::time_point when, wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_until(deadline::at(when), strategy);
  }
  bool wait_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const;
  void arrive_and_wait(std::uint64_t n = 1, wait_strategy strategy = wait_strategy::adaptive) const {
    count_down(n);
    wait(strategy);
  }
  // Racy where others work at the same time.
  std::uint64_t pending() const noexcept { return header_->count.load(std::memory_order_relaxed); }

 private:
  latch(std::shared_ptr<attached_entry> entry, latch_header* header) noexcept
      : entry_{std::move(entry)}, header_{header} {}
  std::shared_ptr<attached_entry> entry_;
  latch_header* header_;
};

}  // namespace stoa
