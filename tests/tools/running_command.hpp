// running_command.hpp: the stoa command as its users run it: a process, its output and its status.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace stoa::testing {

struct command_result {
  int status = -1;  // exit status; minus the signal's number if one ended it
  std::string out;
  std::string err;
};

class running_command {
 public:
  explicit running_command(std::vector<std::string> const& arguments);
  running_command(running_command const&) = delete;
  running_command& operator=(running_command const&) = delete;
  ~running_command();  // kills what still runs

  // Returns when it has written something, or so many lines; it goes on until the pipe is full.
  void wait_for_output(std::size_t lines = 0);
  // Writes to its standard input and closes it. Requires: at most as much as a pipe holds, once.
  void give(std::string const& input);
  void signal(int number) const;
  // What it has written so far.
  std::string const& output() const noexcept { return out_.text; }
  // Reads to the end. One that says nothing for a minute is killed.
  command_result finish();

 private:
  struct source {
    int descriptor = -1;
    std::string text;
    bool is_open() const noexcept { return descriptor >= 0; }
    void read_some();
    void close() noexcept;
  };
  bool wait_readable();

  pid_t pid_ = 0;
  int in_ = -1;
  source out_;
  source err_;
};

command_result run_stoa(std::vector<std::string> const& arguments, std::string const& input = {});

}  // namespace stoa::testing
