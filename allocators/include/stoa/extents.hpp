// stoa/extents.hpp: which bytes of an area the next structure gets.
//
// Free space is what no extent in use covers. Nothing about it is stored, so nothing about it can
// leak or contradict the entries. `bump` only says where bytes begin that nobody ever had: bump
// space is taken first, because it is known to be zero; gaps are searched when it is used up.
//
// I1 disjoint  what is chosen overlaps no extent in use, whatever `bump` says
// I2 inside    what is chosen lies inside the area
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace stoa {

struct extent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  constexpr std::uint64_t end() const noexcept { return offset + bytes; }
  friend bool operator==(extent const&, extent const&) = default;
};

struct chosen_extent {
  extent where;
  bool is_fresh = false;  // from bump space: never written, so zero
};

// Algorithms over offsets; knows no segment. Complexity: n log n in the extents in use.
class extent_map {
 public:
  // Requires: `area` ends at or below 2^63. Extents outside the area are cut to it.
  extent_map(extent area, std::uint64_t bump, std::vector<extent> in_use);

  // Offset and size are multiples of pad_bytes. nullopt: neither bump space nor any gap is large enough.
  // gaps_first: bytes that were used before, whose pages the file system may already have.
  std::optional<chosen_extent> choose(std::uint64_t bytes, bool gaps_first = false) const;

  std::uint64_t free_bytes() const noexcept;
  // The largest request that choose() can serve.
  std::uint64_t largest_free() const;

 private:
  std::vector<extent> gaps() const;

  extent area_;
  std::uint64_t bump_;
  std::vector<extent> in_use_;  // sorted, merged
};

}  // namespace stoa
