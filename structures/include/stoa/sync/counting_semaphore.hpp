// stoa/sync/counting_semaphore.hpp: a number of permits, which anybody takes and anybody gives.
//
// Bytes     docs/format.md "counting_semaphore", layout 1.
// Progress  try_acquire() and release() are lock-free.
// Crash     One CAS each. A permit has no owner, as in the standard library: who takes one and dies has taken it.
//           For permits that come back there is object_pool, whose objects do. (docs/crash.md, N1 to N3)
//
// I1 carried   who takes a permit sees what all who gave one before had done     R1 -> A1
// I2 bounded   the count is never below 0 nor above max()
#pragma once
#include <memory>
#include <stoa/sync/fixed_body.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct semaphore_header {          // offset size
  std::uint64_t max;               //      0    8  most permits there may be
  atomic_u64 count;                //      8    8  that can be taken
  wait_flag waiters;               //     16    4
  std::array<std::byte, 108> pad;  //     20  108
};
static_assert(offsetof(semaphore_header, waiters) == 16);
static_assert(sizeof(semaphore_header) == pad_bytes);

struct semaphore_shape {
  template <std::integral N>
  explicit semaphore_shape(N count) : initial{to_count(count)} {}
  template <std::integral N, std::integral M>
  semaphore_shape(N count, M most) : initial{to_count(count)}, max{to_count(most)} {}
  std::uint64_t initial;
  std::uint64_t max = 0x7FFF'FFFF;
};

kind_operations const& counting_semaphore_operations();
inline bool const counting_semaphore_is_registered = register_kind(counting_semaphore_operations());

// A handle: process-local, cheap to copy, safe to share between threads. All calls throw read_only and forked, but
// for max() and available(), and corrupt_structure if somebody damaged the count.
class counting_semaphore {
 public:
  using shape = semaphore_shape;

  static structure_identity identity() { return {"semaphore", 1, &descriptor_of<std::uint64_t>()}; }
  // invalid_argument: max is 0 or less than the initial count.
  static result<std::uint64_t> bytes_for(shape const& asked);
  static void format(std::span<std::byte> body, shape const& asked) {
    ::new (body.data()) semaphore_header{asked.max, asked.initial, {}, {}};
  }
  static result<counting_semaphore> adopt(std::shared_ptr<attached_entry> entry);

  // False: there was none.
  [[nodiscard]] bool try_acquire() const {
    require_writable(*entry_, "acquire");
    return take();
  }
  void acquire(wait_strategy strategy = wait_strategy::adaptive) const {
    static_cast<void>(try_acquire_until(deadline::never(), strategy));
  }
  // False: still none when `timeout` had passed.
  template <class Rep, class Period>
  [[nodiscard]] bool try_acquire_for(std::chrono::duration<Rep, Period> timeout,
                                     wait_strategy strategy = wait_strategy::adaptive) const {
    return try_acquire_until(deadline::after(timeout), strategy);
  }
  [[nodiscard]] bool try_acquire_until(wait_clock::time_point when,
                                       wait_strategy strategy = wait_strategy::adaptive) const {
    return try_acquire_until(deadline::at(when), strategy);
  }
  [[nodiscard]] bool try_acquire_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const;

  // Gives `permits` at once. Throws invalid_argument, and gives none, if there would be more than max().
  void release(std::uint64_t permits = 1) const;

  std::uint64_t max() const noexcept { return max_; }
  std::uint64_t capacity() const noexcept { return max_; }
  // Racy where others work at the same time.
  std::uint64_t available() const noexcept { return header_->count.load(std::memory_order_relaxed); }

 private:
  counting_semaphore(std::shared_ptr<attached_entry> entry, semaphore_header* header, std::uint64_t max) noexcept
      : entry_{std::move(entry)}, header_{header}, max_{max} {}

  bool take() const {
    for (auto seen = header_->count.load(std::memory_order_relaxed); seen != 0;) {  // a guess; the CAS decides
      if (seen > max_) [[unlikely]] throw_damaged(seen);
      // A1 <- R1 (I1): also of those who gave before the last one, as what takes is a read-modify-write.
      if (header_->count.compare_exchange_weak(seen, seen - 1, std::memory_order_acquire, std::memory_order_relaxed))
        return true;
    }
    return false;
  }
  [[noreturn]] void throw_damaged(std::uint64_t count) const;

  std::shared_ptr<attached_entry> entry_;
  semaphore_header* header_;
  std::uint64_t max_;  // copied at attach
};

}  // namespace stoa
