// One erases and publishes a name again and again while others attach to it: what they hold stays
// theirs.
#include <gtest/gtest.h>

#include <optional>
#include <stoa/stoa.hpp>

#include "block.hpp"
#include "crew.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;

enum what { come = 1, race = 2, hold = 3, let_go = 4 };

// Holders may have all the bytes at a moment: that is the one reason not to publish.
void replace_for_ever(segment const& where, std::uint64_t times,
                      std::atomic<std::uint64_t>& is_over) {
  for (std::uint64_t tag = 1; tag <= times; ++tag) {
    where.erase("name");
    where.erase("other");
    for (auto const* each : {"other", "name"}) {
      auto const made = where.try_publish<block>(each, 300u, tag << 1 | (each[0] == 'o'));
      if (!made && made.error().code() != errc::no_space &&
          made.error().code() != errc::too_many_entries)
        throw error{made.error()};
    }
  }
  is_over = 1;
}

// Whatever is attached is whole, and stays as it is.
std::uint64_t attach_for_ever(segment const& where, std::atomic<std::uint64_t>& is_over) {
  std::uint64_t attached = 0;
  while (is_over == 0) {
    auto const found = where.try_attach<block>("name");
    if (!found && found.error().code() != errc::no_such_name) throw error{found.error()};
    if (!found) continue;
    ++attached;
    auto const tag = found->word(0);
    if ((tag & 1) != 0) throw std::runtime_error{"attached to the bytes of another name"};
    for (int i = 0; i < 10; ++i)
      if (!found->is_all(tag))
        throw std::runtime_error{"the bytes were handed out while they were attached"};
  }
  return attached;
}

child_program const racer{"racer", [](child_arguments const& a) {
                            std::optional<segment> mine;
                            std::optional<block> held;
                            return serve(a, [&](order const& o, answer& said, crew_memory& memory) {
                              switch (o.what) {
                                case come:
                                  mine = segment::open(a.at(first_own_argument));
                                  break;
                                case race:
                                  if (o.member == 0)
                                    replace_for_ever(*mine, o.argument, memory.shared[0]);
                                  else
                                    said.words[0] = attach_for_ever(*mine, memory.shared[0]);
                                  break;
                                case hold:
                                  held = mine->attach<block>("name");
                                  break;
                                case let_go:
                                  held.reset();
                                  break;
                              }
                            });
                          }};

segment_options small() {
  segment_options options;
  options.max_entries = 16;
  options.max_participants = 8;
  return options;
}

TEST(erase_race, WhatIsAttachedIsNeverHandedOut) {
  scratch_name const name;
  auto const host = segment::create(name, 24_KiB, small());
  auto const free = host.free_bytes();
  crew all{"racer", 4, {name}};
  ASSERT_EQ(all.everybody(come), "");
  std::uint64_t attached = 0;
  for (int round = 0; round < rounds(20); ++round) {
    all.shared(0) = 0;
    ASSERT_EQ(all.everybody(race, 100), "") << "round " << round;
    for (int i = 1; i < all.size(); ++i) attached += all.answer_of(i).words[0];
  }
  EXPECT_GT(attached, 0u) << "nobody ever attached: nothing was tried";
  host.erase("name");
  host.erase("other");
  EXPECT_EQ(host.free_bytes(), free);
}

TEST(erase_race, BytesOfAnErasedNameComeBackWhenItsLastHolderDies) {
  scratch_name const name;
  auto const host = segment::create(name, 24_KiB, small());
  auto const free = host.free_bytes();
  static_cast<void>(host.publish<block>("name", 300u, std::uint64_t{3}));
  crew all{"racer", 3, {name}};
  ASSERT_EQ(all.everybody(come), "");
  ASSERT_EQ(all.everybody(hold), "");
  ASSERT_TRUE(host.erase("name"));
  EXPECT_LT(host.free_bytes(), free);
  all.member(0).kill();
  all.member(1).stop();
  all.dismiss(0);
  all.dismiss(1);
  EXPECT_LT(host.free_bytes(), free);
  ASSERT_EQ(all.everybody(let_go), "");
  EXPECT_LT(host.free_bytes(), free) << "one who is stopped still holds them";
  all.member(1).kill();
  EXPECT_EQ(host.free_bytes(), free);
}

}  // namespace
}  // namespace stoa
