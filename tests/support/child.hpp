// child.hpp: real processes for tests: fork and exec of the test program itself.
//
//   static child_program const pusher{"pusher", [](child_arguments const& a) { ...; return 0; }};
//   child p = child::start("pusher", {name, "100"});
//   p.kill();  p.wait();
//
// A child is a fresh process: it shares nothing with its parent but what it opens by name. It dies
// with its parent, so that an aborted test leaves none behind.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::testing {

using child_arguments = std::vector<std::string>;

// Registers what a child may be told to run. Its result is the exit status; an exception is status 99.
class child_program {
 public:
  child_program(std::string_view name, std::function<int(child_arguments const&)> run);
};

struct child_status {
  int exit_code = -1;  // -1: did not exit by itself
  int signal = 0;      // 0: was not killed
  bool is_success() const noexcept { return exit_code == 0; }
};

class child {
 public:
  static child start(std::string_view program, child_arguments const& arguments = {});
  child(child&& other) noexcept;
  child& operator=(child&& other) noexcept;
  ~child();  // kills and reaps what still runs

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;
  void stop() const;      // SIGSTOP; returns when it has stopped
  void go_on() const;     // SIGCONT
  child_status kill();    // SIGKILL, then wait
  // Waits for its end; kills it when `most` has passed (exit_code stays -1, signal is SIGKILL).
  child_status wait(std::chrono::seconds most = std::chrono::seconds{60});
  bool is_running();

 private:
  explicit child(pid_t pid) noexcept : pid_{pid} {}
  bool reap(int options);
  pid_t pid_ = 0;  // 0: reaped or moved from
  child_status status_;
};

// In main(): runs the child program if this process is one. Its exit status, or -1.
int run_as_child(int argc, char** argv);

}  // namespace stoa::testing
