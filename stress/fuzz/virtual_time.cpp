#include "virtual_time.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <ctime>

namespace {

constexpr std::int64_t ns_in_a_second = 1'000'000'000;
constexpr std::int64_t ns_for_asking = 20'000;

std::atomic<std::int64_t> now{ns_in_a_second};
std::atomic<void (*)()> sleeping{nullptr};

std::int64_t ns_of(timespec const& time) noexcept { return time.tv_sec * ns_in_a_second + time.tv_nsec; }

void sleep_through(std::int64_t ns) noexcept {
  now.fetch_add(ns, std::memory_order_relaxed);
  if (auto* const call = sleeping.load(std::memory_order_relaxed)) call();
}

}  // namespace

namespace stoa::fuzz {

std::chrono::nanoseconds virtual_time() noexcept {
  return std::chrono::nanoseconds{now.load(std::memory_order_relaxed)};
}
void on_sleep(void (*call)()) noexcept { sleeping.store(call, std::memory_order_relaxed); }

}  // namespace stoa::fuzz

extern "C" {

// NOLINTBEGIN: names and types are the system's and the linker's
long __real_syscall(long number, ...);

int clock_gettime(clockid_t clock, timespec* time) {
  if (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE)
    return static_cast<int>(__real_syscall(SYS_clock_gettime, clock, time));
  auto const ns = now.fetch_add(ns_for_asking, std::memory_order_relaxed);
  *time = {static_cast<time_t>(ns / ns_in_a_second), static_cast<long>(ns % ns_in_a_second)};
  return 0;
}

int __wrap_nanosleep(timespec const* time, timespec*) {
  sleep_through(ns_of(*time));
  return 0;
}

// Only a sleep that ends by itself is virtual: nobody else is there who would end it.
long __wrap_syscall(long number, ...) {
  std::va_list list;
  va_start(list, number);
  long arguments[6];
  for (auto& each : arguments) each = va_arg(list, long);
  va_end(list);
  auto const* const until = reinterpret_cast<timespec const*>(arguments[3]);
  if (number != SYS_futex || arguments[1] != FUTEX_WAIT || until == nullptr)
    return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  auto const& word = *reinterpret_cast<std::atomic<std::uint32_t> const*>(arguments[0]);
  if (word.load() != static_cast<std::uint32_t>(arguments[2])) {
    errno = EAGAIN;
    return -1;
  }
  sleep_through(ns_of(*until));
  errno = ETIMEDOUT;
  return -1;
}
// NOLINTEND
}
