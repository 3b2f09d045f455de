#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <range/v3/view/transform.hpp>
#include <range/v3/range/conversion.hpp>
#include <set>
#include <stoa/kinds.hpp>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using numbers = stoa::object_pool<std::uint64_t>;

std::vector<pool_handle> take_all(numbers const& pool) {
  std::vector<pool_handle> out;
  while (auto const got = pool.acquire()) out.push_back(got);
  return out;
}
entry_view view_of(segment const& in) { return in.attachment().entries().at(0); }

TEST(object_pool, CapacityIsExactlyWhatWasAskedFor) {
  for (int const capacity : {1, 2, 3, 63, 64, 65, 1000}) {
    two_views const views;
    auto const pool = views.first.publish<numbers>("p", capacity);
    auto const other = views.second.attach<numbers>("p");
    EXPECT_EQ(other.capacity(), static_cast<std::uint64_t>(capacity));
    std::set<std::uint64_t*> seen;
    for (int i = 0; i < capacity; ++i) {
      auto const got = (i % 2 == 0 ? pool : other).acquire();
      ASSERT_TRUE(got) << i;
      EXPECT_TRUE(seen.insert(pool.get(got)).second);
    }
    EXPECT_FALSE(pool.acquire());
    EXPECT_FALSE(other.acquire());
    EXPECT_EQ(pool.size(), static_cast<std::uint64_t>(capacity));
  }
}

TEST(object_pool, AHandleMeansTheSameObjectInEveryProcess) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 3);
  auto const other = views.second.attach<numbers>("p");
  auto const got = pool.acquire();
  EXPECT_EQ(pool[got], 0u) << "objects start as zero bytes";
  pool[got] = 9;
  EXPECT_EQ(other[got], 9u);
  EXPECT_NE(pool.get(got), other.get(got)) << "at two addresses";
  EXPECT_TRUE(other.release(got)) << "whoever has the handle may";
  EXPECT_FALSE(pool.release(got));
  EXPECT_EQ(pool.get(got), nullptr);
  EXPECT_THROW(pool[got], std::out_of_range);
}

TEST(object_pool, AHandleOfAPoolCanBeAssigned) {
  two_views const views;
  auto const small = views.first.publish<numbers>("small", 1);
  auto const large = views.first.publish<numbers>("large", 3);
  auto pool = small;
  EXPECT_EQ(take_all(pool).size(), 1u);
  pool = large;
  EXPECT_EQ(take_all(pool).size(), 3u);
  EXPECT_FALSE(small.acquire());
  EXPECT_EQ(large.size(), 3u);
}

TEST(object_pool, AnEmptyHandleReachesNothing) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 1);
  pool_handle const none;
  EXPECT_FALSE(none);
  EXPECT_EQ(pool.get(none), nullptr);
  EXPECT_FALSE(pool.release(none));
  EXPECT_FALSE(pool.adopt(none));
  EXPECT_EQ(pool.owner(none), std::nullopt);
}

TEST(object_pool, HandlesOfAnotherPoolReachNothing) {
  two_views const views;
  auto const one = views.first.publish<numbers>("one", 64);
  auto const other = views.first.publish<numbers>("other", 64);
  take_all(other);
  for (auto const& each : take_all(one)) {
    EXPECT_EQ(other.get(each), nullptr);
    EXPECT_FALSE(other.release(each));
    EXPECT_FALSE(other.adopt(each));
  }
}

TEST(object_pool, HandlesMadeUpReachNothing) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 64);
  auto const held = take_all(pool);
  std::mt19937_64 random{3};
  for (int i = 0; i < 100000; ++i) {
    auto invented = held[random() % held.size()];
    // One bit of a good one, half of it, or all.
    switch (i % 4) {
      case 0: invented.key ^= std::uint64_t{1} << (random() % 64); break;
      case 1: invented.index = random() >> (random() % 64); break;
      case 2: invented.key = random() >> (random() % 64); break;
      default: invented = {random() % 64, random()};
    }
    if (std::ranges::find(held, invented) != held.end()) continue;
    ASSERT_EQ(pool.get(invented), nullptr);
    ASSERT_FALSE(pool.release(invented));
    ASSERT_FALSE(pool.adopt(invented));
    ASSERT_FALSE(pool.owner(invented));
  }
  EXPECT_EQ(pool.size(), 64u);
}

