// pairs.hpp: take and give back, by one process and by several at the same time.
//
//   struct peer {
//     explicit peer(std::string const& name);
//     auto worker(unsigned i);   std::uint64_t pair(std::uint64_t value)   puts it in, takes one out and gives that
//   };
#pragma once
#include <fmt/format.h>

#include <thread>

#include "../harness/registry.hpp"
#include "../harness/team.hpp"

namespace stoa::benchmarks {

// Pairs a second of all workers together. What went in comes out: the sums must be the same.
template <class Peer>
double pair_rate(unsigned workers, round_settings const& settings) {
  Peer peer{fresh_name()};
  std::vector<member> members;
  for (unsigned i = 0; i < workers; ++i)
    members.push_back([&, i](control& with) {
      auto mine = peer.worker(i);
      auto& tally = with.receivers[i];
      wait_for_go(with);
      std::uint64_t count = 0, sum = 0;
      while (!is_stopped(with)) {
        sum += mine.pair(count) - count;
        tally.count.store(++count, std::memory_order_relaxed);  // one writer; read now and then
      }
      tally.sum.store(sum);
    });
  double rate = 0;
  auto const all = [&](control& with) {
    std::uint64_t count = 0;
    for (unsigned i = 0; i < workers; ++i) count += with.receivers[i].count.load(std::memory_order_relaxed);
    return count;
  };
  run_team(runs_in::processes, members, [&](control& with) {
    std::this_thread::sleep_for(settings.warm_up);
    rate = window_of([&] { return all(with); }, settings.window);
  });
  std::uint64_t difference = 0;
  for (unsigned i = 0; i < workers; ++i) difference += last_control().receivers[i].sum.load();
  if (difference != 0) throw std::runtime_error{"what went in did not come out"};
  return rate;
}

template <class Peer>
bool enter_pairs(std::string const& family, std::string const& subject) {
  for (unsigned const workers : {1u, 2u}) {
    auto const heading = fmt::format("{}, {}", family, workers == 1 ? "1 process" : "2 processes");
    enter({family, heading, subject, [=](round_settings const& settings) {
             return std::vector<measurement>{{heading, "pairs/s", better::higher, pair_rate<Peer>(workers, settings)}};
           }});
  }
  return true;
}

}  // namespace stoa::benchmarks
