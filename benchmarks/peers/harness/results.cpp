#include "results.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "../../two_processes.hpp"

namespace stoa::benchmarks {
namespace {

std::string quoted(std::string const& text) {
  std::string out = "\"";
  for (auto const each : text) {
    if (each == '"' || each == '\\') out += '\\';
    out += static_cast<unsigned char>(each) < ' ' ? ' ' : each;
  }
  return out + '"';
}

}  // namespace

summary summed_up(std::vector<double> const& all) {
  if (all.empty()) return {};
  return {benchmarks::median(all), at_part(all, .25), at_part(all, .75)};
}

std::vector<double> series::values() const {
  std::vector<double> out;
  for (auto const& [round, value] : by_round) out.push_back(value);
  return out;
}

void results::add(unsigned round, std::string const& family, std::string const& subject, measurement const& found) {
  auto const same = [&](series const& each) { return each.name == found.name && each.subject == subject; };
  auto known = std::ranges::find_if(all_, same);
  if (known == all_.end()) {
    all_.push_back({family, found.name, subject, found.unit, found.wanted, {}});
    known = all_.end() - 1;
  }
  known->by_round[round] = found.value;
}

void results::fail(std::string const& subject, std::string const& heading, std::string const& why) {
  failures_.push_back(fmt::format("{}: {}: {}", heading, subject, why));
  failed_subjects_.push_back(subject);
}

bool results::has_failed(std::string const& subject) const {
  return std::ranges::find(failed_subjects_, subject) != failed_subjects_.end();
}

double results::against_stoa(series const& which) const {
  auto const same = [&](series const& each) { return each.name == which.name && each.subject == "stoa"; };
  auto const ours = std::ranges::find_if(all_, same);
  if (ours == all_.end()) return 0;
  std::vector<double> ratios;
  for (auto const& [round, value] : which.by_round)
    if (auto const at = ours->by_round.find(round); at != ours->by_round.end() && value > 0 && at->second > 0)
      ratios.push_back(which.wanted == better::higher ? value / at->second : at->second / value);
  return ratios.empty() ? 0 : benchmarks::median(ratios);
}

std::string results::json() const {
  std::string out = "[";
  for (auto const& each : all_) {
    auto const found = each.sum();
    out += fmt::format("{}\n  {{\"case\": {}, \"subject\": {}, \"unit\": {}, \"median\": {:.6g}, \"low\": {:.6g}, "
                       "\"high\": {:.6g}, \"better\": \"{}\"}}",
                       out.size() == 1 ? "" : ",", quoted(each.name), quoted(each.subject), quoted(each.unit),
                       found.median, found.low, found.high, each.wanted == better::higher ? "higher" : "lower");
  }
  return out + "\n]\n";
}

}  // namespace stoa::benchmarks
