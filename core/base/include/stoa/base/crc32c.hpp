// stoa/base/crc32c.hpp: the CRC-32C (Castagnoli) of bytes: polynomial 0x1EDC6F41, reflected, as in iSCSI and ext4.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace stoa {

// Of `bytes`, going on from `before`: crc32c(b, crc32c(a)) is that of a followed by b. With the processor's own
// instruction where it has one.
std::uint32_t crc32c(std::span<std::byte const> bytes, std::uint32_t before = 0) noexcept;

namespace internal {
std::uint32_t portable_crc32c(std::span<std::byte const> bytes, std::uint32_t before) noexcept;
}  // namespace internal

}  // namespace stoa
