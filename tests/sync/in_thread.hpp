// in_thread.hpp: what another thread of this process finds.
#pragma once
#include <array>
#include <thread>
#include <utility>
#include <vector>

namespace stoa::testing {

template <class Ask>
auto in_thread(Ask ask) {
  decltype(ask()) found{};
  std::thread{[&] { found = ask(); }}.join();
  return found;
}

// work(i) in `count` threads at once.
template <class Work>
void in_threads(unsigned count, Work work) {
  std::vector<std::thread> all;
  for (unsigned i = 0; i < count; ++i) all.emplace_back([&work, i] { work(i); });
  for (auto& each : all) each.join();
}

}  // namespace stoa::testing
