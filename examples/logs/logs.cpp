// logs: starts a reader and some parsers, starts again those that are killed, and shows the table. One command for
// all of it:
//
//   logs [--parsers N] [--kill-every MS] [FILE...]
//
// With --kill-every it kills one of them itself, again and again, and the counts are still right.
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "stop.hpp"
#include "terminal.hpp"
#include "work.hpp"

namespace logs {
namespace {

using clock = std::chrono::steady_clock;
using words_of_command = std::vector<std::string>;

struct options {
  std::string segment = "logs";
  unsigned parsers = 2;
  unsigned kill_every_ms = 0;
  bool keep = false;
  std::vector<std::string> files;
};

// One of the programs beside this one. It ends with this process.
class program {
 public:
  explicit program(words_of_command words) : words_{std::move(words)} { start(); }
  program(program&& other) noexcept : words_{std::move(other.words_)}, pid_{std::exchange(other.pid_, 0)} {}
  program& operator=(program&&) = delete;
  ~program() {
    ask_to_end();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }

  void kill() const { signal(SIGKILL); }
  // Also one that is stopped: others may wait for what it holds.
  void ask_to_end() const {
    signal(SIGTERM);
    signal(SIGCONT);
  }
  // Whether it runs, perhaps anew: it is started again if a signal ended it. Throws if it failed.
  bool keep_running() {
    int status = 0;
    if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      if (WIFSIGNALED(status)) start();
      if (WIFEXITED(status) && WEXITSTATUS(status) != 0) throw std::runtime_error{words_[0] + " failed"};
    }
    return pid_ > 0;
  }

 private:
  void signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
  }
  void start() {
    auto const parent = ::getpid();
    auto const file = std::filesystem::read_symlink("/proc/self/exe").replace_filename(words_[0]);
    std::vector<char*> argv;
    for (auto& each : words_) argv.push_back(each.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() == parent) ::execv(file.c_str(), argv.data());
    ::_exit(127);
  }

  words_of_command words_;
  pid_t pid_ = 0;
};

// The name of the segment, and with it the segment when nobody is there any more.
class segment_name {
 public:
  explicit segment_name(options const& chosen) : name_{chosen.segment}, keep_{chosen.keep} {}
  segment_name(segment_name const&) = delete;
  segment_name& operator=(segment_name const&) = delete;
  ~segment_name() {
    if (!keep_) static_cast<void>(stoa::segment::try_remove(name_));
  }

 private:
  std::string name_;
  bool keep_;
};

void run(options const& chosen) {
  segment_name const removed_last{chosen};
  shared_work const work{chosen.segment};
  std::vector<program> workers;
  words_of_command reader{"reader", "--segment", chosen.segment};
  reader.insert(reader.end(), chosen.files.begin(), chosen.files.end());
  workers.emplace_back(reader);
  for (unsigned i = 0; i < chosen.parsers; ++i)
    workers.emplace_back(words_of_command{"parser", "--segment", chosen.segment});
  bool const is_live = examples::terminal::is_there();
  std::vector<program> live;
  if (is_live) live.emplace_back(words_of_command{"top", "--segment", chosen.segment});

  std::minstd_rand random{static_cast<unsigned>(::getpid())};
  std::uint64_t kills = 0;
  auto const period = std::chrono::milliseconds{chosen.kill_every_ms};
  auto next_kill = clock::now() + period;
  while (!examples::stop_requested()) {
    bool is_at_work = false;
    for (auto& each : workers) is_at_work = each.keep_running() || is_at_work;
    if (is_live ? !live[0].keep_running() : !is_at_work) break;
    if (is_at_work && chosen.kill_every_ms != 0 && clock::now() >= next_kill) {
      workers[random() % workers.size()].kill();
      ++kills;
      next_kill = clock::now() + period;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  live.clear();
  for (auto const& each : workers) each.ask_to_end();
  workers.clear();
  program table{{"top", "--segment", chosen.segment, "--once"}};
  while (table.keep_running()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  if (kills != 0) fmt::print("\n{} kills\n", kills);
}

}  // namespace
}  // namespace logs

int main(int argc, char** argv) try {
  logs::options chosen;
  CLI::App app{"Counts the words in files with several processes that may be killed."};
  app.add_option("--segment", chosen.segment, "name of the segment")->capture_default_str();
  app.add_option("--parsers", chosen.parsers, "how many")->check(CLI::Range(1, 32))->capture_default_str();
  app.add_option("--kill-every", chosen.kill_every_ms, "kill one of them every so many milliseconds; 0: none");
  app.add_flag("--keep", chosen.keep, "leave the segment, with the counts, when this ends");
  app.add_option("FILE", chosen.files, "files, or directories of files; otherwise some that every Debian has");
  CLI11_PARSE(app, argc, argv);
  examples::stop_on_signals();
  logs::run(chosen);
} catch (std::exception const& problem) {
  std::cerr << "logs: " << problem.what() << '\n';
  return 1;
}
