// stoa/structure.hpp: what the structures share: errors about their own bytes, and looking at them.
#pragma once
#include <memory>
#include <span>
#include <stoa/attachment.hpp>
#include <stoa/base/function_ref.hpp>
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

// For kind_operations::elements, where only its users know what is in a structure: whether `Adopt` accepts its bytes.
template <auto Adopt>
result<void> no_elements_of(entry_view const& entry, function_ref<void(std::span<std::byte const>)>) {
  if (auto const found = Adopt(entry); !found) return found.error();
  return {};
}

// errc::read_only on a mapping without the right to write, errc::forked for a handle that came through fork().
result<void> check_writable(attached_entry const& entry, std::string_view operation);

// Before a change that needs no lane: throws what check_writable() returns.
inline void require_writable(attached_entry const& entry, std::string_view operation) {
  if (entry.owner().is_read_only() || entry.owner().was_inherited()) [[unlikely]]
    check_writable(entry, operation).value();
}

}  // namespace stoa
