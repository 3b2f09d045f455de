// Short histories of threads and of processes on a queue of a few slots: each can be explained by a
// FIFO that does one thing at a time.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <random>

#include "elements.hpp"
#include "rounds_of_history.hpp"
#include "sequential_models.hpp"

namespace stoa::testing {
namespace {

using numbers = stoa::queue<std::uint64_t>;
using recorder = history_recorder<transfer>;

constexpr int rounds = 10'000;
constexpr int calls_each = 5;

struct fixture {
  explicit fixture(std::uint64_t slots) : capacity{slots} {}
  scratch_name name;
  std::uint64_t capacity;
  segment home = segment::create(name, 1u << 16);
  numbers queue = home.publish<numbers>("q", capacity, before_wrap);
};

transfer try_push(numbers const& queue, std::uint64_t number) {
  return {true, !queue.try_push(number), number};
}
transfer try_pop(numbers const& queue) {
  auto const got = queue.try_pop();
  return {false, !got, got.value_or(0)};
}
transfer claim(numbers const& queue) {
  auto lease = queue.try_claim();
  transfer const out{false, !lease, lease ? *lease : 0};
  lease.commit();
  return out;
}

// Numbers that tell rounds, members and calls apart.
std::uint64_t numbered(int round, std::size_t member, int call) {
  return static_cast<std::uint64_t>(round) << 16 | member << 8 | static_cast<std::uint64_t>(call);
}

void act(numbers const& queue, int round, std::size_t member, recorder& notes) {
  std::minstd_rand chance{static_cast<unsigned>(round * 8) + static_cast<unsigned>(member) + 1};
  for (int call = 0; call < calls_each; ++call)
    notes.record(member, [&] {
      switch (chance() % 5) {
        case 0:
        case 1: return try_pop(queue);
        case 2: return claim(queue);
        default: return try_push(queue, numbered(round, member, call));
      }
    });
}

// What is left is popped by the first of them, and belongs to the history.
void empty(numbers const& queue, recorder& notes) {
  for (bool is_empty = false; !is_empty;)
    notes.record(0, [&] {
      auto const out = try_pop(queue);
      is_empty = out.is_refusal;
      return out;
    });
}

void expect_fifo(history<transfer> const& all, std::uint64_t capacity) {
  EXPECT_TRUE(is_linearizable(without_excused_refusals(all), fifo_model{capacity}));
}

void run_threads(std::uint64_t capacity, std::size_t members) {
  fixture const shared{capacity};
  for_rounds_of_history<transfer>(
      members, rounds,
      [&](int round, std::size_t member, recorder& notes) { act(shared.queue, round, member, notes); },
      [&](history<transfer> const& all) {
        expect_fifo(all, capacity);
        while (shared.queue.try_pop()) {  // the next round starts with an empty queue
        }
      });
}

TEST(queue_linearizability, OfThreeThreadsAndOneSlot) { run_threads(1, 3); }
TEST(queue_linearizability, OfThreeThreadsAndTwoSlots) { run_threads(2, 3); }
TEST(queue_linearizability, OfFourThreadsAndFourSlots) { run_threads(4, 4); }

// Processes, each with a mapping and lanes of its own; what they leave is popped and looked at, too.
TEST(queue_linearizability, OfProcesses) {
  constexpr std::size_t members = 3;
  for (int round = 0; round < 60 && !::testing::Test::HasFailure(); ++round) {
    fixture const shared{2};
    recorder notes{members};
    std::array<pid_t, members> children{};
    for (std::size_t member = 0; member < members; ++member) {
      children[member] = ::fork();
      if (children[member] != 0) continue;
      auto const queue = segment::open(shared.name).attach<numbers>("q");
      act(queue, round, member, notes);
      ::_exit(0);
    }
    for (auto const child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
    empty(shared.queue, notes);
    expect_fifo(notes.collect(), 2);
  }
}

}  // namespace
}  // namespace stoa::testing
