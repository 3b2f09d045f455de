// stopwatch.hpp: how long a thread took, in all, and without the time in which it was ready to run and the
// machine had no core for it.
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>

namespace stoa::stress {

// For one thread of a process: the one that uses it first. So not before a fork that the child uses it after.
class stopwatch {
 public:
  std::chrono::nanoseconds in_all() const { return std::chrono::steady_clock::now() - start_; }
  std::chrono::nanoseconds given_a_core() const { return in_all() - (without_core() - waited_); }

 private:
  static std::chrono::nanoseconds without_core() {
    static int const file = ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    std::array<char, 64> text{};
    if (::pread(file, text.data(), text.size() - 1, 0) <= 0) return {};
    unsigned long long ran = 0, waited = 0;
    std::sscanf(text.data(), "%llu %llu", &ran, &waited);
    return std::chrono::nanoseconds{waited};
  }
  std::chrono::nanoseconds waited_ = without_core();
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace stoa::stress
