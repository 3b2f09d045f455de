// One pool's words and hints, without any segment: who gets which block, and what damaged bytes do.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <stoa/block_pool.hpp>
#include <thread>
#include <vector>

namespace stoa {
namespace {

constexpr block_owner us = 7;
constexpr block_owner them = 0xFF'FFFF;

struct pool_bytes {
  explicit pool_bytes(std::uint64_t blocks, std::uint64_t first = 0)
      : size{*block_pool::bytes_for(blocks)},
        bytes{static_cast<std::byte*>(::operator new(size, std::align_val_t{pad_bytes}))},
        pool{block_pool::format(bytes, blocks, first)} {}
  pool_bytes(pool_bytes const&) = delete;
  pool_bytes& operator=(pool_bytes const&) = delete;
  ~pool_bytes() { ::operator delete(bytes, std::align_val_t{pad_bytes}); }

  atomic_u64& word(std::uint64_t i) const { return reinterpret_cast<atomic_u64*>(bytes)[i]; }
  std::span<atomic_u64> all_words() const { return {reinterpret_cast<atomic_u64*>(bytes), size / 8}; }
  std::span<atomic_u64> hints() const {
    auto const offset = align_up(pool.blocks() * 8, pad_bytes);
    return {reinterpret_cast<atomic_u64*>(bytes + offset), (pool.blocks() + 63) / 64};
  }

