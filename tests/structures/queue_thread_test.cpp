// Many threads on one mapping: every element out exactly once, whole, and in the order of its
// producer.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using elements = stoa::queue<sealed>;

constexpr std::uint64_t end_of_work = ~std::uint64_t{0};
std::uint64_t numbered(std::uint64_t producer, std::uint64_t n) {
  return producer << 32 | n;
}

// Pushes first to last, alone or several at a time, waiting or not, as chance wants it.
void produce(elements const& queue, std::uint64_t producer, std::uint64_t count) {
  std::minstd_rand chance{static_cast<unsigned>(producer) + 1};
  for (std::uint64_t n = 0; n < count;) {
    switch (chance() % 4) {
      case 0:
        queue.push(sealed{numbered(producer, n++)});
        break;
      case 1:
        n += queue.try_push(sealed{numbered(producer, n)});
        break;
      case 2:
        n += queue.push_for(sealed{numbered(producer, n)}, 1ms, wait_strategy::yield);
        break;
      case 3: {
        std::vector<sealed> batch;
        for (auto i = n; i < std::min(count, n + 1 + chance() % 5); ++i)
          batch.emplace_back(numbered(producer, i));
        n += queue.try_push_n(batch);
        break;
      }
    }
  }
}

struct consumed {
  std::vector<std::uint64_t> numbers;
  bool is_all_whole = true;
  bool is_over = false;

  void take(sealed const& element) {
    is_all_whole &= element.is_whole();
    if (element.number() == end_of_work)
      is_over = true;
    else
      numbers.push_back(element.number());
  }
};

// Until it meets the end of work, which it hands on to the others.
consumed consume(elements const& queue, unsigned seed, bool may_abort) {
  std::minstd_rand chance{seed};
  consumed out;
  std::vector<elements::lease_type> held;
  auto const finish_leases = [&] {
    for (auto& lease : held) {
      if (may_abort && chance() % 3 == 0) continue;
      out.take(*lease);
      lease.commit();
    }
    held.clear();
  };
  while (!out.is_over) {
    switch (chance() % 4) {
      case 0:
        if (auto const got = queue.pop_for(1ms)) out.take(*got);
        break;
      case 1:
        if (auto const got = queue.try_pop()) out.take(*got);
        break;
      case 2: {
        std::array<sealed, 4> batch;
        auto const got = queue.try_pop_n(batch);
        // What comes behind the end in a batch is work all the same.
        for (std::size_t i = 0; i < got; ++i) out.take(batch[i]);
        break;
      }
      case 3:
        for (auto count = 1 + chance() % 3; count > 0; --count)
          if (auto lease = queue.claim_for(1ms, wait_strategy::yield))
            held.push_back(std::move(lease));
        finish_leases();
        break;
    }
  }
  queue.push(sealed{end_of_work});
  return out;
}

struct load {
  std::uint64_t capacity;
  unsigned producers;
  unsigned consumers;
  bool may_abort;
};

class queue_threads : public ::testing::TestWithParam<load> {
 protected:
  static constexpr std::uint64_t per_producer = 1500;

  std::vector<consumed> run() {
    auto const& [capacity, producers, consumers, aborting] = GetParam();
    bool const may_abort = aborting;  // a lambda cannot capture a structured binding
    auto const queue = views.first.publish<elements>("q", capacity, before_wrap - 1000);
    std::vector<consumed> out(consumers);
    std::vector<std::thread> producing;
    std::vector<std::thread> consuming;
    for (unsigned i = 0; i < consumers; ++i)
      consuming.emplace_back([&, i] { out[i] = consume(queue, i + 1, may_abort); });
    for (unsigned i = 0; i < producers; ++i)
      producing.emplace_back([&, i] { produce(queue, i, per_producer); });
    for (auto& each : producing) each.join();
    queue.push(sealed{end_of_work});
    for (auto& each : consuming) each.join();
    consumed rest;  // behind the end of work, or given back at the last moment
    while (auto const got = queue.try_pop()) rest.take(*got);
    out.push_back(std::move(rest));
    return out;
  }

  two_views views;
};

