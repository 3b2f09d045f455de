#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <range/v3/algorithm/count_if.hpp>
#include <span>
#include <stoa/queue.hpp>
#include <stoa/value.hpp>

#include "sample.hpp"
#include "series.hpp"

namespace telemetry {
namespace {

// Four significant digits, without exponent: 0.0312 4.250 17.31 8123 1048576
std::string short_number(double value) {
  if (value == 0) return "0";
  if (value >= 1000) return fmt::format("{:.0f}", value);
  return fmt::format("{:#.4g}", value);
}

// Oldest bar to the left; the newest one is still growing.
std::string sparkline(series_summary const& summary) {
  constexpr std::array<char const*, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  auto const& bars = summary.recent.highest;
  auto const begun = (summary.count + history::samples_per_bar - 1) / history::samples_per_bar;
  auto const shown = std::min(begun, history::bars);
  if (shown == 0) return {};
  auto const [low, high] = std::ranges::minmax(std::span{bars}.first(shown));
  std::string line;
  for (auto bar = begun - shown; bar < begun; ++bar) {
    auto const share = high > low ? (bars[bar % history::bars] - low) / (high - low) : 0.0f;
    line += blocks[static_cast<std::size_t>(share * (blocks.size() - 1))];
  }
  return line;
}

std::string row(series_label const& label, series_summary const& summary) {
  return fmt::format("{:<20} {:>5} {:>7} {:>8} {:>9} {:>9} {:>9} {:>9}  {}", view_of(label.name),
                     view_of(label.unit), summary.count, summary.last_number,
                     short_number(summary.mean), short_number(summary.quantile(0.5)),
                     short_number(summary.quantile(0.99)), short_number(summary.max),
                     sparkline(summary));
}

}  // namespace

std::vector<std::string> draw_table(stoa::segment const& segment) {
  std::vector<std::string> lines;
  auto const samples = segment.try_attach<stoa::queue<sample>>(samples_name);
  auto const produced = segment.try_attach<stoa::value<production>>(produced_name);
  auto const series = segment.try_attach<stoa::value<series_list>>(series_name);
  if (!samples || !produced || !series) return {"the sampler has not begun"};

  auto const alive = ranges::count_if(segment.participants(), &stoa::participant::alive);
  lines.push_back(fmt::format("segment {}: {} attached, {} samples produced, {} waiting",
                              segment.name(), alive, produced->load().newest, samples->size()));
  lines.push_back(fmt::format("{:<20} {:>5} {:>7} {:>8} {:>9} {:>9} {:>9} {:>9}  {}", "series",
                              "unit", "count", "sample", "mean", "p50", "p99", "max", "recent"));
  auto const list = series->load();
  for (std::size_t id = 0; id < std::min<std::size_t>(list.count, max_series); ++id) {
    auto const& label = list.labels[id];
    auto const summary = segment.try_attach<stoa::value<series_summary>>(view_of(label.name));
    if (summary) lines.push_back(row(label, summary->load()));
  }
  return lines;
}

}  // namespace telemetry
