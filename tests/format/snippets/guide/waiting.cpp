#include <atomic>
#include <thread>

#include "../market.hpp"

namespace {

std::uint64_t seen = 0;
void use(int n) { seen += static_cast<std::uint64_t>(n); }

TEST(guide, WaitingWithAnEnd) {
  market_segment const scratch;
  auto const& market = scratch.market;
  std::atomic<bool> stop_requested{false};
  auto const producer = market.publish<stoa::queue<int>>("numbers", 8);
  producer.push(7);
  std::thread stopper{[&] {
    while (!producer.empty()) std::this_thread::yield();
    stop_requested = true;
  }};
  // begin
  using namespace std::chrono_literals;
  auto numbers = market.publish_or_attach<stoa::queue<int>>("numbers", 8);

  while (!stop_requested) {                             // set by a signal's handler
    if (auto const n = numbers.pop_for(100ms)) use(*n);
  }
  // end
  stopper.join();
  EXPECT_EQ(seen, 7u);
}

TEST(guide, WaitingForOneOfSeveral) {
  market_segment const scratch;
  auto const& market = scratch.market;
  auto const orders = market.publish<stoa::queue<int>>("orders", 8);
  auto const cancels = market.publish<stoa::queue<int>>("cancels", 8);
  int taken = 0;
  // begin
  auto something = market.publish_or_attach<stoa::counting_semaphore>("something", 0);

  orders.push(1);                                       // who pushes into either of them
  something.release();

  something.acquire();                                  // who waits for both
  if (auto const urgent = cancels.try_pop()) taken = -*urgent;
  else if (auto const next = orders.try_pop()) taken = *next;
  // end
  EXPECT_EQ(taken, 1);
}

TEST(guide, WaitingForEverybody) {
  market_segment const scratch;
  auto const& market = scratch.market;
  auto const start_work = [] {};
  // begin
  using namespace std::chrono_literals;
  auto ready = market.publish_or_attach<stoa::latch>("ready", 1);
  ready.count_down();                                   // each of them, once
  if (!ready.wait_for(5s)) throw std::runtime_error{"not all have come"};
  start_work();
  // end
  EXPECT_EQ(ready.pending(), 0u);
}

TEST(guide, Spinning) {
  market_segment const scratch;
  auto const& market = scratch.market;
  auto const ticks = market.publish<stoa::spsc_queue<int>>("ticks", 8);
  ticks.push(1);
  // begin
  auto const tick = ticks.pop(stoa::wait_strategy::spin);  // on a core of its own
  // end
  EXPECT_EQ(tick, 1);
}

}  // namespace
