// verify() beside processes that work, and after they were killed: it finds nothing that is not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <stoa/stoa.hpp>

#include "child.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;
using ::testing::IsEmpty;

// Works on all structures until it is killed, and counts what it did.
child_program const worker{"worker", [](child_arguments const& a) -> int {
  auto const home = segment::open(a.at(0));
  auto const queue = home.attach<stoa::queue<int>>("queue");
  auto const stack = home.attach<stoa::stack<int>>("stack");
  auto const map = home.attach<stoa::map<int, int>>("map");
  auto const value = home.attach<stoa::value<int>>("value");
  auto const ring = home.attach<message_ring>("ring");
  auto const consumer = ring.consumer();
  auto const done = home.attach<array<std::uint64_t>>("done");
  std::mt19937 random{static_cast<std::mt19937::result_type>(std::stoul(a.at(1)))};
  std::array<int, 3> some{};
  std::array<std::byte, 100> bytes{};
  auto const ignore = [](auto const&) {};
  std::vector<std::function<void()>> const all{
      [&] { ignore(queue.try_push(1)); },
      [&] { ignore(queue.try_pop()); },
      [&] { ignore(queue.try_push_n(some)); },
      [&] { ignore(queue.try_pop_n(some)); },
      [&] { ignore(queue.try_claim()); },
      [&] { ignore(stack.try_push(1)); },
      [&] { ignore(stack.try_pop()); },
      [&] { ignore(map.insert(static_cast<int>(random() % 100), 1)); },
      [&] { ignore(map.erase(static_cast<int>(random() % 100))); },
      [&] { value.store(1); },
      [&] { ignore(ring.try_send(std::span{bytes}.first(random() % 100))); },
      [&] {
        if (auto got = consumer.try_receive(); got && random() % 2 == 0) got->commit();
      }};
  for (;;) {
    all[random() % all.size()]();
    done.atomic(0).fetch_add(1);
  }
}};

std::vector<std::string> damages_in(verification const& of) {
  std::vector<std::string> out;
  for (auto const& each : of.findings)
    if (each.severity == severity::damage) out.push_back(each.text());
  return out;
}

struct verify_processes : ::testing::Test {
  scratch_name name;
  segment home = segment::create(name, 256_KiB, {.max_entries = 16, .max_participants = 8, .max_lanes = 16});
  array<std::uint64_t> done = home.publish<array<std::uint64_t>>("done", 1);
  verify_processes() {
    home.publish<queue<int>>("queue", 8);
    home.publish<stack<int>>("stack", 8);
    home.publish<map<int, int>>("map", 64);
    home.publish<value<int>>("value", 4);
    home.publish<message_ring>("ring", 2048, message_ring_options{.checksum = true});
  }
  void wait_for_work(std::uint64_t more) const {
    auto const from = done.atomic(0).load();
    EXPECT_TRUE(eventually([&] { return done.atomic(0).load() - from >= more; }));
  }
};

TEST_F(verify_processes, WorkAndNothingOfItIsTakenForDamage) {
  auto const one = child::start("worker", {name, "1"});
  auto const other = child::start("worker", {name, "2"});
  auto const reader = segment::open_read_only(name);
  for (int i = 0; i < 200; ++i) {
    wait_for_work(1);
    ASSERT_THAT(damages_in(reader.verify()), IsEmpty());
  }
}

TEST_F(verify_processes, AreStoppedOrKilledAnywhereAndThatIsNoDamage) {
  for (unsigned round = 0; round < 20; ++round) {
    auto one = child::start("worker", {name, std::to_string(2 * round)});
    auto other = child::start("worker", {name, std::to_string(2 * round + 1)});
    wait_for_work(1 + 37 * round);
    one.stop();
    other.stop();
    ASSERT_THAT(damages_in(home.verify(others::stand_still)), IsEmpty()) << "stopped";
    one.kill();
    other.kill();
    ASSERT_THAT(damages_in(home.verify(others::stand_still)), IsEmpty()) << "killed";
  }
}

}  // namespace
}  // namespace stoa::testing
