// The stoa command: looking at segments from outside (docs/command.md).
#include <signal.h>
#include <unistd.h>

#include <exception>
#include <string_view>
#include <variant>

#include "command_line.hpp"
#include "output.hpp"

namespace stoa::tools {
namespace {

// A segment's file can be cut short by anybody who may write it, at any time. Touching what is gone
// raises SIGBUS: an error like others, not a crash.
extern "C" void report_lost_pages(int) {
  constexpr std::string_view message = "stoa: the segment's file became shorter while it was being read\n";
  [[maybe_unused]] auto const written = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(problem);
}

void expect_lost_pages() {
  struct sigaction action {};
  action.sa_handler = &report_lost_pages;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace
}  // namespace stoa::tools

int main(int argc, char** argv) {
  using namespace stoa::tools;
  expect_lost_pages();
  try {
    auto const given = parse_command_line(argc, argv);
    if (auto const* const status = std::get_if<int>(&given)) return *status;
    return run(std::get<command_line>(given));
  } catch (std::exception const& reason) {
    complain(reason.what());
  }
  return problem;
}
