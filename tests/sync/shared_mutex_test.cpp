#include <gtest/gtest.h>

#include <mutex>
#include <shared_mutex>
#include <stdexcept>

#include "elements.hpp"
#include "in_thread.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

auto const owner_died = make_error_code(errc::owner_died);
auto const would_deadlock = make_error_code(errc::would_deadlock);
auto const not_owner = make_error_code(errc::not_owner);

struct scene {
  two_views views;
  stoa::shared_mutex first = views.first.publish<stoa::shared_mutex>("m");
  stoa::shared_mutex second = views.second.attach<stoa::shared_mutex>("m");
  // A participant that is about to be gone: to the others, that is its death.
  stoa::shared_mutex dying() const { return segment::open(views.name()).attach<stoa::shared_mutex>("m"); }
};

TEST(shared_mutex, HasOneWriterOrManyReaders) {
  scene all;
  {
    std::shared_lock const one{all.first};
    std::shared_lock const another{all.second};
    EXPECT_TRUE(in_thread([&] { return std::shared_lock{all.first, std::try_to_lock}.owns_lock(); }));
    EXPECT_FALSE(in_thread([&] { return all.first.try_lock(); }));
    EXPECT_FALSE(all.second.try_lock_for(2ms));
    EXPECT_TRUE(all.first.try_lock_shared()) << "a writer that gave up holds up nobody";
    all.first.unlock_shared();
  }
  {
    std::scoped_lock const writing(all.first);
    EXPECT_FALSE(all.second.try_lock_shared());
    EXPECT_FALSE(all.second.try_lock_shared_for(2ms));
    EXPECT_FALSE(all.second.try_lock());
    EXPECT_FALSE(in_thread([&] { return all.first.try_lock_shared_until(wait_clock::now()); }));
  }
  EXPECT_TRUE(all.second.try_lock_shared_for(1h));
  all.second.unlock_shared();
  EXPECT_TRUE(all.second.try_lock_until(wait_clock::now()));
  all.second.unlock();
}

TEST(shared_mutex, AThreadDoesNotWaitForItself) {
  scene all;
  {
    std::shared_lock const reading{all.first};
    EXPECT_EQ(refusal([&] { all.first.lock(); }), would_deadlock);
    EXPECT_FALSE(all.first.try_lock_for(1h)) << "at once";
    all.first.lock_shared();
    all.first.unlock_shared();
  }
  std::scoped_lock const writing(all.first);
  EXPECT_EQ(refusal([&] { all.first.lock(); }), would_deadlock);
  EXPECT_EQ(refusal([&] { all.first.lock_shared(); }), would_deadlock);
  EXPECT_FALSE(all.first.try_lock_shared_for(1h));
}

TEST(shared_mutex, OnlyItsHoldersUnlockIt) {
  scene all;
  EXPECT_EQ(refusal([&] { all.first.unlock(); }), not_owner);
  EXPECT_EQ(refusal([&] { all.first.unlock_shared(); }), not_owner);
  std::shared_lock const reading{all.first};
  EXPECT_EQ(refusal([&] { all.second.unlock_shared(); }), not_owner);
  EXPECT_EQ(refusal([&] { all.first.unlock(); }), not_owner);
  EXPECT_EQ(refusal([&] { all.first.make_consistent(); }), not_owner);
}

TEST(shared_mutex, DeadReadersDoNotCount) {
  scene all;
  {
    auto const dying = all.dying();
    dying.lock_shared();
    dying.lock_shared();
    EXPECT_FALSE(all.first.try_lock());
  }
  std::scoped_lock const writing(all.first);
  EXPECT_TRUE(all.first.is_consistent());
}

TEST(shared_mutex, PlacesOfDeadReadersAreFree) {
  two_views views;
  auto const mutex = views.first.publish<stoa::shared_mutex>("m", 2);
  EXPECT_EQ(mutex.capacity(), 2u);
  {
    auto const dying = segment::open(views.name()).attach<stoa::shared_mutex>("m");
    dying.lock_shared();
    dying.lock_shared();
    EXPECT_FALSE(mutex.try_lock_shared_for(1ms)) << "no room";
  }
  mutex.lock_shared();
  mutex.lock_shared();
  EXPECT_FALSE(mutex.try_lock_shared_for(1ms)) << "no room";
  mutex.unlock_shared();
  mutex.lock_shared();
}

