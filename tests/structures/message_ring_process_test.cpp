// Producers and consumers in other processes that are killed or stopped: every message goes to somebody, exactly once
// where nobody dies with it in his hands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "child.hpp"
#include "elements.hpp"
#include "message_ring_actor.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using counters = stoa::array<std::uint64_t>;

std::uint64_t number_of(std::string const& text) { return std::stoull(text); }

// --- what children do: the first argument is always the segment ---

// id: sends id << 32 | 0, 1, ... and notes in reported[id] how many were sent.
int run_producer(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const ring = home.attach<message_ring>("m");
  auto const reported = home.attach<counters>("reported");
  auto const id = number_of(a.at(1));
  std::minstd_rand chance{static_cast<unsigned>(id) + 1};
  for (std::uint64_t n = 0;;) {
    std::array const bytes{numbered_message(id << 32 | n), numbered_message(id << 32 | (n + 1))};
    switch (chance() % 4) {
      case 0: {
        std::array<std::span<std::byte const>, 2> const batch{bytes[0], bytes[1]};
        n += ring.try_send_n(batch);
        break;
      }
      case 1:
        if (auto slot = ring.claim_for(bytes[0].size(), 0, 1s)) {
          if (chance() % 3 == 0) break;  // aborted
          std::memcpy(slot.data(), bytes[0].data(), bytes[0].size());
          slot.commit();
          ++n;
        }
        break;
      default:
        ring.send(bytes[0]);
        ++n;
    }
    reported.atomic(id).store(n);
  }
}
child_program const producer{"producer", run_producer};

// Takes messages, counts each in seen[number], commits; until it takes number 0.
int run_worker(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const consumer = home.attach<message_ring>("m").consumer();
  auto const seen = home.attach<counters>("seen");
  for (;;) {
    auto got = consumer.receive();
    auto const number = number_in(got.data());
    seen.atomic(number).fetch_add(is_numbered_message(got.data()) ? 1 : 1000);
    got.commit();
    if (number == 0) return 0;
  }
}
child_program const worker{"worker", run_worker};

// count: takes that many, says so in signs[0], waits for signs[1], commits the last of them.
int run_holder(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const consumer = home.attach<message_ring>("m").consumer();
  auto const signs = home.attach<counters>("signs");
  std::vector<message> held;
  for (auto count = number_of(a.at(1)); count > 0; --count) held.push_back(consumer.receive());
  signs.atomic(0).store(1);
  while (signs.atomic(1).load() == 0) ::usleep(200);
  held.back().commit();
  return 0;
}
child_program const holder{"holder", run_holder};

// Claims room and does not go on.
int run_claimer(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const slot = home.attach<message_ring>("m").claim(200);
  home.attach<counters>("signs").atomic(0).store(1);
  for (;;) ::usleep(1000);
}
child_program const claimer{"claimer", run_claimer};
child_program const large_claimer{"large claimer", [](child_arguments const& a) {
                                    auto const home = segment::open(a.at(0));
                                    auto const slot = home.attach<message_ring>("m").claim(100);
                                    home.attach<counters>("signs").atomic(0).store(1);
                                    for (;;) ::usleep(1000);
                                    return 0;
                                  }};

class message_ring_processes : public ::testing::Test {
 protected:
  child started(std::string const& program, child_arguments more = {}) {
    more.insert(more.begin(), name.str());
    return child::start(program, more);
  }
  child started_until_it_signs(std::string const& program, child_arguments more = {}) {
    auto out = started(program, std::move(more));
    EXPECT_TRUE(eventually([&] { return signs.atomic(0).load() == 1; }));
    return out;
  }
  void send(std::uint64_t first, std::uint64_t last) const {
    for (auto n = first; n <= last; ++n) ASSERT_TRUE(send_number(ring, n));
  }
  contents all() const {
    ring.recover();
    return drained(consumer, 0, [](char const* what) { ADD_FAILURE() << what; }, false);
  }
  void expect_all_room() const { check_all_room(ring, [](char const* what) { ADD_FAILURE() << what; }); }

  scratch_name name;
  segment home = segment::create(name, 1u << 20);
  message_ring ring = home.publish<message_ring>("m", ring_bytes_of_scene, options_of_scene());
  message_consumer consumer = ring.consumer();
  counters signs = home.publish<counters>("signs", 2);
  counters seen = home.publish<counters>("seen", 5000);
  counters reported = home.publish<counters>("reported", 200);
};

