// soon.hpp: what any call must do, whatever the bytes it comes upon: give a value or an error, and neither work nor
// wait for long.
#pragma once
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stoa/base/result.hpp>

#include "virtual_time.hpp"

namespace stoa::fuzz {

// A second for a lock that nobody holds, in each of a few steps.
inline constexpr std::chrono::seconds longest_wait{5};
// Of this thread on a core, however busy the machine is. What never ends is for the fuzzer's own timeout.
inline constexpr std::chrono::seconds longest_work{1};

// When the call that is under way began.
inline std::chrono::nanoseconds call_began{};

inline std::chrono::nanoseconds work_of_this_thread() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

inline void expect_short(std::chrono::nanoseconds took, std::chrono::nanoseconds most, char const* what) {
  if (took <= most) return;
  std::fprintf(stderr, "a call %s for %lld ms\n", what, static_cast<long long>(took.count() / 1'000'000));
  std::abort();
}

// Exceptions of other types end the process, and so are found.
template <class Call>
void soon(Call&& call) {
  auto const begin = call_began = virtual_time();
  auto const worked = work_of_this_thread();
  try {
    call();
  } catch (error const&) {
  }
  expect_short(virtual_time() - begin, longest_wait, "waited");
  expect_short(work_of_this_thread() - worked, longest_work, "worked");
}

}  // namespace stoa::fuzz
