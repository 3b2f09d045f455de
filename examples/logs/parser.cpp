// parser: takes chunks of text, counts their words, and adds the counts to those of all. Any number of them.
//
// The chunk stays in the ring, and belongs to this process, until it is committed. Killed before, it goes to another
// parser; what this one had begun to add is finished by whoever adds next (ledger.hpp).
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>

#include "ledger.hpp"
#include "stop.hpp"

namespace logs {
namespace {

using namespace std::chrono_literals;

void take(stoa::message chunk, ledger const& book, word_counts& counts) {
  chunk_label label;
  if (chunk.size() < sizeof(label)) throw std::runtime_error{"a chunk without its label"};
  std::memcpy(&label, chunk.data().data(), sizeof(label));
  auto const text = chunk.data().subspan(sizeof(label));
  counts.clear();
  counts.count({reinterpret_cast<char const*>(text.data()), text.size()});
  book.add(label.chunk, counts, text.size());
  chunk.commit();
}

// Until everything has been counted, or a signal comes.
void run(std::string const& name) {
  shared_work const work{name};
  ledger const book{work};
  auto const consumer = work.chunks.consumer();
  word_counts counts;
  while (!examples::stop_requested()) {
    if (auto chunk = consumer.receive_for(100ms)) {
      take(std::move(*chunk), book, counts);
    } else if (work.is_done()) {
      return;
    }
  }
}

}  // namespace
}  // namespace logs

int main(int argc, char** argv) try {
  std::string name = "logs";
  CLI::App app{"Takes chunks of text out of a shared ring and counts their words."};
  app.add_option("--segment", name, "name of the segment")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  examples::stop_on_signals();
  logs::run(name);
} catch (std::exception const& problem) {
  std::cerr << "parser: " << problem.what() << '\n';
  return 1;
}
