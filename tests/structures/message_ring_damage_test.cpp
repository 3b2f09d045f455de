// Blocks, and references to them, that say what no message_ring wrote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "large_messages.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;

class damaged_blocks : public large_messages_test {
 protected:
  message_ring_bytes bytes = message_ring_bytes::adopt(views.first.entries().begin()->view()).value();
  std::uint64_t const first = 0 - 3 * record_unit;
  void expect_passed_over() {
    EXPECT_EQ(refusal([&] { static_cast<void>(consumer.try_receive()); }), errc::corrupt_structure);
    EXPECT_EQ(ring.statistics().corrupt, 1u);
    ASSERT_TRUE(ring.try_send(numbered_message(3)));
    EXPECT_THAT(taken_from(consumer), ElementsAre(3));
  }
};

TEST_F(damaged_blocks, AReferenceToWhatIsNoBlockIsAnError) {
  for (std::uint64_t const block : {std::uint64_t{0}, std::uint64_t{blocks + 1}, ~std::uint64_t{0}}) {
    auto const at = bytes.header().tail.load();
    ASSERT_TRUE(send_large(ring, 1));
    bytes.label(at).block.store(block);
    EXPECT_EQ(refusal([&] { static_cast<void>(consumer.try_receive()); }), errc::corrupt_structure) << block;
    EXPECT_EQ(used(ring), 0u) << "it is passed over, and its block is free";
  }
}

TEST_F(damaged_blocks, AReferenceToAnotherBlockIsAnError) {
  ASSERT_TRUE(send_large(ring, 1));
  bytes.label(first).block.store(2);
  expect_passed_over();
}

TEST_F(damaged_blocks, ABlockThatBelongsToAnotherRecordIsAnError) {
  ASSERT_TRUE(send_large(ring, 1));
  bytes.blocks().refer(1, first + record_unit);
  expect_passed_over();
}

TEST_F(damaged_blocks, ASizeThatIsNoneOfABlockIsAnError) {
  for (std::uint32_t const size : {std::uint32_t{0}, std::uint32_t{threshold}, std::uint32_t{block_bytes + 1}, ~0u}) {
    auto const at = bytes.header().tail.load();
    ASSERT_TRUE(send_large(ring, 1));
    bytes.label(at).size_type.store(make_size_type({size, 0}));
    EXPECT_EQ(refusal([&] { static_cast<void>(consumer.try_receive()); }), errc::corrupt_structure) << size;
  }
}

TEST_F(damaged_blocks, ABitInABlockIsFoundByTheChecksum) {
  ASSERT_TRUE(send_large(ring, 1));
  bytes.blocks().bytes(1)[block_bytes / 2] ^= std::byte{1};
  expect_passed_over();
}

TEST_F(damaged_blocks, AWordThatNobodyWroteIsAnErrorOnceItsBlockIsNeeded) {
  bytes.blocks().word(2).store(7);
  for (std::uint64_t n = 0; n + 1 < blocks; ++n) ASSERT_TRUE(send_large(ring, n)) << "others are free";
  EXPECT_EQ(refusal([&] { send_large(ring, 9); }), errc::corrupt_structure);
  EXPECT_EQ(refusal([&] { static_cast<void>(ring.claim(block_bytes)); }), errc::corrupt_structure);
  bytes.blocks().refer(2, bytes.header().tail.load() + 5 * record_unit);
  EXPECT_EQ(refusal([&] { send_large(ring, 9); }), errc::corrupt_structure) << "of a record to come";
  bytes.blocks().give_back(2);
  EXPECT_TRUE(send_large(ring, 9));
}

TEST_F(damaged_blocks, AHeaderThatCannotBeIsAnError) {
  auto& header = bytes.header();
  for (auto* const field : {&header.blocks, &header.block_bytes, &header.largest_in_record}) {
    auto const right = *field;
    for (std::uint64_t const wrong : {std::uint64_t{0}, right + 100'000, std::uint64_t{1} << 63}) {
      *field = wrong;
      EXPECT_EQ(refusal([&] { views.second.attach<message_ring>("m"); }), errc::corrupt_structure) << wrong;
    }
    *field = right;
  }
  EXPECT_NO_THROW(views.second.attach<message_ring>("m"));
}

}  // namespace
}  // namespace stoa::testing
