#include "hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace stoa {

std::uint64_t format_hash(std::span<std::byte const> bytes) noexcept {
  return XXH64(bytes.data(), bytes.size(), 0);
}

}  // namespace stoa
