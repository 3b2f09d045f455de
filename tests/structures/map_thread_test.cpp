// Many writers and readers: no key twice, no value torn, no update lost.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "map_rounds.hpp"

namespace stoa::testing {
namespace {

template <class Run>
void on_threads(unsigned count, Run run) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) threads.emplace_back([&run, i] { run(i); });
  for (auto& each : threads) each.join();
}

// The classic of open addressing: two put the same key in while a third takes it out.
TEST(map_threads, TwoInsertersAndAnEraserNeverMakeAKeyTwice) {
  two_views views;
  auto const map = views.first.publish<stoa::map<std::uint64_t, std::uint64_t>>("m", 4);
  auto const most = rounds(200'000);
  std::atomic<std::uint64_t> inserted{0};
  std::atomic<std::uint64_t> erased{0};
  on_threads(3, [&](unsigned self) {
    std::uint64_t mine = 0;
    for (std::uint64_t i = 0; i < most; ++i) {
      if (self < 2)
        mine += static_cast<std::uint64_t>(map.insert(1, self).is_new());
      else
        mine += map.erase(1);
      if (i % 64 == 0) {
        std::uint64_t found = 0;
        map.for_each([&](auto, auto) { ++found; });
        ASSERT_LE(found, 1u);
      }
    }
    (self < 2 ? inserted : erased) += mine;
  });
  EXPECT_EQ(inserted - erased, map.size());
  EXPECT_LE(map.size(), 1u);
}

template <std::size_t Words>
struct long_value {
  std::array<std::uint64_t, Words> words;
  static long_value of(std::uint64_t n) {
    long_value out;
    for (std::size_t i = 0; i < Words; ++i) out.words[i] = n * (i + 1);
    return out;
  }
  bool is_whole() const {
    for (std::size_t i = 0; i < Words; ++i)
      if (words[i] != words[0] * (i + 1)) return false;
    return true;
  }
};

template <std::size_t Words>
void update_and_read() {
  two_views views;
  using value = long_value<Words>;
  auto const map = views.first.publish<stoa::map<std::uint64_t, value>>("m", 4);
  for (std::uint64_t key = 0; key < 3; ++key) ASSERT_TRUE(map.insert(key, value::of(0)));
  std::atomic<unsigned> writing{4};
  auto const most = rounds(3000);
  on_threads(8, [&](unsigned self) {
    if (self < 4) {
      for (std::uint64_t n = 0; n < most; ++n)
        ASSERT_TRUE(map.update(n % 3, [](value& each) { each = value::of(each.words[0] + 1); }));
      --writing;
    } else {
      std::array<std::uint64_t, 3> last{};
      while (writing != 0)
        for (std::uint64_t key = 0; key < 3; ++key) {
          auto const found = map.find(key);
          ASSERT_TRUE(found) << "a replaced element was missing";
          ASSERT_TRUE(found->is_whole());
          ASSERT_GE(found->words[0], last[key]);
          last[key] = found->words[0];
        }
    }
  });
  std::uint64_t sum = 0;
  map.for_each([&](auto, value const& each) { sum += each.words[0]; });
  EXPECT_EQ(sum, 4 * most);
}

TEST(map_threads, Values64BytesLongAreNeverTornAndUpdatesAddUp) { update_and_read<8>(); }
TEST(map_threads, Values256BytesLongAreNeverTornAndUpdatesAddUp) { update_and_read<32>(); }

// Every thread owns some keys and knows what they are; all share buckets and the overflow buckets.
TEST(map_threads, EachFindsItsOwnKeysAsItLeftThem) {
  two_views views;
  auto const map = views.first.publish<stoa::map<std::uint64_t, sealed>>("m", 100);
  constexpr unsigned threads = 4;
  auto const most = rounds(20'000);
  on_threads(threads, [&](unsigned self) {
    std::map<std::uint64_t, std::uint64_t> expected;
    std::uint64_t random = self + 1;
    for (std::uint64_t i = 0; i < most; ++i) {
      random = random * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
      auto const key = (random >> 33) % 25 * threads + self;
      if ((random >> 60) < 8) {
        ASSERT_TRUE(map.insert_or_assign(key, sealed{i}));
        expected[key] = i;
      } else {
        ASSERT_EQ(map.erase(key), expected.erase(key) == 1);
      }
      auto const other = (random >> 40) % 25 * threads + self;
      auto const found = map.find(other);
      ASSERT_EQ(found.has_value(), expected.contains(other));
      ASSERT_TRUE(!found || found->number() == expected[other]);
    }
  });
  map.clear();
  EXPECT_EQ(map.statistics().overflows_used, 0u);
}

}  // namespace
}  // namespace stoa::testing
