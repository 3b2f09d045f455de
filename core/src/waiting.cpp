#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>
#include <stoa/fork_guard.hpp>
#include <stoa/waiting.hpp>

namespace stoa {
namespace {

int membarrier(int command) noexcept { return static_cast<int>(::syscall(SYS_membarrier, command, 0, 0)); }

// Not FUTEX_PRIVATE: the sleeper may be in any process that maps the page.
long futex(atomic_u32& word, int operation, std::uint32_t value, timespec const* timeout) noexcept {
  return ::syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0);
}

}  // namespace

wait_clock::duration deadline::left(wait_clock::duration most) const noexcept {
  if (is_never()) return most;
  return std::clamp(when_ - wait_clock::now(), wait_clock::duration::zero(), most);
}

void register_for_wakes() noexcept {
  // A forked child registers again: whether it inherits that is not documented.
  static std::atomic<std::uint64_t> registered_in{0};
  if (registered_in.exchange(fork_epoch(), std::memory_order_relaxed) == fork_epoch()) return;  // idempotent
  bool const can_be_reached = membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) == 0;
  internal::wake_needs_fence.store(!can_be_reached, std::memory_order_relaxed);  // before any handle exists
}

announcement announce_sleep(wait_flag& flag) noexcept {
  auto const made = flag.sleepers.fetch_or(1, std::memory_order_seq_cst) | 1;  // before the second look (I1)
  // Every registered thread that runs now passes a fence; one that does not run passed one when it
  // stopped running. Where it fails, the slice bounds what may be missed (I3).
  if (membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED) != 0)
    std::atomic_thread_fence(std::memory_order_seq_cst);
  return announcement{made};
}

bool sleep_on(wait_flag& flag, announcement made, wait_clock::duration most) noexcept {
  auto const ns = std::chrono::duration_cast<std::chrono::nanoseconds>(most).count();
  if (ns <= 0) return false;
  timespec const timeout{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  return futex(flag.sleepers, FUTEX_WAIT, static_cast<std::uint32_t>(made), &timeout) != 0 && errno == ETIMEDOUT &&
         holds(flag, made);  // else somebody woke just now (I2)
}

void internal::wake_all(wait_flag& flag) noexcept {
  auto seen = flag.sleepers.load(std::memory_order_relaxed);
  // One more clears the bit and counts. relaxed: sleepers that set it again look again after their barrier (I1). Only
  // who wakes changes a word whose bit is set: where this fails, another wakes all.
  if ((seen & 1) != 0 && flag.sleepers.compare_exchange_strong(seen, seen + 1, std::memory_order_relaxed))
    futex(flag.sleepers, FUTEX_WAKE, INT_MAX, nullptr);
}

void pause_briefly() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

void give_up_the_core() noexcept { ::sched_yield(); }

}  // namespace stoa
