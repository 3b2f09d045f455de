// Many processes open or create one segment at once, while creators are killed: one segment comes
// of it.
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <random>
#include <set>
#include <stoa/stoa.hpp>

#include "block.hpp"
#include "crew.hpp"
#include "stepper.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;

enum what { come = 1, look = 2, leave = 3 };

std::uint64_t id_of(segment const& of) {
  return of.attachment().map().header().segment_id;
}

segment join(std::string const& name) {
  return segment::open_or_create(name, 64_KiB);
}

child_program const opener{
    "opener", [](child_arguments const& a) {
      auto const name = a.at(first_own_argument);
      std::optional<segment> mine;
      return serve(a, [&](order const& o, answer& said, crew_memory&) {
        switch (o.what) {
          case come: {
            mine = join(name);
            said.words[0] = id_of(*mine);
            said.words[1] = mine->publish_or_attach<block>(
                                    "tag", 16u, o.argument << 8 | static_cast<unsigned>(o.member))
                                .word(15);
            mine->publish_or_attach<array<std::uint64_t>>("sum", 1).atomic(0).fetch_add(o.argument);
            break;
          }
          case look:
            said.words[0] = id_of(segment::open_read_only(name));
            said.words[1] = mine->attach<array<std::uint64_t>>("sum")[0];
            said.words[2] = mine->reference_count();
            said.words[3] = mine->entries().size();
            break;
          case leave:
            mine.reset();
            break;
        }
      });
    }};

// One of the race that does not live long.
child_program const victim{"victim", [](child_arguments const& a) {
                             wait_for_stepper();
                             auto const mine = join(a.at(0));
                             mine.publish_or_attach<block>("tag", 16u, std::uint64_t{0xDEAD});
                             mine.publish_or_attach<array<std::uint64_t>>("sum", 1);
                             return 0;
                           }};

// All came in the same round: they must have met in one segment, and be its only users.
void expect_one_segment(crew& all, std::uint64_t round) {
  std::set<std::uint64_t> ids;
  std::set<std::uint64_t> tags;
  for (int i = 0; i < all.size(); ++i) {
    ids.insert(all.answer_of(i).words[0]);
    tags.insert(all.answer_of(i).words[1]);
  }
  ASSERT_EQ(ids.size(), 1u) << "more than one creator in round " << round;
  ASSERT_EQ(tags.size(), 1u) << "more than one publisher in round " << round;
  ASSERT_EQ(all.everybody(look), "");
  auto const members = static_cast<std::uint64_t>(all.size());
  for (int i = 0; i < all.size(); ++i) {
    auto const& seen = all.answer_of(i).words;
    ASSERT_EQ(seen[0], *ids.begin()) << "the name means another segment, round " << round;
    ASSERT_EQ(seen[1], members * round) << "somebody added elsewhere, round " << round;
    ASSERT_EQ(seen[2], members) << "round " << round;
    ASSERT_EQ(seen[3], 2u) << "round " << round;
  }
}

TEST(open_race, OfMany1IsTheCreatorAndAllSeeItsBytes) {
  scratch_name const name;
  crew all{"opener", 32, {name}};
  auto const most = static_cast<std::uint64_t>(rounds(20));
  for (std::uint64_t round = 1; round <= most; ++round) {
    ASSERT_EQ(all.everybody(come, round), "");
    ASSERT_NO_FATAL_FAILURE(expect_one_segment(all, round));
    ASSERT_EQ(all.everybody(leave), "");
    ASSERT_FALSE(exists(name.path())) << "the last one left it behind in round " << round;
  }
}

