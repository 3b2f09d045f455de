// stoa/structure.hpp: what the structures share: errors about their own bytes, and looking at them.
#pragma once
#include <memory>
#include <stoa/attachment.hpp>
#include <stoa/base/layout.hpp>
#include <stoa/base/result.hpp>
#include <string>
#include <string_view>

namespace stoa {

// corrupt_structure: "segment 'm', queue 'q': expected ..., found ...".
failure damaged(attached_entry const& entry, std::string_view what);
failure damaged(entry_view const& entry, std::string_view what);

failure cannot_hold(std::string_view kind, std::uint64_t count, std::uint64_t element_bytes);

// header + count * element; invalid_argument for none, no_space for more than memory can address.
result<std::uint64_t> bytes_of_elements(std::string_view kind, std::uint64_t header_bytes,
                                        std::uint64_t count, std::uint64_t element_bytes);

// What cannot be done on a mapping without the right to write: stoa::error with errc::read_only.
[[noreturn]] void throw_read_only(attached_entry const& entry, std::string_view operation);
// A handle that came through fork(): errc::forked.
[[noreturn]] void throw_forked(attached_entry const& entry);

// Before a change that needs no lane.
inline void require_writable(attached_entry const& entry, std::string_view operation) {
  if (entry.owner().is_read_only()) [[unlikely]] throw_read_only(entry, operation);
  if (entry.owner().was_inherited()) [[unlikely]] throw_forked(entry);
}

}  // namespace stoa
