// entry_list.hpp: the entries of a segment for one who only looks, and what can be done with them.
#pragma once
#include <stoa/kinds.hpp>
#include <stoa/segment.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "type_tree.hpp"

namespace stoa::tools {

// Listed as live, but its record contradicts the segment.
struct damaged_entry {
  std::string name;
  std::uint32_t slot = 0;
};

struct entry_list {
  std::vector<entry_view> whole;  // sorted by name
  std::vector<damaged_entry> damaged;
};

entry_list entries_of(segment const& where);

// no_such_name, or corrupt_structure if that name's entry is damaged.
result<entry_view> find_entry(segment const& where, std::string_view name);
// False: erased since, and its bytes may have become another's.
bool is_still_there(segment const& where, entry_view const& entry);

// kind_mismatch or layout_mismatch if this program does not know what the entry says it is.
result<kind_operations const*> operations_for(entry_view const& entry);
// What its elements are, by the descriptor that is stored with them.
result<type_tree> type_of(segment const& where, entry_view const& entry);

}  // namespace stoa::tools
