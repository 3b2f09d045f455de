// control.hpp: what the members of a team and their parent share while they measure.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <sched.h>
#include <stoa/waiting.hpp>

#include "histogram.hpp"

namespace stoa::benchmarks {

inline constexpr unsigned most_members = 16;

// What one member has done; nobody else writes it.
struct alignas(128) member_tally {
  std::atomic<std::uint64_t> count{0};
  std::atomic<std::uint64_t> sum{0};    // of the sequence numbers
  std::atomic<std::uint64_t> wrong{0};  // messages that were not what they should be
};

enum class phase : int { start, go, stop };

struct control {
  std::atomic<unsigned> ready{0};
  alignas(128) std::atomic<phase> now{phase::start};
  alignas(128) std::atomic<unsigned> senders_done{0};
  std::array<member_tally, most_members> senders;
  std::array<member_tally, most_members> receivers;
  histogram latencies;  // of one member
};

// The one pause policy, of whoever finds nothing to do: 0.3 us, and now and then the core is left to others.
class idler {
 public:
  void pause() noexcept {
    for (int i = 0; i < 16; ++i) pause_briefly();
    if (++times_ % 64 == 0) ::sched_yield();
  }

 private:
  unsigned times_ = 0;
};

inline void wait_for_go(control& with) noexcept {
  with.ready.fetch_add(1, std::memory_order_acq_rel);
  for (idler idle; with.now.load(std::memory_order_acquire) == phase::start;) idle.pause();
}
inline bool is_stopped(control const& with) noexcept {
  return with.now.load(std::memory_order_relaxed) == phase::stop;
}

inline std::uint64_t now_ns() noexcept {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace stoa::benchmarks
