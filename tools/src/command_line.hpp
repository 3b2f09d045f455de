// command_line.hpp: what the command line may say, and what is done then.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "commands.hpp"

namespace stoa::tools {

enum class subcommand { ls, show, cat, tail, send, verify, rm, gc };

struct command_line {
  subcommand what = subcommand::ls;
  std::string directory;  // empty: shared memory
  bool as_json = false;
  std::string segment;
  std::string element_path;  // SEGMENT/NAME
  std::vector<std::string> segments;
  bool persistent_too = false;
  std::uint64_t last = 10;
  std::uint32_t type = 0;
  std::string text = "-";

  std::string_view segment_name() const { return std::string_view{element_path}.substr(0, element_path.find('/')); }
  std::string_view entry_name() const { return std::string_view{element_path}.substr(element_path.find('/') + 1); }
};

// The exit status where there is nothing to do: help, or a mistake, was told.
std::variant<command_line, int> parse_command_line(int argc, char const* const* argv);

// Returns the exit status, or throws what could not be done.
int run(command_line const& given);

}  // namespace stoa::tools
