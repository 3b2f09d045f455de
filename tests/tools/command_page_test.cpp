// What docs/command.md shows is what the command prints: its examples are run, in their order.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/describe.hpp>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>
#include <stoa/stoa.hpp>

#include "child.hpp"
#include "running_command.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;

struct trade {
  std::uint64_t id;
  double price;
  std::uint32_t quantity;
  std::array<char, 8> symbol;
};
BOOST_DESCRIBE_STRUCT(trade, (), (id, price, quantity, symbol))

[[noreturn]] void stay(std::string const& directory, char const* name) {
  std::ofstream{directory + "/." + name};
  for (;;) ::pause();
}

segment_options options_for(std::string const& directory) {
  segment_options options;
  options.backing = backing::directory(directory);
  return options;
}

// The processes of the page.
child_program const sampler{"sampler", [](child_arguments const& a) -> int {
  ::prctl(PR_SET_NAME, "sampler");
  auto const market = segment::create("market", 64_MiB, options_for(a.at(0)));
  auto const prices = market.publish<array<double>>("prices", 1024);
  auto const trades = market.publish<queue<trade>>("trades", 4096);
  trades.push({1, 99.5, 10, {'A', 'C', 'M', 'E'}});
  trades.push({2, 0.1, 3, {'A', 'C', 'M', 'E'}});
  trades.push({3, 101, 250, {'I', 'N', 'I', 'T'}});
  stay(a.at(0), "sampler");
}};
child_program const aggregator{"aggregator", [](child_arguments const& a) -> int {
  ::prctl(PR_SET_NAME, "aggregator");
  auto const market = segment::open("market", backing::directory(a.at(0)));
  auto const trades = market.attach<queue<trade>>("trades");
  auto const lease = trades.claim();
  stay(a.at(0), "aggregator");
}};
child_program const postman{"postman", [](child_arguments const& a) -> int {
  auto const mail = segment::create("mail", 1_MiB, options_for(a.at(0)));
  auto const jobs = mail.publish<message_ring>("jobs", 64_KiB);
  stay(a.at(0), "postman");
}};
child_program const visitor{"visitor", [](child_arguments const& a) -> int {
  auto const old = segment::create("old", 1_MiB, options_for(a.at(0)));
  stay(a.at(0), "visitor");
}};

struct example {
  std::vector<std::string> arguments;
  std::string output;
};

// The blocks of the page that begin with "$ stoa".
std::vector<example> read_examples() {
  std::ifstream page{STOA_COMMAND_PAGE};
  std::vector<example> examples;
  bool is_in_block = false;
  bool is_in_example = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      is_in_block = !is_in_block;
      is_in_example = false;
    } else if (is_in_block && line.starts_with("$ stoa ")) {
      std::istringstream words{line.substr(7)};
      examples.push_back({{std::istream_iterator<std::string>{words}, {}}, {}});
      is_in_example = true;
    } else if (is_in_example) {
      examples.back().output += line + '\n';
    }
  }
  return examples;
}

// Without what differs from run to run: times, process numbers, and the width they give to columns.
std::string comparable(std::string text) {
  text = std::regex_replace(text, std::regex{"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}"}, "DATE");
  text = std::regex_replace(text, std::regex{"process [0-9]+"}, "process PID");
  text = std::regex_replace(text, std::regex{" *[0-9]+  (sampler|aggregator) "}, "PID $1 ");
  return std::regex_replace(text, std::regex{" +"}, " ");
}

TEST(command_page, ExamplesPrintWhatThePageShows) {
  scratch_directory const directory;
  auto const path = directory.path().string();
  auto const start = [&](std::string const& program) {
    auto started = child::start(program, {path});
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(path + "/." + program); }));
    return started;
  };
  auto const living = start("sampler");
  start("aggregator").kill();
  start("visitor").kill();

  auto const examples = read_examples();
  ASSERT_GE(examples.size(), 5u) << "no examples found in " STOA_COMMAND_PAGE;
  std::string all;
  std::optional<child> mail;  // comes when the page has shown the others
  for (auto const& [arguments, shown] : examples) {
    if (arguments.front() == "send" && !mail) mail = start("postman");
    auto words = arguments;
    words.insert(words.end(), {"--dir", path});
    running_command command{words};
    command.give({});
    if (arguments.front() == "tail") {  // goes on until it is interrupted
      command.wait_for_output();
      command.signal(SIGINT);
    }
    auto const result = command.finish();
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(comparable(result.out), comparable(shown)) << result.out;
    all += arguments.front() + ' ';
  }
  for (auto const* command : {"ls ", "show ", "verify ", "cat ", "send ", "tail ", "rm ", "gc "})
    EXPECT_NE(all.find(command), all.npos) << "the page has no example of " << command;
}

}  // namespace
}  // namespace stoa::testing