TEST(open_race, ACreatorKilledAtARandomMomentIsReplaced) {
  scratch_name const name;
  crew all{"opener", 32, {name}};
  std::mt19937 random{7};
  auto const most = static_cast<std::uint64_t>(rounds(20));
  for (std::uint64_t round = 1; round <= most; ++round) {
    stepper first{"victim", {name}};
    first.release();
    auto const head_start = std::chrono::microseconds{random() % 600};
    auto const life = std::chrono::microseconds{random() % 600};
    std::this_thread::sleep_for(head_start);
    all.begin(come, round);
    std::this_thread::sleep_for(life);
    first.kill();
    ASSERT_EQ(all.finish(), "") << "round " << round;
    ASSERT_NO_FATAL_FAILURE(expect_one_segment(all, round));
    ASSERT_EQ(all.everybody(leave), "");
    ASSERT_FALSE(exists(name.path())) << "round " << round;
  }
}

// What has the name has its rights and its contents: a creator who stands anywhere has given it none of them later.
void expect_whole_if_there(scratch_name const& name) {
  if (!exists(name.path())) return;
  using std::filesystem::perms;
  EXPECT_EQ(status(name.path()).permissions(), perms::owner_read | perms::owner_write);
  segment_header header{};
  std::ifstream{name.path(), std::ios::binary}.read(reinterpret_cast<char*>(&header), sizeof(header));
  EXPECT_EQ(header.magic, segment_magic);
  EXPECT_EQ(header.total_bytes, file_size(name.path()));
}

// One round against a creator that stands where `count` says. False: it got to its end.
bool race_against_the_dead(crew& all, scratch_name const& name, step_count count,
                           std::uint64_t round) {
  stepper first{"victim", {name}};
  if (!first.advance(count)) return false;
  expect_whole_if_there(name);
  // Killed while the others come, or before.
  if (round % 2 == 0) all.begin(come, round);
  first.kill();
  if (round % 2 != 0) all.begin(come, round);
  EXPECT_EQ(all.finish(), "") << "after " << count.system_call_stops << " stops, "
                              << count.instructions << " instructions";
  expect_one_segment(all, round);
  EXPECT_EQ(all.everybody(leave), "");
  EXPECT_FALSE(exists(name.path()));
  return !::testing::Test::HasFailure();
}

TEST(open_race, ACreatorKilledAtAnySystemCallIsReplaced) {
  scratch_name const name;
  crew all{"opener", 4, {name}};
  std::uint64_t round = 0;
  while (race_against_the_dead(all, name, {static_cast<int>(round), 0}, round + 1)) ++round;
  EXPECT_GT(round, 40u) << "that is not a whole life";
}

TEST(open_race, ACreatorKilledAtARandomInstructionIsReplaced) {
  scratch_name const name;
  crew all{"opener", 4, {name}};
  std::mt19937 random{11};
  int killed = 0;
  for (int i = 0; i < rounds(20); ++i) {
    step_count const count{static_cast<int>(random() % 90), static_cast<int>(random() % 2000)};
    killed += race_against_the_dead(all, name, count, static_cast<std::uint64_t>(i) + 1);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(killed, 0);
}

// The segment is there and in use; one who opens it and leaves again is killed on the way.
TEST(open_race, AnOpenerKilledAtAnySystemCallHoldsNobodyUp) {
  scratch_name const name;
  auto const host = segment::create(name, 64_KiB);
  host.publish<block>("tag", 16u, std::uint64_t{5});
  host.publish<array<std::uint64_t>>("sum", 1);
  auto const free = host.free_bytes();
  int stops = 0;
  for (;; ++stops) {
    stepper guest{"victim", {name}};
    if (!guest.advance({stops, 0})) break;
    guest.kill();
    ASSERT_EQ(host.reference_count(), 1u) << "after " << stops << " stops";
    auto const next = segment::try_open(name);
    ASSERT_TRUE(next) << next.error().message();
    ASSERT_EQ(host.reference_count(), 2u);
    ASSERT_EQ(next->attach<block>("tag").word(0), 5u);
    ASSERT_EQ(host.free_bytes(), free);
  }
  EXPECT_GT(stops, 30) << "that is not a whole life";
}

}  // namespace
}  // namespace stoa
