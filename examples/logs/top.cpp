// top: shows the most frequent words as a live table. It maps the segment without the right to write, so it can disturb
// nobody, and may come and go as it likes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <limits>
#include <string>

#include "stop.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace logs {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t rows_without_terminal = 24;

void print_once(stoa::segment const& segment) {
  for (auto const& line : table{segment}.draw(rows_without_terminal)) fmt::print("{}\n", line);
}

// As uniq -c writes them.
void print_all(stoa::segment const& segment) {
  auto const words = segment.attach<word_map>("words");
  for (auto const& each : rank_words(words, std::numeric_limits<std::size_t>::max()))
    fmt::print("{:7} {}\n", each.count, each.text.view());
}

// Until 'q', a signal, or the end of the segment's name.
void watch(stoa::segment const& segment) {
  table state{segment};
  examples::terminal const screen;
  while (!examples::stop_requested()) {
    auto lines = state.draw(screen.rows() - 2);
    lines.push_back("q: quit");
    screen.draw(lines);
    if (screen.key_within(500ms) == 'q') return;
    auto const again = stoa::segment::try_open_read_only(segment.name());
    if (!again && again.error().code() == stoa::errc::not_found) return;
  }
}

}  // namespace
}  // namespace logs

int main(int argc, char** argv) try {
  std::string name = "logs";
  bool once = false, all = false;
  CLI::App app{"Shows which words are the most frequent."};
  app.add_option("--segment", name, "name of the segment")->capture_default_str();
  app.add_flag("--once", once, "print the table and end, also when this is no terminal");
  app.add_flag("--all", all, "print every word with its count and end");
  CLI11_PARSE(app, argc, argv);
  examples::stop_on_signals();
  auto const segment = stoa::segment::open_read_only(name);
  if (all) {
    logs::print_all(segment);
  } else if (once || !examples::terminal::is_there()) {
    logs::print_once(segment);
  } else {
    logs::watch(segment);
  }
} catch (std::exception const& problem) {
  std::cerr << "top: " << problem.what() << '\n';
  return 1;
}
