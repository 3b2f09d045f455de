// soak_worker.hpp: a process that works on a segment until it is killed.
//
// It is a fork of the soak, opens the segment for itself, and dies with the soak, however that ends.
#pragma once
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace stoa::stress {

class soak_worker {
 public:
  soak_worker() = default;
  soak_worker(soak_worker const&) = delete;
  soak_worker& operator=(soak_worker const&) = delete;
  ~soak_worker() { end(); }

  // Its end is that of work(): status 0, or another if work() threw. Requires: it does not run.
  template <class Work>
  void start(Work const& work) {
    auto const soak = ::getpid();
    auto const pid = ::fork();
    if (pid < 0) throw std::system_error{errno, std::generic_category(), "fork"};  // and never kill(-1)
    if (pid == 0) std::_Exit(live(soak, work));
    pid_ = pid;
  }
  // Throws if it had ended before with a failure.
  void kill() {
    auto const status = end();
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
      throw std::runtime_error{fmt::format("a worker ended with status {}", WEXITSTATUS(status))};
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
      throw std::runtime_error{fmt::format("a worker ended with signal {}", WTERMSIG(status))};
  }

  void stop() {
    signal(SIGSTOP);
    is_stopped_ = true;
  }
  void go_on() {
    signal(SIGCONT);
    is_stopped_ = false;
  }
  void stop_for(std::chrono::microseconds time) {
    stop();
    std::this_thread::sleep_for(time);
    go_on();
  }
  bool is_stopped() const noexcept { return is_stopped_; }

 private:
  static constexpr int failed = 3;

  template <class Work>
  static int live(pid_t soak, Work const& work) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != soak) return failed;  // it is gone already
    ::signal(SIGINT, SIG_IGN);               // what ends the soak: it kills its workers itself
    ::signal(SIGTERM, SIG_IGN);
    try {
      work();
      return 0;
    } catch (std::exception const& problem) {
      fmt::print(stderr, "worker {}: {}\n", ::getpid(), problem.what());
      return failed;
    }
  }
  void signal(int number) const noexcept {
    if (pid_ > 0) ::kill(pid_, number);
  }
  // How it ended: by this, or by itself before.
  int end() noexcept {
    signal(SIGKILL);
    int status = 0;
    while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    is_stopped_ = false;
    return status;
  }

  pid_t pid_ = 0;  // 0: does not run
  bool is_stopped_ = false;
};

}  // namespace stoa::stress
