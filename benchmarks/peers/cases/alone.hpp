// alone.hpp: what one process does again and again: nanoseconds for each.
#pragma once
#include <functional>

#include "table.hpp"

namespace stoa::benchmarks {

enum class effort { usual, large };  // large: measured once, and not at all if it is to be quick

// `work(measure)` prepares, and calls measure(operation) for each of the headings.
using measure_operation = std::function<void(std::function<void()> const&)>;

inline bool enter_alone(std::string const& family, std::vector<std::string> const& headings, std::string const& subject,
                        std::function<void(measure_operation const&)> const& work, effort much = effort::usual) {
  auto const run = [=](round_settings const& settings) {
    std::vector<measurement> out;
    if (much == effort::large && !(settings.is_thorough && settings.is_first)) return out;
    run_alone(
        [&](control& with) {
          std::size_t place = 0;
          work([&](std::function<void()> const& operation) {
            operation();
            auto const each = internal::time_each(settings.window / 2, [&] {
              operation();
              return true;
            });
            with.receivers.at(place++).sum.store(std::bit_cast<std::uint64_t>(each));
          });
        },
        std::chrono::seconds{600});
    for (std::size_t i = 0; i < headings.size(); ++i)
      out.push_back({headings[i], "ns", better::lower, std::bit_cast<double>(last_control().receivers[i].sum.load())});
    return out;
  };
  return enter({family, headings.front(), subject, run});
}

}  // namespace stoa::benchmarks
