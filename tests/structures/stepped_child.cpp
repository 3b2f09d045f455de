#include "stepped_child.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace stoa::testing {
namespace {

void check(long outcome, char const* what) {
  if (outcome < 0) throw std::runtime_error{std::string{what} + " failed"};
}

cpu_set_t only(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  return cores;
}

// Keeps the calling process on the core it runs on.
class pinned {
 public:
  pinned() {
    check(::sched_getaffinity(0, sizeof(before_), &before_), "sched_getaffinity");
    auto const here = only(::sched_getcpu());
    check(::sched_setaffinity(0, sizeof(here), &here), "sched_setaffinity");
  }
  pinned(pinned const&) = delete;
  pinned& operator=(pinned const&) = delete;
  ~pinned() { ::sched_setaffinity(0, sizeof(before_), &before_); }

 private:
  cpu_set_t before_{};
};

}  // namespace

pid_t stepped_child::fork_child() {
  pid_t const parent = ::getpid();
  pid_t const pid = ::fork();
  check(pid, "fork");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(98);
  }
  return pid;
}

void stepped_child::be_traced() {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(97);
}

void stepped_child::mark() {
  ::raise(SIGSTOP);
}

void stepped_child::tell(std::exception const& problem) {
  std::fprintf(stderr, "stepped child: %s\n", problem.what());
}

void stepped_child::await(int& status) {
  while (::waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) throw std::runtime_error{"waitpid failed"};
  if (!WIFSTOPPED(status)) {
    pid_ = 0;
    state_ = state::ended;
  }
}

void stepped_child::await_start() {
  int status = 0;
  await(status);
  if (pid_ == 0) throw std::runtime_error{"the child ended before its operation"};
  check(::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL), "PTRACE_SETOPTIONS");
  state_ = state::stepping;
}

void stepped_child::go_on(int request) {
  int status = 0;
  check(::ptrace(static_cast<__ptrace_request>(request), pid_, nullptr, nullptr), "ptrace");
  await(status);
  if (pid_ != 0 && WSTOPSIG(status) == SIGSTOP) state_ = state::finished;
}

void stepped_child::share_core() {
  auto const core = only(::sched_getcpu());
  if (pid_ != 0) ::sched_setaffinity(pid_, sizeof(core), &core);
}

stepped_child::state stepped_child::step() {
  if (state_ == state::stepping) go_on(PTRACE_SINGLESTEP);
  return state_;
}

bool stepped_child::step(std::size_t count) {
  pinned const here;
  share_core();
  for (std::size_t i = 0; i < count; ++i)
    if (step() != state::stepping) return false;
  return true;
}

bool stepped_child::step_until(std::function<bool()> const& condition) {
  pinned const here;
  share_core();
  while (!condition())
    if (step() != state::stepping) return false;
  return true;
}

bool stepped_child::finish() {
  if (state_ == state::stepping) go_on(PTRACE_CONT);
  return state_ == state::finished;
}

#if defined(__x86_64__)

std::vector<std::uintptr_t> stepped_child::trace() {
  pinned const here;
  share_core();
  std::vector<std::uintptr_t> out;
  do {
    user_regs_struct registers{};
    check(::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers), "PTRACE_GETREGS");
    out.push_back(registers.rip);
  } while (step() == state::stepping);
  out.pop_back();  // there the operation is over, and the end only not yet noted
  return out;
}

bool stepped_child::run_to(std::uintptr_t address, std::ptrdiff_t times) {
  auto const set = [&](int which, std::uintptr_t value) {
    auto const place = offsetof(user, u_debugreg) + static_cast<std::size_t>(which) * sizeof(long);
    check(::ptrace(PTRACE_POKEUSER, pid_, place, value), "PTRACE_POKEUSER");
  };
  set(0, address);
  set(7, 1);  // register 0, on execution, for this process
  while (times-- > 0 && state_ == state::stepping) go_on(PTRACE_CONT);
  if (state_ == state::stepping) set(7, 0);
  return state_ == state::stepping;
}

bool stepped_child::step_to(std::vector<std::uintptr_t> const& trace, std::size_t count) {
  pinned const here;
  share_core();
  // A repeated string instruction is one for a breakpoint and many for single steps.
  auto const is_repeated = [&](std::size_t i) { return i > 0 && trace[i] == trace[i - 1]; };
  auto first = count < trace.size() ? count : 0;
  while (is_repeated(first)) --first;
  if (constexpr std::size_t too_near = 40; first < too_near) {  // as quick as a breakpoint
    first = 0;
  } else {
    std::ptrdiff_t times = 0;  // the breakpoint stops the child where it is now, too
    for (std::size_t i = 0; i <= first; ++i) times += trace[i] == trace[first] && !is_repeated(i);
    if (!run_to(trace[first], times)) return false;
  }
  for (auto i = first; i < count; ++i)
    if (step() != state::stepping) return false;
  return true;
}

#else

std::vector<std::uintptr_t> stepped_child::trace() {
  std::vector<std::uintptr_t> out;
  do out.push_back(0);
  while (step() == state::stepping);
  return out;
}

bool stepped_child::step_to(std::vector<std::uintptr_t> const&, std::size_t count) {
  return step(count);
}

#endif

void stepped_child::kill() noexcept {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) == pid_ ? WIFSTOPPED(status) : errno == EINTR) {
  }
  pid_ = 0;
  state_ = state::ended;
}

std::size_t kill_stride(std::size_t instructions) {
  constexpr std::size_t about_that_many = 53;  // a prime, so that it falls into step with no loop
  if (auto const* const asked = std::getenv("STOA_KILL_STRIDE"))
    return std::max(1ul, std::strtoul(asked, nullptr, 10));
  return 1 + instructions / about_that_many;
}

}  // namespace stoa::testing
