// Capacities whose bytes overflow 64 bits, or come near to it: an error, and nothing is published.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <stoa/stoa.hpp>
#include <vector>

#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;

struct wide {
  std::uint64_t words[16];
};

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

// Such that times 8, 16, 24, 136, 192 … is a little more than 2^64, or just less; and what is negative as a signed number.
std::vector<std::uint64_t> absurd_numbers() {
  std::vector<std::uint64_t> out{most, most - 1, most - 127, most / 2, most / 2 + 1, most / 2 + 2};
  for (std::uint64_t const unit : {8u, 16u, 24u, 32u, 64u, 128u, 136u, 144u, 192u, 256u, 384u})
    for (std::uint64_t const about : {most / unit - 1, most / unit, most / unit + 1, most / unit + 2}) out.push_back(about);
  for (int bit = 40; bit < 64; ++bit) out.push_back(std::uint64_t{1} << bit);
  return out;
}

template <class Noun>
class overflowing_sizes : public ::testing::Test {};
using nouns =
    ::testing::Types<array<std::uint8_t>, array<wide>, queue<std::uint8_t>, queue<wide>, spsc_queue<std::uint8_t>,
                     spsc_queue<wide>, ring<std::uint8_t>, ring<wide>, stack<std::uint8_t>, stack<wide>,
                     object_pool<std::uint8_t>, object_pool<wide>, map<std::uint64_t, wide>, set<std::uint64_t>, bitset,
                     heap, message_ring>;
TYPED_TEST_SUITE(overflowing_sizes, nouns);

TYPED_TEST(overflowing_sizes, AreRefused) {
  scratch_name const name;
  auto const home = segment::create(name, 64_KiB);
  auto const before = home.free_bytes();
  for (auto const number : absurd_numbers()) {
    try {
      auto const made = home.try_publish<TypeParam>("it", number);
      ASSERT_FALSE(made) << number;
      EXPECT_TRUE(made.error().code() == errc::no_space || made.error().code() == errc::invalid_argument)
          << number << ": " << made.error().message();
    } catch (error const& refused) {
      EXPECT_EQ(refused.code(), errc::invalid_argument) << number;
    }
  }
  EXPECT_TRUE(home.entries().empty());
  EXPECT_EQ(home.free_bytes(), before);
}

// Two numbers that are multiplied: one absurd and the other possible, either way, and both absurd.
template <class Publish>
void expect_refusals(Publish publish) {
  scratch_name const name;
  auto const home = segment::create(name, 64_KiB);
  auto numbers = absurd_numbers();
  auto const absurd = numbers.size();
  numbers.insert(numbers.end(), {1, 2, 3, 64, 4096, 1u << 20});
  for (std::size_t i = 0; i < numbers.size(); ++i)
    for (std::size_t j = 0; j < (i < absurd ? numbers.size() : absurd); ++j)
      try {
        EXPECT_FALSE(publish(home, numbers[i], numbers[j])) << numbers[i] << ' ' << numbers[j];
      } catch (error const& refused) {
        EXPECT_EQ(refused.code(), errc::invalid_argument);
      }
  EXPECT_TRUE(home.entries().empty());
}

TEST(overflowing_products, OfAnExchangeAreRefused) {
  expect_refusals([](segment const& home, std::uint64_t slots, std::uint64_t bytes) {
    return home.try_publish<exchange>("it", slots, bytes).has_value();
  });
}
TEST(overflowing_products, OfAChannelAreRefused) {
  expect_refusals([](segment const& home, std::uint64_t clients, std::uint64_t bytes) {
    channel_options options;
    options.clients = static_cast<decltype(options.clients)>(clients);
    options.bytes_per_direction = bytes;
    if (options.clients != clients) return false;  // no such number can be asked for
    return home.try_publish<channel_listener>("it", options).has_value();
  });
}
TEST(overflowing_products, OfBlocksAreRefused) {
  expect_refusals([](segment const& home, std::uint64_t blocks, std::uint64_t bytes) {
    message_ring_options options;
    options.large.blocks = static_cast<std::uint32_t>(blocks);
    options.large.block_bytes = bytes;
    if (options.large.blocks != blocks) return false;
    return home.try_publish<message_ring>("it", 4096, options).has_value();
  });
}

}  // namespace
}  // namespace stoa