template <class T>
class object_pool_of : public ::testing::Test {};
using element_types = ::testing::Types<std::uint8_t, std::uint16_t, double, three_bytes, blob<7>, sealed, line,
                                       two_lines, blob<65, 32>, page>;
TYPED_TEST_SUITE(object_pool_of, element_types);

TYPED_TEST(object_pool_of, ObjectsAreAlignedApartAndKeepTheirBytes) {
  two_views const views;
  auto const pool = views.first.template publish<stoa::object_pool<TypeParam>>("p", 5);
  auto const other = views.second.template attach<stoa::object_pool<TypeParam>>("p");
  std::vector<pool_handle> held;
  for (std::uint64_t n = 0; n < 5; ++n) {
    held.push_back(pool.acquire());
    auto* const object = pool.get(held.back());
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(object) % alignof(TypeParam), 0u);
    *object = element<TypeParam>(n);
  }
  for (std::uint64_t n = 0; n < 5; ++n) EXPECT_TRUE(is_element(other[held[n]], n));
}

TEST(object_pool, GenerationsWrap) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 1, block_generation_mask - 2);
  pool_handle last;
  for (int i = 0; i < 6; ++i) {
    auto const got = pool.acquire();
    ASSERT_TRUE(got) << i;
    EXPECT_EQ(pool.get(last), nullptr);
    ASSERT_TRUE(pool.release(got));
    last = got;
  }
  EXPECT_EQ(pool.statistics().released, 6u);
}

TEST(object_pool, OwnerIsWhoAcquiredOrAdopted) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 1);
  auto const other = views.second.attach<numbers>("p");
  auto const got = pool.acquire();
  EXPECT_TRUE(pool.owner(got)->is_self);
  EXPECT_FALSE(other.owner(got)->is_self);
  EXPECT_TRUE(other.owner(got)->is_alive);
  EXPECT_EQ(other.owner(got)->pid, static_cast<std::uint64_t>(::getpid()));
  EXPECT_TRUE(other.adopt(got));
  EXPECT_FALSE(pool.owner(got)->is_self);
  EXPECT_TRUE(other.owner(got)->is_self);
  EXPECT_TRUE(pool.release(got));
  EXPECT_FALSE(other.adopt(got)) << "stale";
}

TEST(object_pool, WhoLeavesGivesBackWhatHeDidNotHandOver) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 3);
  pool_handle adopted, left;
  {
    auto const leaver = segment::open(views.name()).attach<numbers>("p");
    adopted = leaver.acquire();
    left = leaver.acquire();
    leaver[adopted] = 5;
    EXPECT_TRUE(pool.adopt(adopted));
    EXPECT_EQ(pool.reclaim(), 0u) << "it lives";
  }
  EXPECT_EQ(pool.owner(left)->is_alive, false);
  EXPECT_EQ(pool.reclaim(), 1u);
  EXPECT_EQ(pool.get(left), nullptr);
  EXPECT_EQ(pool[adopted], 5u);
  EXPECT_EQ(pool.statistics().reclaimed, 1u);
  EXPECT_EQ(take_all(pool).size(), 2u);
}

TEST(object_pool, AcquireAloneFindsWhatTheDeadHeld) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 2);
  take_all(segment::open(views.name()).attach<numbers>("p"));
  EXPECT_TRUE(eventually([&] { return static_cast<bool>(pool.acquire()); }));
  EXPECT_TRUE(pool.acquire()) << "it took back all at once";
}

