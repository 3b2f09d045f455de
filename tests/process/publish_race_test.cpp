// Several processes publish one name at once; several publish and erase in one small segment.
#include <gtest/gtest.h>

#include <optional>
#include <stoa/stoa.hpp>

#include "block.hpp"
#include "crew.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;

enum what { come = 1, publish_the_name = 2, churn_one_name = 3, churn_own_names = 4, either = 5 };

std::uint64_t tag_of(order const& o) {
  return o.argument << 8 | static_cast<unsigned>(o.member + 1);
}

// Publishes the one name until it won `argument` times. While it owns the name nobody else may.
void fight_for_a_name(segment const& where, std::uint64_t wins,
                      std::atomic<std::uint64_t>& owners) {
  for (std::uint64_t won = 0; won < wins;) {
    auto const mine = where.try_publish<block>("name", 64u, wins);
    if (!mine && mine.error().code() != errc::name_taken) throw error{mine.error()};
    if (!mine) continue;
    ++won;
    if (owners.fetch_add(1) != 0) throw std::runtime_error{"a name was published twice"};
    // Long enough for another to get as far, if nothing keeps it from it.
    for (int look = 0; look < 30; ++look)
      if (owners != 1 || !mine->is_all(wins))
        throw std::runtime_error{"a name was published twice"};
    owners.fetch_sub(1);
    if (!where.erase("name"))
      throw std::runtime_error{"a published name was not there to be erased"};
  }
}

// Publishes and erases names of its own where others do the same. Nobody else may have its bytes.
void fight_for_bytes(segment const& where, order const& o) {
  auto const mine = "own" + std::to_string(o.member);
  for (std::uint64_t i = 0; i < o.argument; ++i) {
    auto const tag = i << 8 | static_cast<unsigned>(o.member + 1);
    auto const made = where.try_publish<block>(mine, 200u + i % 300, tag);
    if (!made && made.error().code() != errc::no_space) throw error{made.error()};
    if (!made) continue;
    for (int look = 0; look < 3; ++look)
      if (!made->is_all(tag)) throw std::runtime_error{"two structures share bytes"};
    where.erase(mine);
  }
}

child_program const publisher{
    "publisher", [](child_arguments const& a) {
      std::optional<segment> mine;
      return serve(a, [&](order const& o, answer& said, crew_memory& memory) {
        switch (o.what) {
          case come:
            mine = segment::open(a.at(first_own_argument));
            break;
          case publish_the_name: {
            auto const made = mine->try_publish<block>("name", 100u, tag_of(o));
            said.words[0] = made.has_value();
            said.words[1] = made ? 0 : static_cast<std::uint64_t>(made.error().code());
            said.words[2] = mine->attach<block>("name").is_all(mine->attach<block>("name").word(0));
            said.words[3] = mine->attach<block>("name").word(99);
            break;
          }
          case either:
            said.words[0] = mine->publish_or_attach<block>("name", 100u, tag_of(o)).word(99);
            break;
          case churn_one_name:
            fight_for_a_name(*mine, o.argument, memory.shared[0]);
            break;
          case churn_own_names:
            fight_for_bytes(*mine, o);
            break;
        }
      });
    }};

segment_options small() {
  segment_options options;
  options.max_entries = 16;
  options.max_participants = 16;
  return options;
}

TEST(publish_race, OnePublishesAndTheOthersAreToldThatItIsTaken) {
  scratch_name const name;
  auto const host = segment::create(name, 64_KiB, small());
  crew all{"publisher", 8, {name}};
  ASSERT_EQ(all.everybody(come), "");
  for (int round = 0; round < rounds(100); ++round) {
    ASSERT_EQ(all.everybody(publish_the_name, static_cast<std::uint64_t>(round)), "")
        << "round " << round;
    int winner = -1;
    for (int i = 0; i < all.size(); ++i) {
      auto const& said = all.answer_of(i).words;
      if (said[0] == 0) {
        ASSERT_EQ(said[1], static_cast<std::uint64_t>(errc::name_taken)) << "round " << round;
        continue;
      }
      ASSERT_EQ(winner, -1) << "two publishers in round " << round;
      winner = i;
    }
    ASSERT_NE(winner, -1) << "no publisher in round " << round;
    for (int i = 0; i < all.size(); ++i) {
      ASSERT_EQ(all.answer_of(i).words[2], 1u)
          << "attached to something half made in round " << round;
      ASSERT_EQ(all.answer_of(i).words[3],
                static_cast<std::uint64_t>(round) << 8 | static_cast<unsigned>(winner + 1));
    }
    ASSERT_EQ(host.entries().size(), 1u);
    ASSERT_TRUE(host.erase("name"));
  }
}

TEST(publish_race, WhoPublishesOrAttachesGetsTheSame) {
  scratch_name const name;
  auto const host = segment::create(name, 64_KiB, small());
  crew all{"publisher", 8, {name}};
  ASSERT_EQ(all.everybody(come), "");
  for (int round = 0; round < rounds(100); ++round) {
    ASSERT_EQ(all.everybody(either, static_cast<std::uint64_t>(round)), "") << "round " << round;
    for (int i = 1; i < all.size(); ++i)
      ASSERT_EQ(all.answer_of(i).words[0], all.answer_of(0).words[0]) << "round " << round;
    ASSERT_EQ(host.entries().size(), 1u) << "round " << round;
    ASSERT_TRUE(host.erase("name"));
  }
}

// Publishing ends without the admin lock: others look for the name at that very moment.
TEST(publish_race, ANameIsNeverPublishedTwice) {
  scratch_name const name;
  auto const host = segment::create(name, 64_KiB, small());
  crew all{"publisher", 3, {name}};
  ASSERT_EQ(all.everybody(come), "");
  for (int round = 0; round < rounds(20); ++round)
    ASSERT_EQ(all.everybody(churn_one_name, 100), "") << "round " << round;
  EXPECT_TRUE(host.entries().empty());
}

// As above, when space is searched between the entries.
TEST(publish_race, BytesAreNeverGivenToTwo) {
  scratch_name const name;
  auto const host = segment::create(name, 16_KiB, small());
  auto const free = host.free_bytes();
  crew all{"publisher", 3, {name}};
  ASSERT_EQ(all.everybody(come), "");
  for (int round = 0; round < rounds(20); ++round)
    ASSERT_EQ(all.everybody(churn_own_names, 500), "") << "round " << round;
  EXPECT_TRUE(host.entries().empty());
  EXPECT_EQ(host.free_bytes(), free) << "bytes were lost";
}

}  // namespace
}  // namespace stoa
