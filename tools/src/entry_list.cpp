#include "entry_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stoa/name_table.hpp>
#include <stoa/stoa.hpp>  // registers all kinds
#include <utility>

namespace stoa::tools {
namespace {

std::string name_of(entry_record const& record) {
  auto const end = std::ranges::find(record.name, '\0');
  return {record.name.begin(), end};
}

failure about(segment const& where, entry_view const& entry, failure const& reason) {
  return {reason.code(), fmt::format("segment '{}', {} '{}': {}", where.name(), entry.kind(), entry.name(),
                                     reason.message())};
}

}  // namespace

entry_list entries_of(segment const& where) {
  auto const& owner = where.attachment();
  name_table const table{owner.map()};
  // The words come first: a name that is published later is in `whole` and not in `live`, and one that
  // is erased meanwhile has another word afterwards.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> live;
  for (std::uint32_t slot = 0; slot < owner.map().layout().name_slots; ++slot)
    if (auto const word = table.word(slot); state_of(word) == name_state::live)
      live.emplace_back(slot, word);

  entry_list out{owner.entries(), {}};
  std::vector<bool> is_whole(owner.map().layout().name_slots);
  for (auto const& each : out.whole) is_whole[each.slot] = true;
  for (auto const& [slot, word] : live) {
    if (is_whole[slot]) continue;
    auto const record = table.read(slot, word);
    if (record && table.word(slot) == word) out.damaged.push_back({name_of(*record), slot});
  }
  std::ranges::sort(out.whole, {}, &entry_view::name);
  return out;
}

result<entry_view> find_entry(segment const& where, std::string_view name) {
  auto const entries = entries_of(where);
  auto const found = std::ranges::find(entries.whole, name, &entry_view::name);
  if (found != entries.whole.end()) return *found;
  if (std::ranges::find(entries.damaged, name, &damaged_entry::name) != entries.damaged.end())
    return failure{errc::corrupt_structure,
                   fmt::format("segment '{}': the entry '{}' is damaged", where.name(), name)};
  return failure{errc::no_such_name, fmt::format("segment '{}' has no '{}'", where.name(), name)};
}

bool is_still_there(segment const& where, entry_view const& entry) {
  auto const word = name_table{where.attachment().map()}.word(entry.slot);
  return state_of(word) == name_state::live && name_generation_of(word) == entry.generation;
}

result<kind_operations const*> operations_for(entry_view const& entry) {
  auto const* const operations = find_kind(entry.kind());
  if (operations == nullptr)
    return failure{errc::kind_mismatch, fmt::format("'{}' is of a kind this program does not know: '{}'",
                                                    entry.name(), entry.kind())};
  if (operations->layout != entry.record.layout)
    return failure{errc::layout_mismatch,
                   fmt::format("'{}': expected layout {} of {}, found {}", entry.name(),
                               operations->layout, entry.kind(), entry.record.layout)};
  return operations;
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

}  // namespace stoa::tools
