// One process stands still, or dies, after every single instruction of taking a block that another holds, and gives
// back meanwhile.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <stdexcept>
#include <stoa/block_pool.hpp>

#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

constexpr block_owner us = 7;
constexpr block_owner them = 8;

// A pool of two blocks, in memory that children share; we hold both.
class shared_pool {
 public:
  static constexpr std::uint64_t blocks = 2;

  shared_pool()
      : bytes_{::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)},
        pool{block_pool::format(begin(), blocks, 1)} {
    for (auto& each : held) each = pool.take(us, 0);
  }
  shared_pool(shared_pool const&) = delete;
  shared_pool& operator=(shared_pool const&) = delete;
  ~shared_pool() { ::munmap(bytes_, size); }

  bool is_hinted(std::uint64_t index) const {
    auto const* const hints = begin() + align_up(blocks * sizeof(atomic_u64), pad_bytes);
    return (reinterpret_cast<atomic_u64 const*>(hints)->load() >> index & 1) != 0;
  }
  auto taker() const {
    return [this] {
      return [this] {
        if (auto const got = pool.take(them, 0)) reported.get()->note_pop(got.index);
      };
    };
  }

 private:
  static constexpr std::size_t size = 4096;
  std::byte* begin() const {
    if (bytes_ == MAP_FAILED) throw std::runtime_error{"mmap failed"};
    return static_cast<std::byte*>(bytes_);
  }
  void* bytes_;

 public:
  block_pool pool;
  std::array<taken_block, blocks> held;
  shared_report reported;
};

std::vector<std::uintptr_t> trace() {
  shared_pool where;
  return stepped_child{where.taker()}.trace();
}

// I4: with all gone on, who looks for hints finds each block that is free.
TEST(block_pool_kill, WhoFindsNothingTakesNoHintOfABlockThatIsReleasedMeanwhile) {
  for_each_instruction(&trace, [](cut const& here) {
    shared_pool where;
    stepped_child taker{where.taker()};
    here.lead(taker);
    for (auto const& each : where.held) EXPECT_TRUE(where.pool.release(each));
    EXPECT_TRUE(taker.finish());
    for (auto const& each : where.held) {
      EXPECT_TRUE(where.pool.held(each.index) || where.is_hinted(each.index)) << each.index;
    }
    EXPECT_EQ(where.pool.count().held, where.reported.get()->pops);
    return effect::undecided;
  });
}

TEST(block_pool_kill, WhatTheDeadTookOrHidIsFoundByReclaim) {
  for_each_instruction(&trace, [](cut const& here) {
    shared_pool where;
    {
      stepped_child killed{where.taker()};
      here.lead(killed);
      for (auto const& each : where.held) EXPECT_TRUE(where.pool.release(each));
    }
    where.pool.reclaim([](block_owner owner) { return owner == us; });
    for (std::uint64_t n = 0; n < shared_pool::blocks; ++n) EXPECT_TRUE(where.pool.take(us, 0));
    EXPECT_FALSE(where.pool.take(us, 0));
    return effect::undecided;
  });
}

}  // namespace
}  // namespace stoa::testing
