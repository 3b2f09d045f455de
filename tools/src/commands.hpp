// commands.hpp: what the subcommands do. All but send, rm and gc only look: they map segments without the
// right to write and register nowhere.
#pragma once
#include <cstdint>
#include <optional>
#include <stoa/segment_options.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::tools {

struct command_options {
  backing where = backing::shared_memory();
  bool as_json = false;
};

inline constexpr int success = 0;
inline constexpr int problem = 1;  // told on standard error
inline constexpr int usage = 2;
inline constexpr int cannot_open = 2;  // of verify, where 1 means damage

// Each returns the exit status, or throws what could not be done.
int list_segments(command_options const& options);
int show_segment(command_options const& options, std::string_view name);
// Status 0 if it is clean, 1 if it is damaged, 2 if it cannot be opened.
int verify_segment(command_options const& options, std::string_view name);
int print_elements(command_options const& options, std::string_view segment_name,
                   std::string_view entry_name);
// Of a ring or message_ring: the last so many elements there are, and then what comes.
int follow_elements(command_options const& options, std::string_view segment_name, std::string_view entry_name,
                    std::uint64_t last);
// Into a message_ring: the text, or each line of the standard input.
int send_messages(command_options const& options, std::string_view segment_name, std::string_view entry_name,
                  std::uint32_t type, std::optional<std::string> const& text);
int remove_segments(command_options const& options, std::vector<std::string> const& names);
int collect_garbage(command_options const& options, bool persistent_too);

}  // namespace stoa::tools