TEST(shared_mutex, OfADeadWriterIsAbandonedUntilSomebodyPutsItRight) {
  scene all;
  all.dying().lock();
  EXPECT_FALSE(all.first.is_consistent());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(refusal([&] { all.first.lock_shared(); }), owner_died);
    EXPECT_EQ(refusal([&] { all.second.lock(); }), owner_died);
    EXPECT_EQ(refusal([&] { static_cast<void>(all.second.try_lock_for(1ms)); }), owner_died);
    EXPECT_EQ(refusal([&] { static_cast<void>(all.second.try_lock_shared_for(1ms)); }), owner_died);
  }
  EXPECT_THROW(all.first.recover([] { throw std::runtime_error{"no"}; }), std::runtime_error);
  EXPECT_EQ(refusal([&] { all.first.lock(); }), owner_died);
  EXPECT_TRUE(all.second.lock_or_inherit());
  all.second.unlock();
  int repairs = 0;
  EXPECT_TRUE(all.second.recover([&] { ++repairs; }));
  EXPECT_FALSE(all.first.recover([&] { ++repairs; }));
  EXPECT_EQ(repairs, 1);
  EXPECT_TRUE(all.first.is_consistent());
  std::shared_lock const reading{all.first};
}

TEST(shared_mutex, AWriterThatDiedBeforeItHadItChangedNothing) {
  scene all;
  std::shared_lock reading{all.first};
  // As it stands in the segment: claimed by somebody who is gone, and readers have not left.
  auto const entry = all.views.first.attachment().entries().at(0);
  auto& header = *reinterpret_cast<shared_mutex_header*>(entry.body.data());
  auto const dead = segment::open(all.views.name()).attachment().self();
  header.word.store(make_holder(dead, 7) | holder_claim);
  EXPECT_TRUE(all.second.is_consistent());
  EXPECT_TRUE(in_thread([&] { return std::shared_lock{all.second}.owns_lock(); }));
  header.word.store(make_holder(dead, 7) | holder_claim);
  reading.unlock();
  std::scoped_lock const writing(all.second);
}

TEST(shared_mutex, WaitersLearnOfADeath) {
  scene all;
  auto writer = std::optional{all.dying()};
  writer->lock();
  std::thread reader{[&] { EXPECT_EQ(refusal([&] { all.first.lock_shared(); }), owner_died); }};
  std::thread rival{[&] { EXPECT_EQ(refusal([&] { all.second.lock(); }), owner_died); }};
  writer.reset();
  reader.join();
  rival.join();
  EXPECT_TRUE(all.first.recover([] {}));
  auto dying = std::optional{all.dying()};
  dying->lock_shared();
  std::thread next{[&] { std::scoped_lock const writing(all.first); }};
  dying.reset();
  next.join();
}

TEST(shared_mutex, ThreadsReadAndWrite) {
  for (auto const strategy : strategies) {
    two_views views;
    // One handle for all: TSan takes the same word at two addresses for two.
    auto const mutex = views.first.publish<stoa::shared_mutex>("m", 3);
    std::array<std::uint64_t, 2> both{};
    constexpr std::uint64_t rounds = 1500;
    in_threads(4, [&](unsigned id) {
      for (std::uint64_t i = 0; i < rounds; ++i) {
        if (id == 0 || i % 16 == 0) {
          mutex.lock(strategy);
          ++both[0];
          ++both[1];
          mutex.unlock();
        } else {
          mutex.lock_shared(strategy);
          EXPECT_EQ(both[0], both[1]);
          mutex.unlock_shared();
        }
      }
    });
    EXPECT_EQ(both[0], rounds + 3 * ((rounds + 15) / 16)) << name_of(strategy);
    EXPECT_EQ(both[0], both[1]);
  }
}

TEST(shared_mutex, ImpossibleShapesAndBytesAreRefused) {
  two_views views;
  for (auto const readers : {0, -1, 1 << 17})
    EXPECT_EQ(views.first.try_publish<stoa::shared_mutex>("m", readers).error().code(), errc::invalid_argument);
  views.first.publish<stoa::shared_mutex>("m", 4);
  auto const entry = views.first.attachment().entries().at(0);
  for (auto const readers : {std::uint64_t{0}, std::uint64_t{5}, ~std::uint64_t{0}}) {
    std::memcpy(entry.body.data(), &readers, sizeof(readers));
    EXPECT_EQ(views.second.try_attach<stoa::shared_mutex>("m").error().code(), errc::corrupt_structure);
  }
}

TEST(shared_mutex, ReadOnlyHandlesRefuse) {
  scene all;
  auto const shown = segment::open_read_only(all.views.name()).attach<stoa::shared_mutex>("m");
  auto const read_only = make_error_code(errc::read_only);
  EXPECT_EQ(refusal([&] { shown.lock_shared(); }), read_only);
  EXPECT_EQ(refusal([&] { shown.lock(); }), read_only);
  EXPECT_TRUE(shown.is_consistent());
  std::shared_lock const reading{all.first};
  auto const counts = find_kind("shared_mutex")->statistics(all.views.first.attachment().entries().at(0)).value();
  EXPECT_EQ(counts.at(0).value, 128u);
  EXPECT_EQ(counts.at(1).value, 1u);
  EXPECT_EQ(counts.at(2).value, 0u);
}

}  // namespace
}  // namespace stoa::testing
