#include "running_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace stoa::testing {
namespace {

constexpr int longest_silence_ms = 60'000;

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe failed"};
  return ends;
}

}  // namespace

running_command::running_command(std::vector<std::string> const& arguments) {
  std::vector<std::string> words{STOA_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  auto const in = make_pipe();
  auto const out = make_pipe();
  auto const err = make_pipe();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  int const failed = ::posix_spawn(&pid_, STOA_COMMAND, &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  for (auto const end : {in[0], out[1], err[1]}) ::close(end);
  in_ = in[1];
  out_.descriptor = out[0];
  err_.descriptor = err[0];
  if (failed == 0) return;
  ::close(in_);
  out_.close();
  err_.close();
  throw std::runtime_error{"cannot run " STOA_COMMAND};
}

running_command::~running_command() {
  give({});
  out_.close();
  err_.close();
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void running_command::source::close() noexcept {
  if (is_open()) ::close(descriptor);
  descriptor = -1;
}

void running_command::source::read_some() {
  std::array<char, 4096> piece;
  auto const got = ::read(descriptor, piece.data(), piece.size());
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) return close();
  text.append(piece.data(), static_cast<std::size_t>(got));
}

// False: nothing came for too long.
bool running_command::wait_readable() {
  std::array<pollfd, 2> watched{{{out_.descriptor, POLLIN, 0}, {err_.descriptor, POLLIN, 0}}};
  int ready = 0;
  while ((ready = ::poll(watched.data(), watched.size(), longest_silence_ms)) < 0 && errno == EINTR) {
  }
  if (watched[0].revents != 0) out_.read_some();
  if (watched[1].revents != 0) err_.read_some();
  return ready > 0;
}

void running_command::wait_for_output(std::size_t lines) {
  auto const is_enough = [&] {
    return !out_.text.empty() && static_cast<std::size_t>(std::ranges::count(out_.text, '\n')) >= lines;
  };
  while (out_.is_open() && !is_enough() && wait_readable()) {
  }
}

void running_command::give(std::string const& input) {
  if (in_ < 0) return;
  if (!input.empty() && ::write(in_, input.data(), input.size()) != static_cast<ssize_t>(input.size()))
    throw std::runtime_error{"cannot write to the command"};
  ::close(in_);
  in_ = -1;
}

void running_command::signal(int number) const { ::kill(pid_, number); }

command_result running_command::finish() {
  while (out_.is_open() || err_.is_open()) {
    if (wait_readable()) continue;
    ::kill(pid_, SIGKILL);
    break;
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), out_.text, err_.text};
}

command_result run_stoa(std::vector<std::string> const& arguments, std::string const& input) {
  running_command command{arguments};
  command.give(input);
  return command.finish();
}

}  // namespace stoa::testing