  std::uint64_t size;
  std::byte* bytes;
  block_pool pool;
};

constexpr auto nobody_lives = [](block_owner) { return false; };
constexpr auto all_live = [](block_owner) { return true; };

std::uint64_t take_all(block_pool const& pool, std::uint64_t start = 0) {
  std::set<std::uint64_t> seen;
  while (auto const got = pool.take(us, start)) EXPECT_TRUE(seen.insert(got.index).second) << got.index;
  return seen.size();
}

TEST(block_pool, SizesThatCannotBeAreRefused) {
  EXPECT_FALSE(block_pool::bytes_for(0));
  EXPECT_FALSE(block_pool::bytes_for(most_blocks + 1));
  EXPECT_FALSE(block_pool::bytes_for(~std::uint64_t{0}));
  EXPECT_EQ(block_pool::bytes_for(1), 2 * pad_bytes);
}

TEST(block_pool, HandsOutEveryBlockOnceFromWhereverItStarts) {
  for (std::uint64_t const blocks : {1u, 2u, 63u, 64u, 65u, 128u, 200u})
    for (std::uint64_t const start : {std::uint64_t{0}, blocks / 2, blocks - 1}) {
      pool_bytes const made{blocks};
      EXPECT_EQ(take_all(made.pool, start), blocks) << blocks << " from " << start;
      EXPECT_EQ(made.pool.count().held, blocks);
    }
}

TEST(block_pool, ReleaseEndsALifeOnce) {
  pool_bytes const made{3};
  auto const got = made.pool.take(us, 1);
  ASSERT_TRUE(got);
  EXPECT_EQ(made.pool.owner_of(got), us);
  EXPECT_TRUE(made.pool.release(got));
  EXPECT_FALSE(made.pool.release(got));
  EXPECT_EQ(made.pool.owner_of(got), no_block_owner);
  auto const again = made.pool.take(them, got.index);
  EXPECT_EQ(again.index, got.index);
  EXPECT_FALSE(made.pool.release(got)) << "that life is over";
  EXPECT_EQ(made.pool.owner_of(again), them);
}

TEST(block_pool, AdoptChangesTheOwnerAndNothingElse) {
  pool_bytes const made{2};
  auto const got = made.pool.take(us, 0);
  EXPECT_TRUE(made.pool.adopt(got, them));
  EXPECT_EQ(made.pool.owner_of(got), them);
  EXPECT_TRUE(made.pool.adopt(got, them)) << "again does no harm";
  EXPECT_TRUE(made.pool.release(got));
  EXPECT_FALSE(made.pool.adopt(got, us));
  EXPECT_FALSE(made.pool.adopt({got.index, got.generation + 1}, us)) << "nobody has that yet";
}

TEST(block_pool, ReclaimFreesWhatTheDeadHoldAndNothingElse) {
  pool_bytes const made{130};
  std::vector<taken_block> ours;
  for (int i = 0; i < 50; ++i) ours.push_back(made.pool.take(us, 0));
  std::vector<taken_block> theirs;
  while (auto const got = made.pool.take(them, 0)) theirs.push_back(got);
  EXPECT_EQ(made.pool.reclaim(all_live), 0u);
  EXPECT_EQ(made.pool.reclaim([](block_owner owner) { return owner == us; }), theirs.size());
  for (auto const& each : theirs) EXPECT_FALSE(made.pool.release(each)) << "stale";
  for (auto const& each : ours) EXPECT_TRUE(made.pool.release(each));
  EXPECT_EQ(take_all(made.pool), 130u);
  for (auto const& each : theirs) EXPECT_FALSE(made.pool.release(each)) << "nor when somebody has it again";
}

TEST(block_pool, GenerationsWrapAndStaleReferencesStayStale) {
  for (std::uint64_t below = 0; below < 4; ++below) {
    pool_bytes const made{1, block_generation_mask - below};
    taken_block last;
    for (int life = 0; life < 8; ++life) {
      auto const got = made.pool.take(us, 0);
      ASSERT_TRUE(got);
      EXPECT_NE(got, last);
      EXPECT_FALSE(made.pool.release(last));
      EXPECT_TRUE(made.pool.release(got));
      last = got;
    }
    EXPECT_EQ(made.pool.count().freed, 8u);
  }
}

TEST(block_pool, LostHintsAreFoundAgainByReclaim) {
  pool_bytes const made{100};
  for (auto& each : made.hints()) each = 0;
  EXPECT_TRUE(made.pool.take(us, 30)) << "where it starts it looks at the word";
  EXPECT_FALSE(made.pool.take(us, 30));
  EXPECT_EQ(made.pool.reclaim(all_live), 0u);
  EXPECT_EQ(take_all(made.pool, 30), 99u);
}

TEST(block_pool, HintsThatLieAreNotBelieved) {
  pool_bytes const made{100};
  ASSERT_EQ(take_all(made.pool), 100u);
  for (auto& each : made.hints()) each = ~std::uint64_t{0};
  EXPECT_FALSE(made.pool.take(us, 99));
  EXPECT_EQ(made.hints()[0], 0u) << "and put right";
}

TEST(block_pool, ReferencesMadeUpReachNothing) {
  pool_bytes const made{64, 12345};
  for (int i = 0; i < 32; ++i) ASSERT_TRUE(made.pool.take(us, 0));
  std::mt19937_64 random{4};
  for (int i = 0; i < 200000; ++i) {
    taken_block const invented{random() % (i % 2 == 0 ? 64 : ~std::uint64_t{0}), random() >> (i % 64)};
    ASSERT_EQ(made.pool.owner_of(invented), no_block_owner);
    ASSERT_FALSE(made.pool.release(invented));
    ASSERT_FALSE(made.pool.adopt(invented, them));
  }
  EXPECT_EQ(made.pool.count().held, 32u);
}

TEST(block_pool, ForeignReferencesDoNotMatch) {
  pool_bytes const one{200, 1};
  pool_bytes const other{200, 2};
  std::vector<taken_block> all;
  while (auto const got = one.pool.take(us, 0)) all.push_back(got);
  take_all(other.pool);
  for (auto const& each : all) EXPECT_FALSE(other.pool.release(each));
  // Nor does one with another block's index.
  for (auto const& each : all) EXPECT_FALSE(one.pool.release({(each.index + 1) % 200, each.generation}));
}

TEST(block_pool, DamagedWordsGiveWrongAnswersAndNoWorse) {
  for (std::uint64_t const blocks : {1u, 65u, 100u}) {
    std::mt19937_64 random{blocks};
    pool_bytes const made{blocks};
    for (int round = 0; round < 200; ++round) {
      for (auto& each : made.all_words()) {
        std::array<std::uint64_t, 4> const values{0, ~std::uint64_t{0}, random(), each.load()};
        each = values[random() % 4];
      }
      std::set<std::uint64_t> seen;
      while (auto const got = made.pool.take(us, random() % blocks)) {
        ASSERT_LT(got.index, blocks);
        ASSERT_TRUE(seen.insert(got.index).second);
      }
      made.pool.reclaim([&](block_owner) { return random() % 2 == 0; });
      made.pool.reclaim(nobody_lives);
      EXPECT_EQ(made.pool.count().held, 0u);
      EXPECT_EQ(take_all(made.pool), blocks) << "after a reclaim all is in order again";
    }
  }
}

TEST(block_pool, ThreadsNeverHoldTheSameBlock) {
  constexpr std::uint64_t blocks = 6;
  pool_bytes const made{blocks};
  std::vector<std::uint64_t> held(blocks, 0);  // plain: TSan sees two holders at once
  std::vector<std::thread> threads;
  for (block_owner self = 1; self <= 4; ++self)
    threads.emplace_back([&, self] {
      for (std::uint64_t n = 0; n < 20000; ++n) {
        auto const got = made.pool.take(self, (self + n) % blocks);
        if (!got) continue;
        ASSERT_EQ(held[got.index], 0u);
        held[got.index] = self;
        if (n % 64 == 0) made.pool.reclaim(all_live);
        ASSERT_EQ(held[got.index], self);
        held[got.index] = 0;
        ASSERT_TRUE(made.pool.release(got));
      }
    });
  for (auto& each : threads) each.join();
  EXPECT_EQ(made.pool.count().held, 0u);
  EXPECT_EQ(take_all(made.pool), blocks) << "no hint was lost without a death";
}

// Fewer blocks than threads, and no reclaim that would give back what was lost.
TEST(block_pool, NoHintIsLostWithoutADeath) {
  constexpr std::uint64_t blocks = 2;
  for (int round = 0; round < 20; ++round) {
    pool_bytes const made{blocks};
    std::vector<std::thread> threads;
    for (block_owner self = 1; self <= 4; ++self)
      threads.emplace_back([&, self] {
        for (int n = 0; n < 5000; ++n) {
          auto const got = made.pool.take(self, 0);
          EXPECT_EQ(made.pool.release(got), static_cast<bool>(got));
        }
      });
    for (auto& each : threads) each.join();
    ASSERT_EQ(std::popcount(made.hints()[0].load() & 3), 2) << "in round " << round;
  }
}

TEST(block_pool, WhoSeesAnOwnerSeesWhatItHadDone) {
  for (int round = 0; round < 20; ++round) {
    pool_bytes const made{1};
    int done = 0;  // plain: TSan sees that it is not carried
    std::thread taker{[&] {
      done = round + 1;
      EXPECT_TRUE(made.pool.take(us, 0));
    }};
    while (!made.pool.held(0)) std::this_thread::yield();
    EXPECT_EQ(done, round + 1);
    taker.join();
  }
}

TEST(block_pool, OneOfManyReleasersWins) {
  pool_bytes const made{1};
  constexpr int rounds = 2000;
  std::atomic<std::uint64_t> index{taken_block::no_index}, generation{0};
  std::atomic<int> wins{0}, round{0}, done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      for (int mine = 1; mine <= rounds; ++mine) {
        while (round.load() < mine) std::this_thread::yield();
        wins += made.pool.release({index.load(), generation.load()});
        ++done;
      }
    });
  for (int n = 1; n <= rounds; ++n) {
    auto const got = made.pool.take(us, 0);
    EXPECT_TRUE(got) << n;
    index = got.index;
    generation = got.generation;
    round = n;
    while (done.load() < 3 * n) std::this_thread::yield();
    EXPECT_EQ(wins.load(), n);
  }
  for (auto& each : threads) each.join();
}

}  // namespace
}  // namespace stoa
