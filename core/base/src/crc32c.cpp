#include <array>
#include <cstring>
#include <stoa/base/crc32c.hpp>

namespace stoa {
namespace {

constexpr std::uint32_t reflected_polynomial = 0x82F6'3B78;

// tables[k][b]: what byte b does to the remainder when k zero bytes follow.
constexpr auto tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> out{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    auto crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? reflected_polynomial : 0);
    out[0][b] = crc;
  }
  for (std::size_t k = 1; k < out.size(); ++k)
    for (std::uint32_t b = 0; b < 256; ++b) out[k][b] = (out[k - 1][b] >> 8) ^ out[0][out[k - 1][b] & 0xFF];
  return out;
}();

std::uint64_t word_at(std::byte const* from) noexcept {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

#if defined(__x86_64__)
[[gnu::target("sse4.2")]] std::uint32_t hardware_crc32c(std::span<std::byte const> bytes,
                                                        std::uint32_t before) noexcept {
  std::uint64_t crc = ~before;
  auto const* from = bytes.data();
  auto left = bytes.size();
  for (; left >= 8; left -= 8, from += 8) crc = __builtin_ia32_crc32di(crc, word_at(from));
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; left != 0; --left, ++from) narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(*from));
  return ~narrow;
}
#endif

using implementation = std::uint32_t (*)(std::span<std::byte const>, std::uint32_t) noexcept;

implementation best() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return &hardware_crc32c;
#endif
  return &internal::portable_crc32c;
}

}  // namespace

// Eight bytes at a time ("slicing by 8", Kounavis and Berry 2005).
std::uint32_t internal::portable_crc32c(std::span<std::byte const> bytes, std::uint32_t before) noexcept {
  std::uint32_t crc = ~before;
  auto const* from = bytes.data();
  auto left = bytes.size();
  for (; left >= 8; left -= 8, from += 8) {
    auto const word = word_at(from) ^ crc;
    crc = 0;
    for (unsigned i = 0; i < 8; ++i) crc ^= tables[7 - i][(word >> (8 * i)) & 0xFF];
  }
  for (; left != 0; --left, ++from) crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<unsigned char>(*from)) & 0xFF];
  return ~crc;
}

std::uint32_t crc32c(std::span<std::byte const> bytes, std::uint32_t before) noexcept {
  static implementation const chosen = best();
  return chosen(bytes, before);
}

}  // namespace stoa
