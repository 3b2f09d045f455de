// A process that runs out of its own memory in the middle of an operation leaves nothing behind in the ring.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "large_messages.hpp"

namespace {
std::size_t most_bytes = ~std::size_t{0};  // larger allocations fail
}  // namespace

void* operator new(std::size_t bytes) {
  auto* const made = bytes <= most_bytes ? std::malloc(bytes == 0 ? 1 : bytes) : nullptr;
  if (made == nullptr) throw std::bad_alloc{};
  return made;
}
void operator delete(void* which) noexcept { std::free(which); }
void operator delete(void* which, std::size_t) noexcept { std::free(which); }

namespace stoa::testing {
namespace {

class message_ring_memory : public ::testing::Test {
 protected:
  ~message_ring_memory() override { most_bytes = ~std::size_t{0}; }
  two_views views;
};

TEST_F(message_ring_memory, AClaimWithoutABufferIsNone) {
  auto const ring = views.first.publish<message_ring>(
      "m", ring_bytes_of_scene,
      with_large({.delivery = delivery::broadcast, .when_full = when_full::overwrite}));
  auto reader = views.second.attach<message_ring>("m").reader();
  static_cast<void>(ring.claim(1));  // the thread has its lane
  for (std::size_t const size : {threshold, block_bytes}) {
    most_bytes = threshold - 1;
    EXPECT_THROW(static_cast<void>(ring.claim(size)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(ring.claim_for(size, 0, std::chrono::seconds{1})), std::bad_alloc);
    most_bytes = ~std::size_t{0};
    EXPECT_EQ(used(ring), 0u);
    ASSERT_TRUE(ring.try_send(numbered_message(size)));
    auto const got = reader.try_receive();
    ASSERT_TRUE(got) << "nothing holds it back";
    EXPECT_EQ(number_in(got->data()), size);
  }
}

}  // namespace
}  // namespace stoa::testing