TEST(object_pool, AcquireForWaitsAndGivesUp) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 1);
  auto const got = pool.acquire_for(0s);
  ASSERT_TRUE(got);
  for (auto const strategy : {wait_strategy::adaptive, wait_strategy::spin, wait_strategy::yield, wait_strategy::sleep})
    EXPECT_FALSE(pool.acquire_for(5ms, strategy));
  std::thread releaser{[&] { pool.release(got); }};
  EXPECT_TRUE(pool.acquire_until(deadline::never()));
  releaser.join();
}

TEST(object_pool, ScopedObjectsGoBack) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 1);
  pool_handle kept;
  {
    auto object = pool.acquire_scoped();
    ASSERT_TRUE(object);
    *object = 4;
    EXPECT_FALSE(pool.acquire_scoped());
    auto moved = std::move(object);
    EXPECT_FALSE(object);
    EXPECT_EQ(*moved, 4u);
    moved = {};
    moved = pool.acquire_scoped();
    EXPECT_TRUE(moved);
  }
  {
    auto object = pool.acquire_scoped();
    kept = object.detach();
  }
  EXPECT_EQ(pool.size(), 1u);
  EXPECT_TRUE(pool.release(kept));
}

TEST(object_pool, LiveObjectsAreARange) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 10);
  std::multiset<std::uint64_t> expected;
  for (std::uint64_t n = 0; n < 7; ++n) {
    auto const got = pool.acquire();
    pool[got] = n * n;
    if (n == 3) pool.release(got);
    else expected.insert(n * n);
  }
  auto const found = pool.live() | ranges::views::transform([&](auto const& each) { return pool[each]; }) |
                     ranges::to<std::multiset<std::uint64_t>>();
  EXPECT_EQ(found, expected);
  std::multiset<std::uint64_t> visited;
  pool.for_each([&](pool_handle const& each, std::uint64_t& number) {
    EXPECT_EQ(pool.get(each), &number);
    visited.insert(number);
  });
  EXPECT_EQ(visited, expected);
}

TEST(object_pool, StatisticsCount) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 4);
  EXPECT_EQ(pool.statistics().acquired, 0u);
  auto held = take_all(pool);
  pool.release(held[0]);
  pool.release(held[1]);
  auto const counts = pool.statistics();
  EXPECT_EQ(counts.acquired, 4u);
  EXPECT_EQ(counts.released, 2u);
  EXPECT_EQ(counts.refusals, 1u);
  EXPECT_EQ(counts.high_water, 4u);
  EXPECT_EQ(counts.reclaimed, 0u);
}

TEST(object_pool, ToolsSeeWhatIsInUse) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 4);
  pool[pool.acquire()] = 1;
  auto const gone = pool.acquire();
  pool[gone] = 2;
  pool[pool.acquire()] = 3;
  pool.release(gone);
  auto const* const kind = find_kind("object_pool");
  ASSERT_NE(kind, nullptr);
  auto const shown = segment::open_read_only(views.name());
  std::multiset<std::uint64_t> found;
  kind->elements(view_of(shown), [&](std::span<std::byte const> bytes) {
    std::uint64_t number = 0;
    ASSERT_EQ(bytes.size(), sizeof(number));
    std::memcpy(&number, bytes.data(), sizeof(number));
    found.insert(number);
  }).value();
  EXPECT_EQ(found, (std::multiset<std::uint64_t>{1, 3}));
  std::vector<std::string> names;
  for (auto const& each : kind->statistics(view_of(shown)).value()) names.push_back(each.name);
  EXPECT_EQ(names, (std::vector<std::string>{"capacity", "size", "acquired", "released", "reclaimed", "refusals",
                                             "high_water"}));
}

TEST(object_pool, ReadOnlyHandlesLookAndRefuseToChange) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 2);
  auto const got = pool.acquire();
  pool[got] = 8;
  auto const shown = segment::open_read_only(views.name()).attach<numbers>("p");
  EXPECT_EQ(*shown.get(got), 8u);
  EXPECT_EQ(shown.size(), 1u);
  EXPECT_TRUE(shown.owner(got)->is_alive);
  auto const read_only = make_error_code(errc::read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.acquire()); }), read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.acquire_for(1ms)); }), read_only);
  EXPECT_EQ(refusal([&] { shown.release(got); }), read_only);
  EXPECT_EQ(refusal([&] { shown.adopt(got); }), read_only);
  EXPECT_EQ(refusal([&] { shown.reclaim(); }), read_only);
}

