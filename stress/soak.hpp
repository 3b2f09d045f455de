// soak.hpp: what all soaks have: a time, a seed, a segment of their own, and the loop in which workers are
// disturbed.
//
// A soak ends in order when its time is over, at SIGINT or SIGTERM (its time is over then), and by an exception.
// Its segment is gone then, as it is the last to leave: so it makes the segment before the workers, which are
// killed first. If it is killed itself, its workers die with it and the segment stays until it is removed.
#pragma once
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace stoa::stress {

struct soak_settings {
  std::string segment;
  unsigned seconds = 60;
  unsigned seed = 1;
};

inline std::atomic<bool> is_time_over{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // set by a signal's handler

// From one kill or stop to the next, at most: a machine that stood still for so long made the waits of all who waited
// then as long.
inline std::chrono::steady_clock::duration longest_pause{};

// Calls disturb(index, random) for one of `count` workers every 0.5 to 5.5 ms.
template <class Disturb>
void disturb_workers(soak_settings const& with, std::size_t count, Disturb disturb) {
  using clock = std::chrono::steady_clock;
  std::mt19937 random{with.seed};
  auto last = clock::now();
  for (auto const end = last + std::chrono::seconds{with.seconds}; last < end && !is_time_over;) {
    std::this_thread::sleep_for(std::chrono::microseconds{500 + random() % 5000});
    auto const index = random() % count;
    disturb(index, random);
    auto const now = clock::now();
    longest_pause = std::max(longest_pause, now - std::exchange(last, now));
  }
}

// The main() of a soak: run(with) says whether all is well. `app` has the options that are its own.
template <class Settings, class Run>
int soak_main(std::string_view name, CLI::App& app, Settings& with, int argc, char** argv, Run run) {
  app.add_option("--seconds", with.seconds, "how long")->capture_default_str();
  app.add_option("--seed", with.seed, "of the kills")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  with.segment = fmt::format("{}-{}", name, ::getpid());
  for (int const number : {SIGINT, SIGTERM}) ::signal(number, [](int) { is_time_over = true; });
  try {
    bool const is_good = run(with);
    fmt::print("at most {:.1f} ms from one kill or stop to the next\n",
               std::chrono::duration<double, std::milli>{longest_pause}.count());
    return is_good ? 0 : 1;
  } catch (std::exception const& problem) {
    fmt::print(stderr, "{}: {}\n", name, problem.what());
    return 1;
  }
}

}  // namespace stoa::stress
