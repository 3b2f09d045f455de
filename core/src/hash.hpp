// hash.hpp: the hash of the format: XXH64 with seed 0, the same for every language.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stoa {

std::uint64_t format_hash(std::span<std::byte const> bytes) noexcept;

inline std::uint64_t format_hash(std::string_view text) noexcept {
  return format_hash(std::as_bytes(std::span{text.data(), text.size()}));
}

}  // namespace stoa
