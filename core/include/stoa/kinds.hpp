// stoa/kinds.hpp: what can be done with a structure whose element type this process does not know.
//
// The command line shows any segment; a process that needs a lane settles what dead threads left in
// structures it never attached. Both find a structure's operations by the kind its entry names.
// Each structure's header registers its own.
#pragma once
#include <cstdint>
#include <span>
#include <stoa/attachment.hpp>
#include <stoa/base/function_ref.hpp>
#include <stoa/base/result.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace stoa {

class inspection;

struct statistic {
  std::string name;
  std::uint64_t value = 0;
};

// All work on bytes that nobody vouches for: validated like attach, on copies, never blocking.
struct kind_operations {
  std::string_view kind;
  std::uint32_t layout = 1;
  // "capacity", "size" and whatever else the kind counts. Racy where others work at the same time.
  result<std::vector<statistic>> (*statistics)(entry_view const& entry);
  // Calls visit with the bytes of each element, oldest first, as far as they could be read whole.
  result<void> (*elements)(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit);
  // Settles what dead threads named in this entry. Null where a death leaves nothing to settle.
  void (*settle)(attachment& owner, entry_view const& entry);
  // Reports what contradicts the structure's invariants (inspection.hpp).
  void (*verify)(inspection& look) = nullptr;
};

// `operations` must live as long as the process. False: more than 64 kinds.
bool register_kind(kind_operations const& operations);
// nullptr: this process does not know the kind.
kind_operations const* find_kind(std::string_view kind);

}  // namespace stoa
