#include "child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>

namespace stoa::testing {
namespace {

std::map<std::string, std::function<int(child_arguments const&)>>& programs() {
  static std::map<std::string, std::function<int(child_arguments const&)>> known;
  return known;
}

constexpr char const* child_flag = "--as-child";

}  // namespace

child_program::child_program(std::string_view name, std::function<int(child_arguments const&)> run) {
  programs().emplace(name, std::move(run));
}

child child::start(std::string_view program, child_arguments const& arguments) {
  std::vector<std::string> words{"/proc/self/exe", child_flag, std::string{program}};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t const parent = ::getpid();
  pid_t const pid = ::fork();
  if (pid < 0) throw std::runtime_error{"fork failed"};
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // 0: the parent is outside, and this process the first of a pid namespace.
    if (auto const now = ::getppid(); now != parent && now != 0) ::_exit(98);
    ::execv("/proc/self/exe", argv.data());
    ::_exit(97);
  }
  return child{pid};
}

child::child(child&& other) noexcept : pid_{std::exchange(other.pid_, 0)}, status_{other.status_} {}

child& child::operator=(child&& other) noexcept {
  if (this != &other) {
    if (pid_ != 0) kill();
    pid_ = std::exchange(other.pid_, 0);
    status_ = other.status_;
  }
  return *this;
}

child::~child() {
  if (pid_ != 0) kill();
}

void child::signal(int number) const {
  if (pid_ != 0) ::kill(pid_, number);
}

void child::stop() const {
  ::kill(pid_, SIGSTOP);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT);
}

void child::go_on() const { ::kill(pid_, SIGCONT); }

bool child::reap(int options) {
  if (pid_ == 0) return true;
  int status = 0;
  pid_t got = 0;
  while ((got = ::waitpid(pid_, &status, options)) < 0 && errno == EINTR) {
  }
  if (got == 0) return false;
  if (WIFEXITED(status)) status_.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) status_.signal = WTERMSIG(status);
  pid_ = 0;
  return true;
}

child_status child::kill() {
  signal(SIGKILL);
  reap(0);
  return status_;
}

child_status child::wait(std::chrono::seconds most) {
  auto const until = std::chrono::steady_clock::now() + most;
  while (!reap(WNOHANG)) {
    if (std::chrono::steady_clock::now() > until) return kill();
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return status_;
}

bool child::is_running() { return !reap(WNOHANG); }

int run_as_child(int argc, char** argv) {
  if (argc < 3 || std::string_view{argv[1]} != child_flag) return -1;
  auto const found = programs().find(argv[2]);
  if (found == programs().end()) {
    std::fprintf(stderr, "no child program '%s'\n", argv[2]);
    return 96;
  }
  try {
    return found->second(child_arguments(argv + 3, argv + argc));
  } catch (std::exception const& problem) {
    std::fprintf(stderr, "child %s: %s\n", argv[2], problem.what());
    return 99;
  }
}

}  // namespace stoa::testing
