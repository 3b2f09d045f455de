// One producer thread, readers and consumers: nothing torn, everything in order, and the books of each balance.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using samples = stoa::ring<sealed>;
constexpr std::uint64_t count = 20'000;

std::vector<sealed> batch_from(std::uint64_t first, std::uint64_t size) {
  std::vector<sealed> out;
  for (std::uint64_t n = first; n < std::min(count, first + size); ++n) out.emplace_back(n);
  return out;
}

// Numbers 0 to count - 1.
void produce(samples const& ring, wait_strategy strategy) {
  std::minstd_rand chance{11};
  for (std::uint64_t n = 0; n < count;) {
    switch (chance() % 3) {
      case 0:
        ring.push(sealed{n++}, strategy);
        break;
      case 1:
        n += ring.try_push(sealed{n});
        break;
      case 2: {
        auto const batch = batch_from(n, 1 + chance() % 7);
        ring.push_n(batch, strategy);
        n += batch.size();
        break;
      }
    }
  }
}

// Reads to the end: whole, in order, and read + lost is all there was.
void read_all(stoa::ring_reader<sealed> reader, wait_strategy strategy) {
  std::minstd_rand chance{13};
  std::uint64_t next = 0;
  std::uint64_t got_in_all = 0;
  auto const take = [&](sealed const& got) {
    ASSERT_TRUE(got.is_whole());
    ASSERT_GE(got.number(), next);
    next = got.number() + 1;
    ++got_in_all;
  };
  while (next < count && !::testing::Test::HasFatalFailure()) {
    if (chance() % 2 == 0) {
      take(reader.read(strategy));
    } else {
      std::array<sealed, 5> batch;
      auto const got = reader.read_n(batch);
      for (std::size_t i = 0; i < got; ++i) take(batch[i]);
    }
    ASSERT_EQ(got_in_all + reader.lost(), next);
  }
}

void look_at_latest(samples const& ring, std::atomic<bool> const& is_over) {
  std::uint64_t newest = 0;
  std::vector<sealed> out(8);
  while (!is_over && !::testing::Test::HasFatalFailure()) {
    auto const got = ring.latest(std::span{out});
    for (std::size_t i = 0; i < got; ++i) {
      ASSERT_TRUE(out[i].is_whole());
      ASSERT_EQ(out[i].number(), out[0].number() + i) << "in a row";
    }
    if (got != 0) {
      ASSERT_GE(out[got - 1].number(), newest);
      newest = out[got - 1].number();
    }
    if (auto const one = ring.latest()) {
      ASSERT_TRUE(one->is_whole());
      ASSERT_GE(one->number(), newest);
      newest = one->number();
    }
    auto const one = ring.at(ring.held().begin);
    ASSERT_TRUE(!one || one->is_whole());
  }
}

struct setting {
  std::uint64_t capacity;
  ring_mode mode;
  wait_strategy strategy;
};

class ring_threads : public ::testing::TestWithParam<setting> {
 protected:
  two_views views;
  samples ring = views.first.publish<samples>("r", GetParam().capacity, GetParam().mode, before_wrap - 5000);
  samples other = views.second.attach<samples>("r");
  samples shown = segment::open_read_only(views.name()).attach<samples>("r");

  // How often each number was popped.
  std::vector<std::atomic<int>> times = std::vector<std::atomic<int>>(count);
  std::atomic<std::uint64_t> popped{0};

  void pop_all(unsigned seed) {
    std::minstd_rand chance{seed};
    std::uint64_t next = 0;
    std::array<sealed, 5> batch;
    for (;;) {
      std::size_t got = 0;
      if (chance() % 2 == 0) {
        if (auto const one = other.pop_for(std::chrono::milliseconds{2}, GetParam().strategy)) {
          batch[0] = *one;
          got = 1;
        }
      } else {
        got = other.try_pop_n(batch);
      }
      for (std::size_t i = 0; i < got; ++i) {
        ASSERT_TRUE(batch[i].is_whole());
        ASSERT_GE(batch[i].number(), next);
        next = batch[i].number() + 1;
        ++times[batch[i].number()];
        ++popped;
      }
      if (other.total_read() == count) return;
    }
  }
};

TEST_P(ring_threads, WhatIsReadOrPoppedIsWholeInOrderAndAccountedFor) {
  auto const strategy = GetParam().strategy;
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  threads.emplace_back([&, reader = other.reader()] { read_all(reader, strategy); });
  threads.emplace_back([&, reader = shown.reader()] { read_all(reader, strategy); });
  for (unsigned i = 0; i < 2; ++i) threads.emplace_back([&, i] { pop_all(i + 1); });
  std::thread looker{[&] { look_at_latest(other, is_over); }};
  produce(ring, strategy);
  for (auto& each : threads) each.join();
  is_over = true;
  looker.join();

  auto const counts = ring.statistics();
  EXPECT_EQ(counts.written, count);
  EXPECT_EQ(counts.read, count);
  EXPECT_EQ(popped + counts.lost, count);
  EXPECT_TRUE(std::ranges::all_of(times, [](auto const& each) { return each <= 1; })) << "popped twice";
  if (GetParam().mode == ring_mode::bounded) {
    EXPECT_EQ(counts.lost, 0u);
  }
}

std::vector<setting> settings() {
  std::vector<setting> out;
  for (std::uint64_t const capacity : {1u, 3u, 8u, 256u})
    for (auto const mode : {ring_mode::overwrite, ring_mode::bounded})
      for (auto const strategy : {wait_strategy::adaptive, wait_strategy::yield, wait_strategy::sleep})
        out.push_back({capacity, mode, strategy});
  return out;
}
INSTANTIATE_TEST_SUITE_P(each, ring_threads, ::testing::ValuesIn(settings()), [](auto const& each) {
  return "Capacity" + std::to_string(each.param.capacity) +
         (each.param.mode == ring_mode::bounded ? "Bounded" : "Overwrite") + name_of(each.param.strategy);
});

// The role goes from thread to thread, each with a handle of its own.
TEST(ring_succession, LosesNothing) {
  two_views views;
  auto const ring = views.second.publish<samples>("r", 4, ring_mode::bounded);
  constexpr std::uint64_t each_pushes = 50;
  constexpr std::uint64_t producers = 20;
  std::thread succession{[&] {
    for (std::uint64_t p = 0; p < producers; ++p)
      std::thread{[&, p] {
        auto const mine = views.first.attach<samples>("r");
        for (std::uint64_t n = 0; n < each_pushes; ++n) mine.push(sealed{p * each_pushes + n});
      }}.join();
  }};
  for (std::uint64_t n = 0; n < producers * each_pushes; ++n) ASSERT_EQ(ring.pop().number(), n);
  succession.join();
}

}  // namespace
}  // namespace stoa::testing
