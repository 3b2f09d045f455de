// A producer and a consumer in other processes that are killed and replaced: the stream has no gap
// and nothing twice. Each knows where to go on from the totals that the queue itself keeps.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "child.hpp"
#include "elements.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using numbers = stoa::spsc_queue<std::uint64_t>;
using counters = stoa::array<std::uint64_t>;

// Takes the role as soon as it is free and pushes the numbers that come next, for ever.
int run_producer(child_arguments const& a) {
  auto const queue = segment::open(a.at(0)).attach<numbers>("q");
  if (!eventually([&] { return static_cast<bool>(queue.try_become_producer()); })) return 1;
  std::minstd_rand chance{static_cast<unsigned>(std::stoul(a.at(1)))};
  for (auto n = queue.statistics().pushed;;) {
    if (chance() % 2 == 0)
      queue.push(n++);
    else
      n += queue.try_push_n(std::array{n, n + 1, n + 2});
  }
}
child_program const producer{"spsc producer", run_producer};

// Pops for ever, and fails when a number is missing or there twice; says in counts[0] how many it
// took.
int run_consumer(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const queue = home.attach<numbers>("q");
  auto const counts = home.attach<counters>("counts");
  if (!eventually([&] { return static_cast<bool>(queue.try_become_consumer()); })) return 1;
  std::minstd_rand chance{static_cast<unsigned>(std::stoul(a.at(1)))};
  for (auto n = queue.statistics().popped;;) {
    std::array<std::uint64_t, 3> out{};
    std::size_t got = 1;
    if (chance() % 2 == 0)
      out[0] = queue.pop();
    else
      got = queue.try_pop_n(out);
    for (std::size_t i = 0; i < got; ++i)
      if (out[i] != n++) return 2;
    counts.atomic(0).fetch_add(got);
  }
}
child_program const consumer{"spsc consumer", run_consumer};

class spsc_queue_processes : public ::testing::Test {
 protected:
  child started(std::string const& program, std::uint64_t seed) {
    return child::start(program, {name.str(), std::to_string(seed)});
  }

  scratch_name name;
  segment home = segment::create(name, 1u << 18);
  numbers queue = home.publish<numbers>("q", 8, before_wrap);
  counters counts = home.publish<counters>("counts", 1);
};

TEST_F(spsc_queue_processes, SuccessorsOfKilledProducersLoseAndDoubleNothing) {
  std::minstd_rand chance{3};
  std::uint64_t next = 0;
  for (std::uint64_t kill = 0; kill < 40; ++kill) {
    auto const victim = started("spsc producer", kill + 1);
    for (auto count = 1 + chance() % 300; count > 0; --count) {
      auto const got = queue.pop_for(30s);
      ASSERT_TRUE(got);
      ASSERT_EQ(*got, next++);
    }
  }
  while (auto const got = queue.try_pop()) ASSERT_EQ(*got, next++);
  // This process succeeds the last of them.
  ASSERT_TRUE(eventually([&] { return static_cast<bool>(queue.try_become_producer()); }));
  EXPECT_EQ(queue.statistics().pushed, next);
  ASSERT_TRUE(queue.try_push(next));
  EXPECT_EQ(queue.try_pop(), next);
}

TEST_F(spsc_queue_processes, SuccessorsOfKilledConsumersLoseAndDoubleNothing) {
  std::minstd_rand chance{4};
  std::uint64_t next = 0;
  for (std::uint64_t kill = 0; kill < 40; ++kill) {
    auto victim = started("spsc consumer", kill + 1);
    auto const taken = counts.atomic(0).load();
    for (auto count = 1 + chance() % 300; count > 0; --count)
      ASSERT_TRUE(queue.push_for(next++, 30s));
    ASSERT_TRUE(eventually([&] { return counts.atomic(0).load() != taken; }));
    ASSERT_TRUE(victim.is_running()) << "it met a wrong number";
  }
  ASSERT_TRUE(eventually([&] { return static_cast<bool>(queue.try_become_consumer()); }));
  auto expected = queue.statistics().popped;
  while (auto const got = queue.try_pop()) ASSERT_EQ(*got, expected++);
  EXPECT_EQ(expected, next);
  for (std::uint64_t n = 0; n < queue.capacity(); ++n) ASSERT_TRUE(queue.try_push(n));
}

TEST_F(spsc_queue_processes, StoppedProducerKeepsItsRoleUntilItIsDead) {
  auto stopped = started("spsc producer", 1);
  ASSERT_EQ(queue.pop_for(30s), 0u);
  stopped.stop();
  EXPECT_TRUE(queue.has_producer());
  EXPECT_EQ(refusal([&] { static_cast<void>(queue.try_push(7)); }),
            make_error_code(errc::role_taken));
  std::uint64_t next = 1;
  while (auto const got = queue.try_pop()) ASSERT_EQ(*got, next++);
  stopped.go_on();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(queue.pop_for(30s), next++);
  stopped.kill();
  EXPECT_FALSE(queue.has_producer());
  while (auto const got = queue.try_pop()) ASSERT_EQ(*got, next++);
  ASSERT_TRUE(queue.try_become_producer());
  EXPECT_TRUE(queue.try_push(next));
  EXPECT_EQ(queue.try_pop(), next);
}

TEST_F(spsc_queue_processes, RoleOfAKilledConsumerIsFree) {
  auto victim = started("spsc consumer", 1);
  ASSERT_TRUE(eventually([&] { return queue.has_consumer(); }));
  EXPECT_FALSE(queue.try_become_consumer());
  victim.kill();
  EXPECT_FALSE(queue.has_consumer());
  EXPECT_TRUE(queue.try_become_consumer());
}

}  // namespace
}  // namespace stoa::testing
