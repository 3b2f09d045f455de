#include <gtest/gtest.h>

#include <algorithm>
#include <stoa/base/cross_core_copy.hpp>
#include <vector>

namespace stoa {
namespace {

constexpr std::byte untouched{0xA5};

std::vector<std::byte> some_bytes(std::size_t count) {
  std::vector<std::byte> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::byte>(i * 7 + i / 256);
  return out;
}

template <class Copy>
void expect_these_bytes_and_no_others(Copy copy, std::size_t size, std::size_t to_offset, std::size_t from_offset) {
  auto const from = some_bytes(from_offset + size);
  std::vector<std::byte> to(to_offset + size + 65, untouched);
  copy(to.data() + to_offset, from.data() + from_offset, size);
  auto expected = std::vector<std::byte>(to.size(), untouched);
  std::copy_n(from.data() + from_offset, size, expected.data() + to_offset);
  ASSERT_EQ(to, expected) << size << " bytes from " << from_offset << " to " << to_offset;
}

// Every offset into a line, on both sides, and every rest of a line.
TEST(cross_core_copy, PastTheCacheCopiesTheseBytesAndNoOthers) {
  for (std::size_t size : {0u, 1u, 15u, 16u, 63u, 64u, 65u, 127u, 128u, 200u, 320u})
    for (std::size_t to_offset = 0; to_offset < 65; ++to_offset)
      for (std::size_t from_offset : {0u, 1u, 8u, 63u})
        expect_these_bytes_and_no_others(internal::streaming_copy, size, to_offset, from_offset);
}

// So often that it goes through the cache and past it, whatever the first ones take.
TEST(cross_core_copy, CopiesTheseBytesAndNoOthersEitherWay) {
  for (std::size_t i = 0; i < 600; ++i) expect_these_bytes_and_no_others(cross_core_copy, 4096 + i, i % 65, i % 7);
}

}  // namespace
}  // namespace stoa
