#include "stepper.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace stoa::testing {
namespace {

// Waits for a stop. nullopt: it stopped; else how it ended.
std::optional<int> wait_for_stop(pid_t pid, int& stop_signal) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) throw std::runtime_error{"the stepped child is lost"};
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  if (WIFSIGNALED(status)) return -WTERMSIG(status);
  stop_signal = WSTOPSIG(status);
  return std::nullopt;
}

}  // namespace

void wait_for_stepper() {
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::raise(SIGSTOP);
}

stepper::stepper(std::string_view program, child_arguments const& arguments)
    : child_{child::start(program, arguments)} {
  int signal = 0;
  exit_code_ = wait_for_stop(child_.pid(), signal);
  if (exit_code_ || signal != SIGSTOP)
    throw std::runtime_error{"the child did not wait for its stepper"};
}

bool stepper::resume(int request) {
  if (::ptrace(static_cast<__ptrace_request>(request), child_.pid(), nullptr, nullptr) != 0)
    return false;
  int signal = 0;
  exit_code_ = wait_for_stop(child_.pid(), signal);
  return !exit_code_;
}

bool stepper::advance(step_count count) {
  for (int i = 0; i < count.system_call_stops; ++i)
    if (!resume(PTRACE_SYSCALL)) return false;
  for (int i = 0; i < count.instructions; ++i)
    if (!resume(PTRACE_SINGLESTEP)) return false;
  return true;
}

void stepper::release() {
  ::ptrace(PTRACE_DETACH, child_.pid(), nullptr, nullptr);
}

}  // namespace stoa::testing
