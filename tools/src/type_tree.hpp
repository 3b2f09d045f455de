// type_tree.hpp: a stored type descriptor, understood: what an element's bytes mean.
//
// The grammar is in stoa/type_descriptor.hpp. A descriptor comes from a segment, so it is input:
//
// I1 inside    every part lies inside the bytes of what it is part of; no size overflows
// I2 bounded   parts are nested at most deepest_type levels
// I3 honest    printing takes time in proportion to the bytes described: parts that overlap (members of
//              a union may) or have no bytes are few
#pragma once
#include <cstdint>
#include <stoa/base/result.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::tools {

inline constexpr unsigned deepest_type = 64;
inline constexpr std::size_t longest_part_name = 255;
inline constexpr std::uint64_t most_overlap = 16;  // times the bytes of the element

enum class type_kind {
  signed_integer,
  unsigned_integer,
  floating_point,
  boolean,
  text,
  opaque,
  structure,
  array,
};

struct type_part;

struct type_tree {
  type_kind kind = type_kind::opaque;
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;       // array: how many elements
  unsigned levels = 1;           // it and what is nested in it
  std::string name;              // opaque: as the user called it, or empty
  std::vector<type_part> parts;  // structure: its members; array: what each element is
};

struct type_part {
  std::string name;
  std::uint64_t offset = 0;
  type_tree type;
};

// errc::corrupt_structure with the place and what was expected there.
result<type_tree> parse_type(std::string_view descriptor);

}  // namespace stoa::tools
