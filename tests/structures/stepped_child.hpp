// stepped_child.hpp: a forked child that is led through one operation, instruction by instruction.
//
//   stepped_child victim{[&] {                       // in the child: prepare, and
//     auto queue = segment::open(name).attach<...>("q");
//     return [queue] { queue.push(1); };             // return the operation
//   }};
//   for (i < k) victim.step();  victim.kill();
//
// The child must open segments for itself. It shares the parent's core while it is stepped: the two
// take turns anyway, and changing cores costs more than the step. Not for a parent with several
// threads.
#pragma once
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <vector>

namespace stoa::testing {

class stepped_child {
 public:
  enum class state { stepping, finished, ended };

  template <class Prepare>
  explicit stepped_child(Prepare prepare) : pid_{fork_child()} {
    if (pid_ == 0) run_child(prepare);
    await_start();
  }
  stepped_child(stepped_child const&) = delete;
  stepped_child& operator=(stepped_child const&) = delete;
  ~stepped_child() { kill(); }

  state now() const noexcept { return state_; }
  // One instruction. `finished` when the operation is over.
  state step();
  // That many instructions. False: the operation was over before.
  bool step(std::size_t count);
  // Every instruction of the operation, to its end: the address of each.
  std::vector<std::uintptr_t> trace();
  // To where another child of the same kind, whose trace this is, was after `count` instructions.
  // Stops at a breakpoint where the processor has one, so that late instructions cost no more than
  // early ones. False: the operation was over before.
  bool step_to(std::vector<std::uintptr_t> const& trace, std::size_t count);
  // Until `condition` holds. False: the operation was over before it did.
  bool step_until(std::function<bool()> const& condition);
  // Lets it run to the end of the operation. False: it did not get there.
  bool finish();
  void kill() noexcept;

 private:
  template <class Prepare>
  [[noreturn]] static void run_child(Prepare prepare) noexcept {
    be_traced();
    try {
      auto operation = prepare();
      mark();
      operation();
      mark();
    } catch (std::exception const& problem) {
      tell(problem);
    }
    ::_exit(1);  // the parent ends it before it gets here
  }
  static pid_t fork_child();
  static void be_traced();
  static void mark();  // stops, for the parent to take over or to take note
  static void tell(std::exception const& problem);
  void await_start();
  void await(int& status);
  void go_on(int request);
  bool run_to(std::uintptr_t address, std::ptrdiff_t times);
  void share_core();

  pid_t pid_;
  state state_ = state::ended;
};

// Every how many of so many instructions to stop. The environment variable STOA_KILL_STRIDE
// decides: 1 is every one; without it, as many stops as take some seconds.
std::size_t kill_stride(std::size_t instructions);

}  // namespace stoa::testing
