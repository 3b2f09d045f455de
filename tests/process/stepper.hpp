// stepper.hpp: a child that is killed exactly where the test says: after so many system calls and
// then so many machine instructions.
//
// The child program calls wait_for_stepper() where the counting shall begin.
#pragma once
#include <optional>

#include "child.hpp"

namespace stoa::testing {

struct step_count {
  int system_call_stops = 0;  // entries and exits, each counts
  int instructions = 0;       // after those
};

// In the child: stops until its parent steps it.
void wait_for_stepper();

class stepper {
 public:
  // `program` must call wait_for_stepper().
  explicit stepper(std::string_view program, child_arguments const& arguments = {});
  // True: the child is stopped where `count` says. False: it ended before, with status().
  bool advance(step_count count);
  // Lets it run on, untraced.
  void release();
  void kill() { child_.kill(); }
  std::optional<int> exit_code() const noexcept { return exit_code_; }
  child& process() noexcept { return child_; }

 private:
  bool resume(int request);
  child child_;
  std::optional<int> exit_code_;
};

}  // namespace stoa::testing