TEST_F(message_ring_processes, MessagesOfAKilledProcessGoToTheNextConsumerOnce) {
  send(1, 5);
  started_until_it_signs("holder", {"3"}).kill();
  EXPECT_THAT(all(), ElementsAre(1, 2, 3, 4, 5));
  expect_all_room();
}

TEST_F(message_ring_processes, TryReceiveAloneFindsTheMessageOfAKilledProcess) {
  send(1, 1);
  started_until_it_signs("holder", {"1"}).kill();
  std::optional<message> got;
  EXPECT_TRUE(eventually([&] { return (got = consumer.try_receive()).has_value(); }));
  EXPECT_EQ(number_in(got->data()), 1u);
  EXPECT_EQ(got->sequence(), 0u);
}

TEST_F(message_ring_processes, BlockedConsumerGetsTheMessageOfOneThatDies) {
  send(1, 1);
  auto victim = started_until_it_signs("holder", {"1"});
  std::thread killer{[&] { victim.kill(); }};
  auto const got = consumer.receive_for(30s);
  killer.join();
  ASSERT_TRUE(got);
}

TEST_F(message_ring_processes, WhatADeadProducerClaimedIsPassedOver) {
  auto victim = started_until_it_signs("claimer");
  send(1, 2);
  EXPECT_FALSE(consumer.receive_for(20ms)) << "it lives";
  victim.stop();
  EXPECT_FALSE(consumer.receive_for(20ms)) << "slow is not dead";
  victim.kill();
  auto const got = consumer.receive_for(30s);
  ASSERT_TRUE(got);
  EXPECT_EQ(number_in(got->data()), 1u);
  EXPECT_EQ(got->sequence(), 0u);
}

TEST_F(message_ring_processes, BlockedProducerIsLetInWhenTheDeadOnesMessageIsTaken) {
  std::uint64_t sent = 0;
  while (send_number(ring, sent)) ++sent;
  auto victim = started_until_it_signs("holder", {"1"});
  std::thread killer{[&] { victim.kill(); }};
  std::thread others{[&] {
    for (std::uint64_t i = 0; i <= sent; ++i) {
      auto got = consumer.receive_for(30s);
      ASSERT_TRUE(got);
      got->commit();
    }
  }};
  EXPECT_TRUE(ring.send_for(numbered_message(99), 0, 30s));
  killer.join();
  others.join();
}

TEST_F(message_ring_processes, MessageOfAStoppedProcessStaysItsOwn) {
  send(1, 3);
  auto stopped = started_until_it_signs("holder", {"1"});
  stopped.stop();
  EXPECT_THAT(all(), ElementsAre(2, 3)) << "the others go on";
  EXPECT_FALSE(consumer.receive_for(30ms)) << "slow is not dead";
  stopped.go_on();
  signs.atomic(1).store(1);
  EXPECT_TRUE(stopped.wait().is_success());
  EXPECT_THAT(all(), ElementsAre()) << "it was committed";
  expect_all_room();
}

TEST_F(message_ring_processes, LeavingInOrderReturnsWhatWasHeld) {
  send(1, 3);
  signs.atomic(1).store(1);
  EXPECT_TRUE(started("holder", {"3"}).wait().is_success());  // commits the last, drops the others
  EXPECT_THAT(all(), ElementsAre(1, 2));
}

// With blocks, of which the dead may have been filling some.
class large_message_processes : public message_ring_processes {
 protected:
  large_message_processes() {
    home.erase("m");
    ring = home.publish<message_ring>("m", ring_bytes_of_scene, with_blocks(options_of_scene()));
    consumer = ring.consumer();
  }
};

TEST_F(large_message_processes, TheBlockOfADeadProducerIsFree) {
  for (std::uint32_t i = 0; i < blocks_of_scene; ++i) {
    signs.atomic(0).store(0);
    auto victim = started_until_it_signs("large claimer");
    EXPECT_EQ(ring.statistics().blocks_used, 1u);
    victim.stop();
    for (int other = 0; other < 2; ++other) EXPECT_TRUE(send_number(ring, 1));
    EXPECT_FALSE(send_number(ring, 1)) << "slow is not dead";
    victim.kill();
    EXPECT_TRUE(ring.send_for(numbered_message(1), 0, 30s)) << "its block";
    EXPECT_EQ(all(), contents(3, 1));
  }
  check_all_blocks(ring, [](char const* what) { ADD_FAILURE() << what; });
}

