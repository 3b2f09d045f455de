#include <map>
#include <string>

#include "../market.hpp"

namespace {

struct order {
  std::uint64_t id;
  std::uint64_t quantity;
};

std::map<std::uint64_t, std::uint64_t> counted;
std::uint64_t quantity_in(stoa::message_view const& each) {
  order found{};
  std::memcpy(&found, each.data().data(), sizeof(found));
  return found.quantity;
}

// Numbered from 0, ten times as many of each.
stoa::message_ring three_orders_in(stoa::segment const& market) {
  auto const priced = market.publish<stoa::message_ring>("priced", 4096);
  for (std::uint64_t id = 0; id < 3; ++id) {
    order const each{id, 10 * id};
    priced.send(std::as_bytes(std::span{&each, 1}));
  }
  return priced;
}

TEST(guide, Pipelines) {
  market_segment const scratch;
  auto const& market = scratch.market;
  order const next{7, 100};
  // begin
  using namespace stoa::literals;
  auto orders = market.publish_or_attach<stoa::message_ring>("orders", 64_KiB);
  auto priced = market.publish_or_attach<stoa::message_ring>("priced", 64_KiB);

  orders.send(std::as_bytes(std::span{&next, 1}));      // waits while the next stage has no room

  auto stage = orders.consumer();                       // as many processes as there are cores for it
  for (auto const& each : stage.drain()) {              // committed when the loop goes on
    priced.send(each.data(), each.type());
  }
  // end
  EXPECT_EQ(priced.size(), 1u);
  EXPECT_EQ(orders.size(), 0u);
}

TEST(guide, ExactlyOnceByNumber) {
  market_segment const scratch;
  auto const& market = scratch.market;
  auto const priced = three_orders_in(market);
  // begin
  auto results = market.publish_or_attach<stoa::map<std::uint64_t, std::uint64_t>>("results", 10'000);
  auto consumer = priced.consumer();

  while (auto each = consumer.try_receive()) {
    results.insert(each->sequence(), quantity_in(*each));  // false: one who died had come this far
    each->commit();
  }
  // end
  EXPECT_EQ(results.size(), 3u);
  EXPECT_EQ(results.find(2), 20u);
}

TEST(guide, ExactlyOnceInOneValue) {
  market_segment const scratch;
  auto const& market = scratch.market;
  auto const priced = three_orders_in(market);
  // begin
  struct running_total {
    std::uint64_t next = 0;  // number of the next message to be counted
    std::uint64_t quantity = 0;
  };
  auto total = market.publish_or_attach<stoa::value<running_total>>("total");
  auto consumer = priced.consumer();                    // one process at a time

  while (auto each = consumer.try_receive()) {
    auto const now = total.load();
    if (each->sequence() == now.next)                   // else it was counted, and not committed
      total.store({now.next + 1, now.quantity + quantity_in(*each)});
    each->commit();
  }
  // end
  EXPECT_EQ(total.load().quantity, 30u);
  EXPECT_EQ(total.load().next, 3u);
}

TEST(guide, RedoUnderALock) {
  market_segment const scratch;
  auto const& market = scratch.market;
  struct transfer {
    std::uint64_t number = 0;
    std::uint32_t from = 0, to = 0;
    std::int64_t amount = 0;
  };
  struct account {
    std::int64_t balance = 0;
    std::uint64_t last = 0;  // number of the last transfer that changed it
  };
  auto const lock = market.publish<stoa::mutex>("lock");
  auto const redo = market.publish<stoa::value<transfer>>("redo");
  auto const done = market.publish<stoa::value<std::uint64_t>>("done");
  auto const accounts = market.publish<stoa::map<std::uint32_t, account>>("accounts", 100);
  accounts.insert(1, {50, 0});
  accounts.insert(2, {0, 0});
  // begin
  auto const change = [&](std::uint32_t key, std::int64_t by, std::uint64_t number) {
    accounts.update(key, [&](account& each) {
      if (each.last == number) return;                  // done before somebody died
      each.balance += by;
      each.last = number;
    });
  };
  auto const finish = [&] {
    auto const open = redo.load();
    if (open.number == done.load()) return;             // nothing is open
    change(open.from, -open.amount, open.number);
    change(open.to, open.amount, open.number);
    done.store(open.number);
  };
  auto const move = [&](std::uint32_t from, std::uint32_t to, std::int64_t amount) {
    bool const is_inherited = lock.lock_or_inherit();
    std::unique_lock const held{lock, std::adopt_lock};
    finish();                                           // what a dead one had begun
    if (is_inherited) lock.make_consistent();
    redo.store({done.load() + 1, from, to, amount});    // from here on it will happen
    finish();
  };
  // end
  move(1, 2, 20);
  redo.store({2, 2, 1, 5});  // as one leaves it who dies half way
  change(2, -5, 2);
  move(1, 2, 1);
  EXPECT_EQ(accounts.find(1)->balance, 34);
  EXPECT_EQ(accounts.find(2)->balance, 16);
}

}  // namespace
