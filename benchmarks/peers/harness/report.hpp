// report.hpp: tables and plots of what was found.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "results.hpp"

namespace stoa::benchmarks {

struct report_settings {
  std::string directory;
  std::string commit;
  unsigned rounds = 0;
  std::chrono::microseconds window{};
};

// Peers that were not there when this was built.
std::vector<std::string> missing_peers();

// A value with its unit, in a unit that is easily read: 12.3 M messages/s.
std::string readable(double value, std::string const& unit);

std::string as_text(results const& found);
// results.md and an SVG for each family.
void write_report(results const& found, report_settings const& with);
std::string as_markdown(results const& found, report_settings const& with);
std::string as_svg(results const& found, std::string const& family);

}  // namespace stoa::benchmarks
