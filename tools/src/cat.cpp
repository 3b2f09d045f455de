// stoa cat: the elements of one entry, printed through the type descriptor stored beside them.
#include <fmt/format.h>

#include <stoa/segment.hpp>
#include <utility>

#include "commands.hpp"
#include "element_printer.hpp"
#include "entry_list.hpp"
#include "json_writer.hpp"
#include "output.hpp"
#include "type_tree.hpp"

namespace stoa::tools {
namespace {

failure about(segment const& where, entry_view const& entry, failure const& reason) {
  return {reason.code(), fmt::format("segment '{}', {} '{}': {}", where.name(), entry.kind(), entry.name(),
                                     reason.message())};
}

result<type_tree> type_of(segment const& where, entry_view const& entry) {
  auto type = parse_type(where.attachment().descriptor(entry));
  if (!type) return about(where, entry, type.error());
  if (type->bytes != entry.record.element_bytes)
    return about(where, entry,
                 {errc::corrupt_structure,
                  fmt::format("its type descriptor is about {} bytes, its elements have {}", type->bytes,
                              entry.record.element_bytes)});
  return type;
}

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

}  // namespace

int print_elements(command_options const& options, std::string_view segment_name,
                   std::string_view entry_name) {
  auto const where = segment::open_read_only(segment_name, options.where);
  auto const entry = find_entry(where, entry_name).value();
  auto const* const operations = operations_for(entry).value();
  auto const type = type_of(where, entry).value();
  output out{stdout};
  if (auto const all = print_all(*operations, entry, type, options.as_json, out); !all)
    throw error{all.error()};
  out.flush();
  if (is_still_there(where, entry)) return success;
  throw error{{errc::no_such_name, fmt::format("segment '{}': '{}' was erased while it was being read",
                                               where.name(), entry.name())}};
}

}  // namespace stoa::tools
