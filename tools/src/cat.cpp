// stoa cat: the elements of one entry, printed through the type descriptor stored beside them.
#include <fmt/format.h>

#include <stoa/segment.hpp>
#include <utility>

#include "commands.hpp"
#include "element_printer.hpp"
#include "entry_list.hpp"
#include "json_writer.hpp"
#include "message_printer.hpp"
#include "output.hpp"
#include "type_tree.hpp"

namespace stoa::tools {
namespace {

// Nothing is written before the structure was found to be whole enough to be read.
result<void> print_all(kind_operations const& operations, entry_view const& entry, type_tree const& type,
                       bool as_json, output& out) {
  element_printer printer{out, as_json ? notation::json : notation::text};
  json_writer json{out};
  bool has_begun = false;
  bool has_strangers = false;
  auto const begin = [&] {
    if (as_json && !std::exchange(has_begun, true)) json.begin_array();
  };
  auto const read = operations.elements(entry, [&](std::span<std::byte const> bytes) {
    if (bytes.size() != type.bytes) {
      has_strangers = true;
      return;
    }
    begin();
    if (as_json) json.raw();
    printer.print(type, bytes);
    if (!as_json) out.write("\n");
  });
  if (!read) return read.error();
  if (has_strangers)
    return failure{errc::corrupt_structure, "elements of another size than its type descriptor says"};
  begin();
  if (as_json) json.end();
  return {};
}

// Those that nobody has taken, and that were there when it began.
void print_messages(message_ring_bytes const& ring, bool as_json, output& out) {
  auto const how = as_json ? notation::json : notation::text;
  message_watch watch{ring};
  // relaxed: how far to go; what is there by then is told by the marks
  auto const end = ring.header().tail.load(std::memory_order_relaxed);
  auto next = watch.next();  // before anything is written: it may be damaged
  json_writer json{out};
  if (as_json) json.begin_array();
  for (; next; next = is_past(end, watch.position()) ? watch.next() : std::nullopt) {
    if (!next->is_waiting) continue;
    if (as_json) json.raw();
    print_message(out, *next, how);
    if (!as_json) out.write("\n");
  }
  if (as_json) json.end();
}

}  // namespace

int print_elements(command_options const& options, std::string_view segment_name,
                   std::string_view entry_name) {
  auto const where = segment::open_read_only(segment_name, options.where);
  auto const entry = find_entry(where, entry_name).value();
  auto const* const operations = operations_for(entry).value();
  output out{stdout};
  if (entry.kind() == "message_ring") {
    print_messages(message_ring_bytes::adopt(entry).value(), options.as_json, out);
  } else {
    auto const type = type_of(where, entry).value();
    if (auto const all = print_all(*operations, entry, type, options.as_json, out); !all) throw error{all.error()};
  }
  out.flush();
  if (is_still_there(where, entry)) return success;
  throw error{{errc::no_such_name, fmt::format("segment '{}': '{}' was erased while it was being read",
                                               where.name(), entry.name())}};
}

}  // namespace stoa::tools
