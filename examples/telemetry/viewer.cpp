// viewer: shows the summaries as a live table. It maps the segment without the right to write, so
// it can disturb nobody, and may come and go as it likes.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <stoa/segment.hpp>
#include <string>

#include "stop.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace telemetry {
namespace {

using namespace std::chrono_literals;
using examples::stop_requested;

void print_once(std::string const& name) {
  for (auto const& line : draw_table(stoa::segment::open_read_only(name)))
    std::cout << line << '\n';
}

// Until 'q', a signal, or the end of the segment. Each round opens it by name: that takes
// microseconds, and tells whether the name is still there.
void watch(std::string const& name) {
  auto segment = stoa::segment::open_read_only(name);
  examples::terminal const screen;
  while (!stop_requested()) {
    auto lines = draw_table(segment);
    lines.push_back("q: quit");
    screen.draw(lines);
    if (screen.key_within(200ms) == 'q') return;
    auto again = stoa::segment::try_open_read_only(name);
    if (!again && again.error().code() == stoa::errc::not_found) return;
    segment = again.value();
  }
}

}  // namespace
}  // namespace telemetry

int main(int argc, char** argv) try {
  std::string name = "telemetry";
  bool once = false;
  CLI::App app{"Shows what the aggregator knows."};
  app.add_option("--segment", name, "name of the segment")->capture_default_str();
  app.add_flag("--once", once, "print the table and end, also when this is no terminal");
  CLI11_PARSE(app, argc, argv);
  examples::stop_on_signals();
  if (once || !examples::terminal::is_there())
    telemetry::print_once(name);
  else
    telemetry::watch(name);
} catch (std::exception const& problem) {
  std::cerr << "viewer: " << problem.what() << '\n';
  return 1;
}