TEST_F(large_message_processes, TheBlockOfADeadConsumersMessageIsNot) {
  send(1, 2);
  started_until_it_signs("holder", {"1"}).kill();
  ASSERT_TRUE(send_number(ring, 4));
  EXPECT_FALSE(send_number(ring, 5));
  EXPECT_THAT(all(), ElementsAre(1, 2, 4));
  check_all_blocks(ring, [](char const* what) { ADD_FAILURE() << what; });
}

TEST_F(large_message_processes, KilledUsersLoseNeitherMessagesNorBlocks) {
  constexpr std::uint64_t kills = 60;
  std::minstd_rand chance{7};
  std::map<std::uint64_t, std::uint64_t> received;
  auto const take = [&](message_view const& each) {
    auto const number = number_in(each.data());
    EXPECT_TRUE(is_numbered_message(each.data()));
    ASSERT_EQ(number & 0xFFFF'FFFF, received[number >> 32]++);
  };
  std::array<child, 2> rivals{started("producer", {"0"}), started("producer", {"1"})};
  for (std::uint64_t id = 2; id < kills; ++id) {
    for (auto count = 1 + chance() % 100; count > 0; --count) {
      auto got = consumer.receive_for(30s);
      ASSERT_TRUE(got) << "survivors wait for a dead producer";
      take(*got);
      got->commit();
    }
    rivals[id % 2] = started("producer", {std::to_string(id)});  // kills the one before
  }
  for (auto& each : rivals) each.kill();
  ring.recover();
  consumer.poll(take);
  for (std::uint64_t id = 0; id < kills; ++id) {
    EXPECT_GE(received[id], reported[id]) << "producer " << id;
    EXPECT_LE(received[id], reported[id] + 2) << "producer " << id;
  }
  check_all_blocks(ring, [](char const* what) { ADD_FAILURE() << what; });
}

// Every message that a send reported comes out once and in order; of a producer that was killed at most what it was
// about to report besides. Sequences have no gaps.
TEST_F(message_ring_processes, KilledProducersLoseAndDoubleNothing) {
  constexpr std::uint64_t kills = 40;
  std::minstd_rand chance{5};
  std::map<std::uint64_t, std::uint64_t> received;
  std::uint64_t sequence = 0;
  auto const take = [&](message_view const& each) {
    auto const number = number_in(each.data());
    EXPECT_TRUE(is_numbered_message(each.data()));
    ASSERT_EQ(number & 0xFFFF'FFFF, received[number >> 32]++);
    ASSERT_EQ(each.sequence(), sequence++);
  };
  for (std::uint64_t id = 0; id < kills; ++id) {
    auto victim = started("producer", {std::to_string(id)});
    for (auto count = 1 + chance() % 200; count > 0; --count) {
      auto got = consumer.receive_for(30s);
      ASSERT_TRUE(got) << "survivors wait for a dead producer";
      take(*got);
      got->commit();
    }
    victim.kill();
  }
  ring.recover();
  consumer.poll(take);
  for (std::uint64_t id = 0; id < kills; ++id) {
    EXPECT_GE(received[id], reported[id]) << "producer " << id;
    EXPECT_LE(received[id], reported[id] + 2) << "producer " << id;
  }
  expect_all_room();
}

// Workers that are killed have their messages done again by others: none is left out.
TEST_F(message_ring_processes, KilledWorkersLeaveNothingUndone) {
  constexpr std::uint64_t count = 4000;
  constexpr std::uint64_t kills = 30;
  std::minstd_rand chance{6};
  std::vector<child> workers;
  for (int i = 0; i < 3; ++i) workers.push_back(started("worker"));
  std::uint64_t next = 1;
  auto const send_next = [&](std::uint64_t number) {
    return ring.send_for(numbered_message(number), 0, 30s);
  };
  for (std::uint64_t kill = 0; kill < kills; ++kill) {
    for (auto more = chance() % 150; more > 0 && next <= count; --more)
      ASSERT_TRUE(send_next(next++)) << "survivors wait for a dead worker";
    workers[chance() % workers.size()] = started("worker");  // kills the one before
  }
  while (next <= count) ASSERT_TRUE(send_next(next++));
  for (std::size_t i = 0; i < workers.size(); ++i) ASSERT_TRUE(send_next(0));
  for (auto& each : workers) EXPECT_TRUE(each.wait().is_success());
  std::uint64_t repeated = 0;
  for (std::uint64_t n = 1; n <= count; ++n) {
    ASSERT_GE(seen[n], 1u) << n;
    repeated += seen[n] - 1;
  }
  EXPECT_LE(repeated, kills);
  EXPECT_THAT(all(), ElementsAre());
}

}  // namespace
}  // namespace stoa::testing
