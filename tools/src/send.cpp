// stoa send: messages into a message_ring, from the command line or the lines of the standard input.
#include <iostream>
#include <span>
#include <stoa/message_ring.hpp>
#include <stoa/segment.hpp>
#include <string>

#include "commands.hpp"

namespace stoa::tools {

int send_messages(command_options const& options, std::string_view segment_name, std::string_view entry_name,
                  std::uint32_t type, std::optional<std::string> const& text) {
  auto const where = segment::open(segment_name, options.where);
  auto const ring = where.attach<message_ring>(entry_name);
  auto const send = [&](std::string const& each) { ring.send(std::as_bytes(std::span{each}), type); };
  if (text) {
    send(*text);
  } else {
    for (std::string line; std::getline(std::cin, line);) send(line);
  }
  return success;
}

}  // namespace stoa::tools
