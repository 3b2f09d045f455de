// Writers in other processes that are killed or stopped: the books balance, and readers wait for nobody.
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "child.hpp"
#include "elements.hpp"

namespace stoa::testing {
namespace {

using numbers = stoa::map<std::uint64_t, sealed>;
constexpr std::uint64_t keys = 40;

// Changes keys at random, for ever: each value says its key.
int run_writer(child_arguments const& a) {
  auto const map = segment::open(a.at(0)).attach<numbers>("m");
  std::minstd_rand random{static_cast<unsigned>(std::stoul(a.at(1)))};
  for (;;) {
    std::uint64_t const key = random() % keys;
    switch (random() % 4) {
      case 0: map.erase(key); break;
      case 1: map.update(key, [](sealed& each) { each = sealed{each.number() + keys}; }); break;
      case 2: map.insert(key, sealed{key}); break;
      default: map.insert_or_assign(key, sealed{key + keys * (random() % 1000)});
    }
  }
}
child_program const writer{"writer", run_writer};

// Puts one key in and takes it out, for ever.
child_program const toggler{"toggler", [](child_arguments const& a) {
                              auto const map = segment::open(a.at(0)).attach<numbers>("s");
                              auto const key = std::stoull(a.at(1));
                              for (;;) {
                                map.insert(key, sealed{key});
                                map.erase(key);
                              }
                              return 0;
                            }};

// The first keys, by the home bucket they belong to.
std::vector<std::vector<std::uint64_t>> keys_of_homes(std::uint64_t homes, std::size_t each) {
  std::vector<std::vector<std::uint64_t>> out(homes);
  for (std::uint64_t key = 0, full = 0; full < homes; ++key) {
    auto& mine = out[(key_image<std::uint64_t>{key}.hash >> 32) * homes >> 32];
    if (mine.size() == each) continue;
    mine.push_back(key);
    full += mine.size() == each;
  }
  return out;
}

class map_processes : public ::testing::Test {
 protected:
  std::uint64_t changes() const { return map.statistics().changes; }
  bool moves_on() const {
    auto const before = changes();
    return eventually([&] { return changes() > before + 10; });
  }
  void expect_whole() const {
    map.for_each([&](std::uint64_t key, sealed const& value) {
      ASSERT_TRUE(value.is_whole());
      ASSERT_EQ(value.number() % keys, key);
    });
    for (std::uint64_t key = 0; key < keys; ++key)
      if (auto const found = map.find(key)) {
        ASSERT_TRUE(found->is_whole());
        ASSERT_EQ(found->number() % keys, key);
      }
  }
  void expect_empty_after_clear() const {
    map.recover();
    map.clear();
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.statistics().overflows_used, 0u);
    for (std::uint64_t key = 0; key < keys; ++key) ASSERT_TRUE(map.insert(key, sealed{key}));
  }
  child start_writer() { return child::start("writer", {name.str(), std::to_string(++seed)}); }

  unsigned seed = 0;
  scratch_name name;
  segment home = segment::create(name, 1u << 18);
  numbers map = home.publish<numbers>("m", keys);
};

TEST_F(map_processes, KilledWritersLeaveWholeElementsAndStopNobody) {
  std::minstd_rand chance{8};
  std::vector<child> writers;
  for (int i = 0; i < 3; ++i) writers.push_back(start_writer());
  for (int kill = 0; kill < 60; ++kill) {
    writers[chance() % writers.size()] = start_writer();  // kills the one before
    ASSERT_TRUE(moves_on());
    expect_whole();
  }
  writers.clear();
  expect_whole();
  expect_empty_after_clear();
}

TEST_F(map_processes, StoppedWritersKeepNoReader) {
  for (int i = 0; i < 20; ++i) {
    auto stopped = start_writer();
    ASSERT_TRUE(moves_on());
    stopped.stop();
    auto const before = map.snapshot();
    expect_whole();
    map.recover();  // must not touch what it holds
    auto const after = map.snapshot();
    EXPECT_EQ(after.end() - after.begin(), before.end() - before.begin());
    stopped.go_on();
    ASSERT_TRUE(moves_on()) << "it was repaired away";
  }
  expect_empty_after_clear();
}

// A bucket that a dead writer had claimed for its home is not missed by the others, who never touch that home.
TEST_F(map_processes, WhatADeadWriterClaimedIsThereForOtherHomes) {
  auto const small = home.publish<numbers>("s", 12);  // three homes and one overflow bucket
  auto const of = keys_of_homes(3, 7);
  for (auto const index : {0u, 1u})
    for (auto i = 0u; i < 6; ++i) ASSERT_TRUE(small.insert(of[index][i], sealed{of[index][i]}));
  int died_with_it = 0;
  for (int i = 0; i < 100; ++i) {
    auto one = child::start("toggler", {name.str(), std::to_string(of[0][6])});
    ASSERT_TRUE(eventually([&, before = small.statistics().changes] { return small.statistics().changes > before + 10; }));
    one.kill();
    small.erase(of[0][6]);  // does not lock if it is not there
    died_with_it += small.statistics().overflows_used != 0;
    ASSERT_TRUE(eventually([&] { return static_cast<bool>(small.insert(of[1][6], sealed{of[1][6]})); },
                           std::chrono::seconds{2}));
    ASSERT_TRUE(small.erase(of[1][6]));
  }
  EXPECT_GT(died_with_it, 0) << "nobody died with a bucket: nothing was tried";
}

}  // namespace
}  // namespace stoa::testing
