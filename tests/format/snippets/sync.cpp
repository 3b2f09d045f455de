#include <mutex>

#include "market.hpp"

namespace {

int changes = 0;
void change_both() { changes += 2; }
void put_right() { changes = 0; }

TEST(snippet, Mutex) {
  market_segment const scratch;
  auto const& market = scratch.market;
  {
    auto const dying = stoa::segment::open(scratch.name).publish<stoa::mutex>("mutex");
    dying.lock();  // and is gone
  }
  for (int round = 0; round < 2; ++round) {
    // begin
    auto mutex = market.publish_or_attach<stoa::mutex>("mutex");

    try {
      std::scoped_lock lock(mutex);                // also unique_lock, std::lock
      change_both();
    } catch (stoa::error const& problem) {
      if (problem.code() != stoa::errc::owner_died) throw;
      mutex.recover([] { put_right(); });          // of all who try, one runs it
    }
    // end
    EXPECT_EQ(changes, 2 * round);
  }
}

}  // namespace
