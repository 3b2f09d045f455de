#include "market.hpp"

namespace {

// begin
struct picture {
  std::uint64_t number;
  std::array<std::uint8_t, 1024> pixels;
};
// end

std::uint64_t shown = 0;
void take_picture(picture& into) { into.number = 7; }
void show(picture const& each) { shown += each.number; }

TEST(snippet, ObjectPool) {
  market_segment const scratch;
  auto const& market = scratch.market;
  // begin
  auto pictures = market.publish_or_attach<stoa::object_pool<picture>>("pictures", 100);
  auto ready = market.publish_or_attach<stoa::queue<stoa::pool_handle>>("ready", 100);

  if (auto handle = pictures.acquire()) {              // empty: all are in use
    take_picture(pictures[handle]);                    // in place, no copy
    ready.push(handle);                                // 16 bytes
  }
  // end
  // begin
  auto received = ready.pop();
  if (pictures.adopt(received)) {                      // false: its sender died, and it was taken back
    show(pictures[received]);                          // ours now, whatever becomes of the sender
    pictures.release(received);
  }
  bool const is_gone = pictures.get(received) == nullptr;   // for ever, whoever has the object next
  // end
  EXPECT_EQ(shown, 7u);
  EXPECT_TRUE(is_gone);
  EXPECT_EQ(pictures.size(), 0u);
}

}  // namespace
