// large_messages.hpp: a message_ring with a few blocks, and messages that lie in them.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "elements.hpp"
#include "message_ring_actor.hpp"

namespace stoa::testing {

inline constexpr std::size_t block_bytes = 4096;
inline constexpr std::size_t threshold = 200;
inline constexpr std::uint32_t blocks = 3;

inline message_ring_options with_large(message_ring_options options = options_of_scene()) {
  options.large = {.blocks = blocks, .block_bytes = block_bytes, .above = threshold};
  return options;
}
inline std::vector<std::byte> large_message(std::uint64_t number) {
  return numbered_message(number, block_bytes - number % 8);
}
inline bool is_large_message(std::span<std::byte const> bytes) {
  return std::ranges::equal(bytes, large_message(number_in(bytes)));
}
inline bool send_large(message_ring const& ring, std::uint64_t number) { return ring.try_send(large_message(number)); }
inline std::uint64_t used(message_ring const& ring) { return ring.statistics().blocks_used; }

// All that are there.
inline contents taken_from(message_consumer const& consumer) {
  contents out;
  consumer.poll([&](message_view const& each) { out.push_back(number_in(each.data())); });
  return out;
}

class large_messages_test : public ::testing::Test {
 protected:
  two_views views;
  message_ring ring = views.first.publish<message_ring>("m", ring_bytes_of_scene, with_large());
  message_ring other = views.second.attach<message_ring>("m");
  message_consumer consumer = other.consumer();
};

}  // namespace stoa::testing
