// two_processes.hpp: what benchmarks of several processes have in common.
#pragma once
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <vector>

namespace stoa::benchmarks {

inline void pin(unsigned core) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  if (::sched_setaffinity(0, sizeof(one), &one) != 0) throw std::runtime_error{"cannot run on that core"};
}

// The exit status of a program that does `work`.
template <class Work>
int status_of(Work work) {
  try {
    work();
    return 0;
  } catch (std::exception const& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 1;
  }
}

// A process that does `work` and ends, or is killed when this one ends.
template <class Work>
pid_t in_child(Work work) {
  auto const parent = ::getpid();
  auto const child = ::fork();
  if (child < 0) throw std::runtime_error{"fork failed"};
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) std::_Exit(1);
  std::_Exit(status_of(work));
}
inline void expect_success(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error{fmt::format("a child ended with status {}", status)};
}

// An object that this process and its children share.
template <class T>
T& shared_with_children() {
  auto* const page = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw std::runtime_error{"mmap failed"};
  return *::new (page) T{};
}

// Of what was measured, what stands at that part of the way from the least to the most.
inline double at_part(std::vector<double> all, double part) {
  std::ranges::sort(all);
  return all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))];
}
inline double median(std::vector<double> all) { return at_part(std::move(all), 0.5); }

}  // namespace stoa::benchmarks