TEST(object_pool, HandlesGoThroughAQueue) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 2);
  auto const queue = views.first.publish<stoa::queue<pool_handle>>("q", 4);
  auto const got = pool.acquire();
  pool[got] = 6;
  queue.push(got);
  auto const there = views.second.attach<numbers>("p");
  auto const received = views.second.attach<stoa::queue<pool_handle>>("q").pop();
  EXPECT_EQ(received, got);
  EXPECT_EQ(there[received], 6u);
  EXPECT_TRUE(there.release(received));
}

TEST(object_pool, ShapesThatCannotBeAreRefused) {
  two_views const views;
  EXPECT_EQ(views.first.try_publish<numbers>("p", 0).error().code(), errc::invalid_argument);
  EXPECT_EQ(views.first.try_publish<numbers>("p", -1).error().code(), errc::no_space);
  EXPECT_EQ(views.first.try_publish<numbers>("p", std::uint64_t{1} << 40).error().code(), errc::no_space);
  EXPECT_EQ(views.first.try_publish<numbers>("p", 1u << 20).error().code(), errc::no_space);
}

TEST(object_pool, ADamagedHeaderIsRefused) {
  two_views const views;
  views.first.publish<numbers>("p", 10);
  auto const entry = view_of(views.first);
  for (std::size_t at = 0; at < offsetof(object_pool_header, pad); at += 8)
    for (std::uint64_t const value : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1} << 60}) {
      std::uint64_t before = 0;
      std::memcpy(&before, entry.body.data() + at, 8);
      std::memcpy(entry.body.data() + at, &value, 8);
      auto const found = views.second.try_attach<numbers>("p");
      bool const may_be_zero = at == offsetof(object_pool_header, first_generation) && value == 0;
      if (!may_be_zero) {
        ASSERT_FALSE(found) << at << ' ' << value;
        EXPECT_EQ(found.error().code(), errc::corrupt_structure);
        EXPECT_FALSE(find_kind("object_pool")->statistics(entry));
      }
      std::memcpy(entry.body.data() + at, &before, 8);
    }
  EXPECT_TRUE(views.second.try_attach<numbers>("p"));
}

TEST(object_pool, DamagedBytesGiveAnswersOrErrors) {
  two_views const views;
  auto const pool = views.first.publish<numbers>("p", 70);
  auto const entry = view_of(views.first);
  auto const words = entry.body.subspan(0, sizeof(object_pool_header) + *block_pool::bytes_for(70));
  std::mt19937_64 random{11};
  auto const* const first = pool.get(pool.acquire());
  for (int round = 0; round < 300; ++round) {
    for (std::size_t at = 0; at < words.size(); at += 8) {
      std::uint64_t const values[]{0, ~std::uint64_t{0}, random()};
      auto const value = values[random() % 3];
      std::memcpy(words.data() + at, &value, 8);
    }
    for (int i = 0; i < 80; ++i) {
      auto const got = pool.acquire();
      if (!got) continue;
      auto* const object = pool.get(got);
      ASSERT_NE(object, nullptr);
      *object = 1;
      ASSERT_LT(std::abs(object - first), 70) << "outside of the extent";
      static_cast<void>(pool.owner(got));
      pool.adopt(got);
      if (i % 2 == 0) {
        EXPECT_TRUE(pool.release(got));
      }
    }
    for (auto const& each : pool.live()) static_cast<void>(pool.owner(each));
    static_cast<void>(pool.statistics());
    static_cast<void>(find_kind("object_pool")->elements(entry, [](auto) {}));
    pool.reclaim();
    static_cast<void>(pool.acquire_for(0s));
  }
}

}  // namespace
}  // namespace stoa::testing
