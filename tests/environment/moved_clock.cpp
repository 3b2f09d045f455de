#include "moved_clock.hpp"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace stoa::testing {
namespace {

constexpr std::int64_t second = 1'000'000'000;

std::atomic<std::int64_t> wall_offset{0};
std::atomic<std::int64_t> steady_offset{0};
std::atomic<std::int64_t> hurry_since{0};
std::atomic<int> hurry{1};

std::int64_t ns_of(timespec const& time) noexcept { return std::int64_t{time.tv_sec} * second + time.tv_nsec; }

std::int64_t machine_ns(clockid_t clock) noexcept {
  timespec time{};
  ::syscall(SYS_clock_gettime, clock, &time);
  return ns_of(time);
}

std::int64_t moved(clockid_t clock, std::int64_t now) noexcept {
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) return now + wall_offset.load();
  if (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE) return now;
  auto const since = hurry_since.load();
  return now + steady_offset.load() + (now > since ? (now - since) * (hurry.load() - 1) : 0);
}

}  // namespace

void set_wall_clock_off_by(std::chrono::nanoseconds offset) { wall_offset.store(offset.count()); }
void advance_steady_clock(std::chrono::nanoseconds by) { steady_offset.fetch_add(by.count()); }
void hurry_steady_clock(int times) {
  auto const now = machine_ns(CLOCK_MONOTONIC);
  steady_offset.store(moved(CLOCK_MONOTONIC, now) - now);  // what it has gained stays
  hurry_since.store(now);
  hurry.store(times);
}

void put_clocks_right() {
  wall_offset.store(0);
  steady_offset.store(0);
  hurry.store(1);
}

}  // namespace stoa::testing

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  using namespace stoa::testing;
  if (::syscall(SYS_clock_gettime, clock, time) != 0) return -1;
  auto const ns = moved(clock, ns_of(*time));
  time->tv_sec = ns / second;
  time->tv_nsec = ns % second;
  return 0;
}
