#include <gtest/gtest.h>

#include "elements.hpp"
#include "in_thread.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

auto const invalid_argument = make_error_code(errc::invalid_argument);

TEST(counting_semaphore, GivesAsManyPermitsAsThereAre) {
  two_views views;
  auto const permits = views.first.publish<stoa::counting_semaphore>("s", 1);
  auto const other = views.second.attach<stoa::counting_semaphore>("s");
  EXPECT_TRUE(permits.try_acquire());
  EXPECT_FALSE(other.try_acquire());
  EXPECT_FALSE(other.try_acquire_for(2ms));
  EXPECT_FALSE(other.try_acquire_until(wait_clock::now()));
  other.release(3);
  EXPECT_EQ(permits.available(), 3u);
  permits.acquire();
  EXPECT_TRUE(permits.try_acquire_for(0ms));
  EXPECT_TRUE(other.try_acquire());
  EXPECT_FALSE(permits.try_acquire());
}

TEST(counting_semaphore, StartsEmptyOrFull) {
  two_views views;
  auto const empty = views.first.publish<stoa::counting_semaphore>("empty", 0);
  EXPECT_FALSE(empty.try_acquire());
  auto const full = views.first.publish<stoa::counting_semaphore>("full", 2, 2);
  EXPECT_EQ(full.max(), 2u);
  EXPECT_EQ(refusal([&] { full.release(); }), invalid_argument);
  EXPECT_TRUE(full.try_acquire());
  EXPECT_EQ(refusal([&] { full.release(2); }), invalid_argument);
  EXPECT_EQ(full.available(), 1u) << "all or nothing";
  full.release();
  auto const large = views.first.publish<stoa::counting_semaphore>("large", 0, ~std::uint64_t{0});
  large.release(~std::uint64_t{0});
  EXPECT_EQ(refusal([&] { large.release(); }), invalid_argument);
  EXPECT_TRUE(large.try_acquire());
}

TEST(counting_semaphore, ImpossibleShapesAreRefused) {
  two_views views;
  for (auto const& [initial, max] : {std::pair{1, 0}, {0, 0}, {3, 2}, {-1, 5}})
    EXPECT_EQ(views.first.try_publish<stoa::counting_semaphore>("s", initial, max).error().code(),
              errc::invalid_argument);
}

TEST(counting_semaphore, ThreadsShareIt) {
  for (auto const strategy : strategies) {
    two_views views;
    auto const permits = views.first.publish<stoa::counting_semaphore>("s", 2);
    std::atomic<int> inside{0};
    in_threads(4, [&](unsigned) {
      for (int i = 0; i < 1000; ++i) {
        permits.acquire(strategy);
        EXPECT_LE(++inside, 2);
        --inside;
        permits.release();
      }
    });
    EXPECT_EQ(permits.available(), 2u) << name_of(strategy);
  }
}

TEST(counting_semaphore, CarriesWhatWasDoneBefore) {
  two_views views;
  auto const full = views.first.publish<stoa::counting_semaphore>("s", 0);
  auto const free = views.first.publish<stoa::counting_semaphore>("f", 1);
  std::uint64_t slot = 0;
  in_threads(2, [&](unsigned id) {
    for (std::uint64_t i = 1; i <= 3000; ++i) {
      if (id == 0) {
        free.acquire();
        slot = i;
        full.release();
      } else {
        full.acquire();
        EXPECT_EQ(slot, i);
        free.release();
      }
    }
  });
}

TEST(counting_semaphore, ADamagedCountIsAnError) {
  two_views views;
  auto const permits = views.first.publish<stoa::counting_semaphore>("s", 1, 5);
  auto const entry = views.first.attachment().entries().at(0);
  reinterpret_cast<semaphore_header*>(entry.body.data())->count.store(6);
  auto const corrupt = make_error_code(errc::corrupt_structure);
  EXPECT_EQ(refusal([&] { static_cast<void>(permits.try_acquire()); }), corrupt);
  EXPECT_EQ(refusal([&] { permits.release(); }), corrupt);
  EXPECT_EQ(refusal([&] { permits.acquire(); }), corrupt);
  entry.body[0] = std::byte{0};
  EXPECT_EQ(views.second.try_attach<stoa::counting_semaphore>("s").error().code(), errc::corrupt_structure);
}

TEST(counting_semaphore, ReadOnlyHandlesLook) {
  two_views views;
  views.first.publish<stoa::counting_semaphore>("s", 4);
  auto const shown = segment::open_read_only(views.name()).attach<stoa::counting_semaphore>("s");
  EXPECT_EQ(shown.available(), 4u);
  auto const read_only = make_error_code(errc::read_only);
  EXPECT_EQ(refusal([&] { static_cast<void>(shown.try_acquire()); }), read_only);
  EXPECT_EQ(refusal([&] { shown.acquire(); }), read_only);
  EXPECT_EQ(refusal([&] { shown.release(); }), read_only);
  auto const counts = find_kind("semaphore")->statistics(views.first.attachment().entries().at(0)).value();
  EXPECT_EQ(counts.at(1).value, 4u);
}

}  // namespace
}  // namespace stoa::testing