TEST_P(queue_threads, EveryElementComesOutOnceWholeAndInItsProducersOrder) {
  auto const results = run();
  std::vector<std::uint64_t> all;
  for (auto const& each : results) {
    EXPECT_TRUE(each.is_all_whole);
    all.insert(all.end(), each.numbers.begin(), each.numbers.end());
    if (GetParam().may_abort) continue;
    std::vector<std::uint64_t> next(GetParam().producers);
    for (auto const number : each.numbers) {
      auto& expected = next[number >> 32];
      ASSERT_GE(number & 0xFFFF'FFFF, expected) << "producer " << (number >> 32);
      expected = (number & 0xFFFF'FFFF) + 1;
    }
  }
  std::ranges::sort(all);
  std::vector<std::uint64_t> wanted;
  for (unsigned producer = 0; producer < GetParam().producers; ++producer)
    for (std::uint64_t n = 0; n < per_producer; ++n) wanted.push_back(numbered(producer, n));
  EXPECT_TRUE(all == wanted) << all.size() << " of " << wanted.size();
}

std::string described(load const& each) {
  return "Capacity" + std::to_string(each.capacity) + "From" + std::to_string(each.producers) +
         "To" + std::to_string(each.consumers) + (each.may_abort ? "WithAborts" : "");
}
INSTANTIATE_TEST_SUITE_P(each, queue_threads,
                         ::testing::Values(load{1, 1, 1, false}, load{1, 3, 3, false},
                                           load{2, 3, 3, true}, load{8, 4, 1, false},
                                           load{8, 1, 4, true}, load{8, 4, 4, false},
                                           load{256, 4, 4, true}),
                         [](auto const& each) { return described(each.param); });

// --- waiting ---

class queue_waiting : public ::testing::TestWithParam<wait_strategy> {
 protected:
  two_views views;
  elements queue = views.first.publish<elements>("q", 1);
  elements other = views.second.attach<elements>("q");
};

TEST_P(queue_waiting, PopIsWokenByAPushOfAnotherView) {
  std::thread consumer{[&] { EXPECT_EQ(queue.pop(GetParam()).number(), 5u); }};
  std::this_thread::yield();
  other.push(sealed{5});
  consumer.join();
}

TEST_P(queue_waiting, PushIsWokenByAPopOfAnotherView) {
  ASSERT_TRUE(queue.try_push(sealed{1}));
  std::thread producer{[&] { queue.push(sealed{2}, GetParam()); }};
  EXPECT_EQ(other.pop().number(), 1u);
  EXPECT_EQ(other.pop().number(), 2u);
  producer.join();
}

TEST_P(queue_waiting, ClaimIsWokenByAnAbort) {
  ASSERT_TRUE(queue.try_push(sealed{1}));
  auto held = queue.try_claim();
  std::thread waiter{[&] {
    auto lease = other.claim(GetParam());
    EXPECT_EQ(lease->number(), 1u);
    lease.commit();
  }};
  std::this_thread::yield();
  held.abort();
  waiter.join();
}

TEST_P(queue_waiting, PushIsWokenByACommit) {
  ASSERT_TRUE(queue.try_push(sealed{1}));
  auto held = queue.try_claim();
  std::thread producer{[&] { other.push(sealed{2}, GetParam()); }};
  std::this_thread::yield();
  held.commit();
  producer.join();
  EXPECT_EQ(queue.pop().number(), 2u);
}

TEST_P(queue_waiting, PushIsWokenByABatchThatIsPopped) {
  ASSERT_TRUE(queue.try_push(sealed{1}));
  std::thread producer{[&] { other.push(sealed{2}, GetParam()); }};
  std::array<sealed, 2> out;
  EXPECT_TRUE(eventually([&] { return queue.try_pop_n(out) == 1; }));
  producer.join();
  EXPECT_EQ(queue.pop().number(), 2u);
}

INSTANTIATE_TEST_SUITE_P(each, queue_waiting, ::testing::ValuesIn(strategies),
                         [](auto const& each) { return name_of(each.param); });

TEST(queue, ManyWaitersEachGetOne) {
  two_views views;
  auto const queue = views.first.publish<elements>("q", 16);
  constexpr unsigned waiters = 12;
  std::atomic<std::uint64_t> sum{0};
  std::vector<std::thread> waiting;
  for (unsigned i = 0; i < waiters; ++i)
    waiting.emplace_back([&] { sum += queue.pop(wait_strategy::sleep).number(); });
  for (std::uint64_t n = 1; n <= waiters; ++n) queue.push(sealed{n});
  for (auto& each : waiting) each.join();
  EXPECT_EQ(sum, waiters * (waiters + 1) / 2);
  EXPECT_TRUE(queue.empty());
}

// Leases that go from hand to hand: claimed by one thread, ended by another.
TEST(queue, LeasesEndedByAnotherThreadAreEndedOnce) {
  two_views views;
  auto const queue = views.first.publish<elements>("q", 8);
  constexpr std::uint64_t count = 2000;
  std::mutex mutex;
  std::vector<elements::lease_type> handed;
  std::atomic<std::uint64_t> committed{0};
  std::thread producer{[&] {
    for (std::uint64_t n = 0; n < count; ++n) queue.push(sealed{n});
  }};
  std::thread claimer{[&] {
    while (committed < count)
      if (auto lease = queue.claim_for(1ms)) {
        while (lease) {
          std::scoped_lock const guard{mutex};
          if (handed.size() < 4) handed.push_back(std::move(lease));
        }
      }
  }};
  std::minstd_rand chance{7};
  std::vector<bool> seen(count);
  while (committed < count) {
    elements::lease_type lease;
    {
      std::scoped_lock const guard{mutex};
      if (!handed.empty()) {
        lease = std::move(handed.back());
        handed.pop_back();
      }
    }
    if (!lease) std::this_thread::yield();
    if (!lease || chance() % 4 == 0) continue;  // and gives it back
    EXPECT_FALSE(seen[lease->number()]);
    seen[lease->number()] = true;
    lease.commit();
    ++committed;
  }
  producer.join();
  claimer.join();
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.try_claim());
}

}  // namespace
}  // namespace stoa::testing
