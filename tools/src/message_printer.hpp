// message_printer.hpp: a message in words.
//
//   text   {sequence: 3, type: 7, data: "hello"}   {sequence: 4, type: 0, data: x'00ff'}
//   JSON   {"sequence": 3, "type": 7, "timestamp_ns": 1795000000000000000, "text": "hello"}   ... "bytes": "00ff"}
//
// What is in a message only its users know: what is text is shown as text, all else in hexadecimal.
#pragma once
#include "message_watch.hpp"
#include "output.hpp"
#include "text.hpp"

namespace stoa::tools {

void print_message(output& out, watched_message const& each, notation how);

}  // namespace stoa::tools
