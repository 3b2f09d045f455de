#include <gtest/gtest.h>

#include <boost/crc.hpp>
#include <random>
#include <stoa/base/crc32c.hpp>
#include <string_view>
#include <vector>

namespace stoa {
namespace {

std::uint32_t oracle(std::span<std::byte const> bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

TEST(crc32c_test, IsWhatTheStandardsSay) {
  std::string_view const digits = "123456789";
  EXPECT_EQ(crc32c(std::as_bytes(std::span{digits})), 0xE306'9283u);
  std::vector<std::byte> const zeros(32);
  EXPECT_EQ(crc32c(zeros), 0x8A91'36AAu);  // RFC 3720, B.4
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(crc32c_test, IsTheSameByInstructionByTableAndByBoost) {
  std::mt19937_64 random{7};
  std::vector<std::byte> bytes(4096);
  for (auto& each : bytes) each = static_cast<std::byte>(random());
  for (std::size_t begin = 0; begin < 9; ++begin)
    for (std::size_t const size : {0u, 1u, 2u, 7u, 8u, 9u, 15u, 16u, 17u, 63u, 64u, 65u, 1000u, 4087u}) {
      std::span<std::byte const> const part{bytes.data() + begin, size};
      EXPECT_EQ(crc32c(part), oracle(part)) << begin << ", " << size;
      EXPECT_EQ(internal::portable_crc32c(part, 0), oracle(part)) << begin << ", " << size;
    }
}

TEST(crc32c_test, GoesOnFromWhatCameBefore) {
  std::vector<std::byte> bytes(100);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
  std::span<std::byte const> const all{bytes};
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), oracle(all)) << cut;
    auto const first = internal::portable_crc32c(all.first(cut), 0);
    EXPECT_EQ(internal::portable_crc32c(all.subspan(cut), first), oracle(all)) << cut;
  }
}

}  // namespace
}  // namespace stoa
