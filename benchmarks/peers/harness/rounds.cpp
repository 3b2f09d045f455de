#include "rounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "team.hpp"

namespace stoa::benchmarks {
namespace {

// Those that are compared with each other, in the order in which families and headings were first entered.
std::vector<std::vector<candidate const*>> compared(rounds_settings const& with) {
  std::vector<std::vector<candidate const*>> out;
  for (auto const& each : candidates()) {
    if (!with.wanted(each)) continue;
    auto const same = [&](auto const& group) { return group.front()->heading == each.heading; };
    auto const known = std::ranges::find_if(out, same);
    if (known == out.end())
      out.push_back({&each});
    else
      known->push_back(&each);
  }
  // Stable: files were linked in some order, a family's cases belong together.
  static std::vector<std::string> const order{"floors", "spsc", "mpmc", "broadcast", "messages", "trips", "latency"};
  auto const place = [](auto const& group) { return std::ranges::find(order, group.front()->family) - order.begin(); };
  std::ranges::stable_sort(out, [&](auto const& a, auto const& b) {
    return std::tuple{place(a), a.front()->family} < std::tuple{place(b), b.front()->family};
  });
  return out;
}

void run_one(candidate const& each, unsigned round, round_settings const& settings, results& out) {
  try {
    for (auto const& found : each.run(settings)) out.add(round, each.family, each.subject, found);
  } catch (std::exception const& problem) {
    remove_leftovers();
    out.fail(each.subject, each.heading, problem.what());
    fmt::print(stderr, "{}: {}: {}\n", each.heading, each.subject, problem.what());
  }
}

}  // namespace

results run_rounds(rounds_settings const& with) {
  results out;
  auto const groups = compared(with);
  std::set<std::string> prepared;
  for (auto const& group : groups)
    for (auto const* each : group)
      if (prepared.insert(each->subject).second)
        if (auto const known = preparations().find(each->subject); known != preparations().end()) known->second();
  for (unsigned round = 0; round < with.rounds; ++round)
    for (auto const& group : groups) {
      auto const line = line_round_trip(std::chrono::milliseconds{2});
      auto const& heading = group.front()->heading;
      out.add(round, group.front()->family, "floor",
              {fmt::format("{}, beside {}", line_case, heading), "ns", better::lower, line});
      if (with.is_talking)
        fmt::print(stderr, "round {} of {}, line {:.0f} ns: {}\n", round + 1, with.rounds, line, heading);
      auto settings = with.each;
      settings.is_first = round == 0;
      for (std::size_t i = 0; i < group.size(); ++i)
        run_one(*group[(i + round) % group.size()], round, settings, out);
    }
  return out;
}

}  // namespace stoa::benchmarks
