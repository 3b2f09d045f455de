// trials.hpp: cuts one operation off, in one of three ways, after every instruction or every n-th.
//
// kill   killed with SIGKILL after instruction k; this process goes on
// stop   stopped after instruction k (in a ptrace stop, which is to others what SIGSTOP is: it is
//        alive and does not move); this process goes on meanwhile; then it goes on to its end
// pair   killed after instruction k; another process comes upon that, and is killed after instruction m
//        of its repair; this process goes on
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "operations.hpp"

namespace stoa::kill_suite {

std::string_view name_of(mode how) noexcept;

struct settings {
  std::size_t stride = 1;        // of short operations; long ones are sampled at least
  std::size_t most_runs = 0;     // for an operation and mode: then the stride follows; 0: no limit
  std::size_t long_runs = 1000;  // about that many runs of a long operation, if most_runs is 0
  std::size_t pair_runs = 1500;  // about that many pairs of k and m, if most_runs is 0
};

struct outcome {
  std::size_t instructions = 0;  // of the operation
  std::size_t runs = 0;
  std::size_t failures = 0;
};

// Calls `fail` with what was wrong and where, for each failure.
outcome try_all(operation const& what, mode how, settings const& with,
                std::function<void(std::string const&)> const& fail);

}  // namespace stoa::kill_suite
