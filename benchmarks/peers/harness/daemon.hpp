// daemon.hpp: a server that a subject needs: started before its first round, told to end when this program does.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace stoa::benchmarks {

class daemon {
 public:
  // `work` is done in a child: it may exec. `grace` passes before it is told to end.
  template <class Work>
  explicit daemon(Work work, std::chrono::seconds grace = {}) : owner_{::getpid()}, grace_{grace}, pid_{::fork()} {
    if (pid_ < 0) throw std::runtime_error{"fork failed"};
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != owner_) std::_Exit(1);
    auto const nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, 1);
    ::dup2(nowhere, 2);
    work();
    std::_Exit(1);
  }
  daemon(daemon const&) = delete;
  daemon& operator=(daemon const&) = delete;
  ~daemon() {
    if (::getpid() != owner_) return;
    std::this_thread::sleep_for(grace_);
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t owner_;
  std::chrono::seconds grace_;
  pid_t pid_;
};

}  // namespace stoa::benchmarks
