// stoa/waiting.hpp: waiting for another process without burning a core and without being forgotten.
//
// A wait_flag lies in the segment: a bit that is set when somebody may sleep on it, and a count of
// wakes above it. The one who changes something looks at the bit; only if it is set he clears it,
// counts, and wakes all. A sleeper that died costs one needless wake. (std::atomic::wait would not
// do: it wakes its own process only.)
//
// I1 no lost wake   sleeper: set the bit, barrier, look again, sleep. changer: change, look at the bit.
//                   The barrier is on the sleeper's side only: membarrier() makes every running thread
//                   of every registered process pass a full fence, so a changer whose change the
//                   sleeper did not see sees the bit. Changers pay a load
// I2 one's own      who sleeps, sleeps while the word is what its own announcement left: after a wake it
//                   is another, also when the next sleeper has set the bit again
// I3 bounded        a sleep ends after two wait_slices whatever happens: a changer that died between
//                   change and wake, or a kernel without membarrier, delays by that much. (So would 2^31
//                   wakes between a second look and its sleep.)
//
// Where membarrier is missing the changer runs a fence (wake_needs_fence()).
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stoa/base/atomic.hpp>
#include <thread>

namespace stoa {

// How a blocking call passes the time. All end at their timeout and look for dead peers meanwhile.
enum class wait_strategy {
  adaptive,  // spin some microseconds, then sleep in the kernel
  spin,      // never give up the core: lowest latency, needs a core of its own
  yield,     // give up the core between looks
  sleep,     // sleep at once
};

using wait_clock = std::chrono::steady_clock;

// When a blocking call gives up; `never` is a value like any other.
class deadline {
 public:
  static deadline never() noexcept { return deadline{wait_clock::time_point::max()}; }
  template <class Rep, class Period>
  static deadline after(std::chrono::duration<Rep, Period> timeout) noexcept {
    auto const now = wait_clock::now();
    if (!(timeout > timeout.zero())) return deadline{now};
    using seconds = std::chrono::duration<double>;
    if (seconds{timeout} >= seconds{wait_clock::time_point::max() - now} / 2) return never();
    return deadline{now + std::chrono::ceil<wait_clock::duration>(timeout)};
  }
  static deadline at(wait_clock::time_point when) noexcept { return deadline{when}; }

  bool is_never() const noexcept { return when_ == wait_clock::time_point::max(); }
  bool has_passed() const noexcept { return !is_never() && wait_clock::now() >= when_; }
  // The time left, at most `most`, at least zero.
  wait_clock::duration left(wait_clock::duration most) const noexcept;

 private:
  explicit deadline(wait_clock::time_point when) noexcept : when_{when} {}
  wait_clock::time_point when_;
};

// How long a sleeper trusts that somebody would have woken it; twice that when it has slept for a while.
inline constexpr std::chrono::milliseconds wait_slice{4};
inline constexpr int short_slices = 64;

struct wait_flag {       // offset size
  atomic_u32 sleepers;  //      0    4  bit 0: perhaps some; above it: wakes so far, modulo 2^31
};
static_assert(sizeof(wait_flag) == 4);

// The word as an announcement left it.
enum class announcement : std::uint32_t {};

namespace internal {
inline constinit std::atomic<bool> wake_needs_fence{true};  // until this process is registered
void wake_all(wait_flag& flag) noexcept;
}  // namespace internal

// Makes membarrier() of other processes reach this one. Once per process, at its first attach.
void register_for_wakes() noexcept;

// After a change that somebody may be sleeping for.
inline void wake(wait_flag& flag) noexcept {
  // relaxed: set once, before any handle exists.
  if (internal::wake_needs_fence.load(std::memory_order_relaxed)) [[unlikely]]
    // Forbids: the change is not yet visible to a sleeper that looks again, and its flag not to us (I1).
    std::atomic_thread_fence(std::memory_order_seq_cst);
  else
    std::atomic_signal_fence(std::memory_order_seq_cst);  // the compiler keeps the order; I1 does the rest
  // relaxed: a stale bit is excluded by the sleeper's barrier (I1); the futex orders the rest.
  if ((flag.sleepers.load(std::memory_order_relaxed) & 1) != 0) [[unlikely]]
    internal::wake_all(flag);
}

// Sets the bit and passes the barrier. After it look again, then sleep.
announcement announce_sleep(wait_flag& flag) noexcept;
// Whether nobody has woken since.
inline bool holds(wait_flag const& flag, announcement made) noexcept {
  // relaxed: who finds that it holds has looked before, or looks when he is woken (I1).
  return flag.sleepers.load(std::memory_order_relaxed) == static_cast<std::uint32_t>(made);
}
// Sleeps until somebody wakes, `most` has passed, or a signal comes; not at all if the announcement does not hold.
// True: `most` has passed, and it still holds.
bool sleep_on(wait_flag& flag, announcement made, wait_clock::duration most) noexcept;

void pause_briefly() noexcept;     // one spin
void give_up_the_core() noexcept;  // one yield

// Calls attempt(thorough) until it returns something true or `until` passes; returns its last result.
// `thorough` asks it to look for the dead as well; that happens with every slice.
template <class Attempt>
auto wait_for(wait_flag& flag, deadline until, wait_strategy strategy, Attempt attempt)
    -> decltype(attempt(true)) {
  constexpr int spins = 256;
  constexpr int spins_between_clock_reads = 64;
  if (strategy != wait_strategy::sleep)
    for (int i = 0; i < spins; ++i) {
      if (auto done = attempt(false)) return done;
      strategy == wait_strategy::yield ? give_up_the_core() : pause_briefly();
    }
  auto next_look = wait_clock::now();
  std::optional<announcement> made;  // and holds
  for (int slices = 0;;) {
    if (strategy == wait_strategy::adaptive || strategy == wait_strategy::sleep) {
      if (!made) made = announce_sleep(flag);
      if (auto done = attempt(true); done || until.has_passed()) return done;
      bool const is_short = slices < short_slices;
      slices += is_short;
      if (sleep_on(flag, *made, until.left(is_short ? wait_slice : 2 * wait_slice))) continue;
      made.reset();
      // Woken: what it slept for is there, mostly, and needs neither the barrier nor a look for the dead.
      if (auto done = attempt(false)) return done;
      continue;
    }
    auto const now = wait_clock::now();
    bool const thorough = now >= next_look;
    if (thorough) next_look = now + wait_slice;
    if (auto done = attempt(thorough); done || until.has_passed()) return done;
    for (int i = 0; i < spins_between_clock_reads; ++i) {
      strategy == wait_strategy::yield ? give_up_the_core() : pause_briefly();
      if (auto done = attempt(false)) return done;
    }
  }
}

// For those who cannot write, and so not announce their sleep: calls attempt() until it returns something true or
// `until` passes, with naps between that grow to wait_slice.
template <class Attempt>
auto look_for(deadline until, wait_strategy strategy, Attempt attempt) -> decltype(attempt()) {
  std::chrono::nanoseconds nap = std::chrono::microseconds{64};
  for (int i = 0;; ++i) {
    if (auto got = attempt(); got || until.has_passed()) return got;
    if (strategy == wait_strategy::spin || (strategy == wait_strategy::adaptive && i < 256)) {
      pause_briefly();
    } else if (strategy == wait_strategy::yield) {
      give_up_the_core();
    } else {
      std::this_thread::sleep_for(until.left(nap));
      nap = std::min<std::chrono::nanoseconds>(2 * nap, wait_slice);
    }
  }
}

}  // namespace stoa
