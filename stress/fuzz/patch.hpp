// patch.hpp: damage to a segment that a step stands for: in which of its parts, where there, and what is written.
// Values mean something: counters a little further, ids of processes, names in lanes, words that stand elsewhere.
#pragma once
#include <cstddef>
#include <cstdint>

#include "hostile.hpp"
#include "step.hpp"

namespace stoa::fuzz {

// Where steps are of several kinds, those of 128 and more are something else.
inline constexpr std::uint8_t first_that_is_no_patch = 128;

// Does it to a mapping, or a copy, of such a segment. What it wrote over is told by `undo`.
struct patched {
  std::byte* at = nullptr;  // nullptr: nothing was changed
  std::uint64_t before = 0;
  std::size_t bytes = 0;
  void undo() const noexcept;
};
patched apply_patch(step const& what, testing::specimen const& whole, std::byte* base) noexcept;

// Whether this patch may make an entry lie elsewhere.
bool is_of_entry(step const& what) noexcept;

}  // namespace stoa::fuzz
