// The stoa command, in this process: whatever its arguments say, in a directory of its own.
//
// Input: a line for each argument; behind a zero byte what is patched in the segment "damaged" (scene and steps, as for
// segment_fuzzer), which is also the standard input.
#include <signal.h>

#include <array>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stoa/stoa.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "command_line.hpp"
#include "output.hpp"
#include "patch.hpp"
#include "scratch.hpp"
#include "seeds.hpp"
#include "virtual_time.hpp"

namespace stoa::fuzz {
namespace {

using namespace testing;

// Whoever sleeps in a command waits for something: room, which is made, or more to come, until it is interrupted. Its
// handler is there only while a command runs.
message_consumer* receiver = nullptr;
void somebody_acts() {
  if (receiver != nullptr) receiver->poll([](message_view const&) {});
  struct sigaction now {};
  ::sigaction(SIGTERM, nullptr, &now);
  if (now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN) ::raise(SIGTERM);
}

// Handlers as they were.
class kept_signals {
 public:
  kept_signals() {
    for (std::size_t i = 0; i < numbers_.size(); ++i) ::sigaction(numbers_[i], nullptr, &before_[i]);
    ::signal(SIGTERM, SIG_DFL);
  }
  kept_signals(kept_signals const&) = delete;
  kept_signals& operator=(kept_signals const&) = delete;
  ~kept_signals() {
    for (std::size_t i = 0; i < numbers_.size(); ++i) ::sigaction(numbers_[i], &before_[i], nullptr);
  }

 private:
  static constexpr std::array numbers_{SIGINT, SIGTERM};
  std::array<struct sigaction, 2> before_{};
};

class directory_of_segments {
 public:
  directory_of_segments() { on_sleep(&somebody_acts); }

  std::string path() const { return directory_.path().string(); }
  // What the last command removed is there again.
  void restore() {
    if (!home_ || !std::filesystem::exists(directory_.path() / "whole")) make_whole();
  }
  void make_damaged(fuzz_input const& input) const {
    auto const& from = seeds()[input.scene(0) % seeds().size()];
    auto bytes = from.whole.bytes;
    for (std::size_t i = 0; i < input.steps(); ++i) apply_patch(input.at(i), from.whole, bytes.data());
    std::ofstream{directory_.path() / "damaged", std::ios::binary}.write(
        reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

 private:
  void make_whole() {
    receiver = nullptr;
    consumer_.reset();
    home_.reset();
    segment_options options;
    options.max_entries = 8;
    options.max_participants = 4;
    options.max_lanes = 4;
    options.backing = backing::directory(directory_.path());
    home_ = segment::create("whole", 64 * 1024, options);
    home_->publish<array<sample>>("array", 3)[1] = {7, 7.0};
    home_->publish<map<std::uint64_t, sample>>("map", 8).insert(1, {1, 0.5});
    home_->publish<queue<sample>>("queue", 4).push({2, 2.0});
    home_->publish<ring<sample>>("ring", 4).push({3, 3.0});
    home_->publish<message_ring>("messages", 1024).try_send(std::as_bytes(std::span{"hello", 5}), 7);
    consumer_ = home_->attach<message_ring>("messages").consumer();
    receiver = &*consumer_;
  }

  scratch_directory directory_;
  std::optional<segment> home_;
  std::optional<message_consumer> consumer_;
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out{"stoa"};
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void run(std::string_view input) {
  static directory_of_segments all;
  auto const zero = std::min(input.find('\0'), input.size());
  auto const rest = input.substr(std::min(zero + 1, input.size()));
  all.restore();
  all.make_damaged({reinterpret_cast<std::uint8_t const*>(rest.data()), rest.size()});
  std::istringstream in{std::string{rest}};
  auto* const before = std::cin.rdbuf(in.rdbuf());
  std::cin.clear();
  kept_signals const signals;
  auto const arguments = lines_of(input.substr(0, zero));
  std::vector<char const*> pointers;
  for (auto const& each : arguments) pointers.push_back(each.c_str());
  try {
    auto given = tools::parse_command_line(static_cast<int>(pointers.size()), pointers.data());
    if (auto* const line = std::get_if<tools::command_line>(&given)) {
      line->directory = all.path();
      // A full ring whose consumer is damage would be waited for.
      bool const would_wait = line->what == tools::subcommand::send && line->segment_name() != "whole";
      if (!would_wait) tools::run(*line);
    }
  } catch (std::exception const& reason) {
    tools::complain(reason.what());
  }
  std::cin.rdbuf(before);
}

}  // namespace
}  // namespace stoa::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  stoa::fuzz::seeds();  // before any input is timed
  return 0;
}
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  stoa::fuzz::run({reinterpret_cast<char const*>(data), size});
  return 0;
}
