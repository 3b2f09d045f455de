// docs/format.md, section 20: bitset.
#include "independent_bytes.hpp"
#include "independent_structures.hpp"

namespace independent {

std::vector<blob> elements_of_bitset(entry const& from) {
  auto const size = u64(from.body, 0);
  auto const words = behind(from.body, 128);
  require(size != 0 && fit(size / 64 + (size % 64 != 0), 8, words.size()), "bitset: size");
  std::vector<blob> out;
  for (std::uint64_t i = 0; i < size; ++i) {
    if ((u64(words, i / 64 * 8) >> (i % 64) & 1) == 0) continue;
    blob shown;
    for (unsigned shift = 0; shift < 64; shift += 8) shown.push_back(static_cast<std::byte>(i >> shift));
    out.push_back(std::move(shown));
  }
  return out;
}

}  // namespace independent
