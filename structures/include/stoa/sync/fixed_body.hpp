// stoa/sync/fixed_body.hpp: bodies that are a header and nothing else.
#pragma once
#include <new>
#include <span>
#include <stoa/kinds.hpp>
#include <stoa/structure.hpp>

namespace stoa {

// For structures with nothing to choose.
struct no_shape {};

template <class Header>
result<Header*> adopt_header(entry_view const& entry) {
  static_assert(alignof(Header) <= pad_bytes);  // extents begin at a multiple of it
  if (entry.body.size() < sizeof(Header)) return damaged(entry, "its extent is too small for a header");
  return reinterpret_cast<Header*>(entry.body.data());
}

// What `stoa cat` shows of structures that hold no elements.
result<void> no_elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit);

}  // namespace stoa
