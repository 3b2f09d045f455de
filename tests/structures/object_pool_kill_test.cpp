// A process dies, or stops, after every single instruction of each operation of an object pool.
//
// Killed: the operation happened entirely or not at all, nobody has what another holds, and every object can be
// acquired again. Stopped: what it holds stays its own, the others go on, and when it continues the books balance.
#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

using numbers = stoa::object_pool<std::uint64_t>;
constexpr std::uint64_t capacity = 3;

// What is held when the operation begins.
struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 6, .max_lanes = 4});
  numbers pool = home.publish<numbers>("p", static_cast<int>(capacity), block_generation_mask - 1);
  pool_handle ours;    // held by this process
  pool_handle corpse;  // held by one that is dead
  shared_report reported;
};
void hold_ours(scene& where) {
  where.ours = where.pool.acquire();
  where.pool[where.ours] = 7;
}
void hold_ours_and_a_corpse(scene& where) {
  hold_ours(where);
  where.corpse = segment::open(where.name).attach<numbers>("p").acquire();
}
// Nothing is free, and what a dead process holds is to be found.
void exhaust(scene& where) {
  hold_ours_and_a_corpse(where);
  static_cast<void>(where.pool.acquire());
  ASSERT_EQ(where.pool.size(), capacity);
}
void lose_all_hints(scene& where) {
  hold_ours(where);
  auto const body = where.home.attachment().entries().at(0).body;
  auto const hints = sizeof(object_pool_header) + align_up(capacity * 8, pad_bytes);
  reinterpret_cast<atomic_u64*>(body.data() + hints)->store(0);
}

// The victim, in its own process.
struct actor {
  segment home;
  numbers pool;
  pool_handle ours;
  pool_handle corpse;
  report& done;
  pool_handle mine{};
};
void acquire(actor& self) {
  if (auto const got = self.pool.acquire()) self.done.note_push(got.index);
}
void acquire_and_release(actor& self) {
  auto const got = self.pool.acquire();
  self.done.note_pop(self.pool.release(got));
}
void release_own(actor& self) { self.done.note_pop(self.pool.release(self.mine)); }
void release_ours(actor& self) { self.done.note_pop(self.pool.release(self.ours)); }
void adopt_ours(actor& self) { self.done.note_pop(self.pool.adopt(self.ours)); }
void adopt_of_the_dead(actor& self) { self.done.note_pop(self.pool.adopt(self.corpse)); }
void reclaim(actor& self) { self.done.note_pop(self.pool.reclaim()); }
void acquire_with_timeout(actor& self) {
  if (auto const got = self.pool.acquire_for(std::chrono::seconds{1}, wait_strategy::sleep))
    self.done.note_push(got.index);
}

struct operation {
  std::string name;
  void (*arrange)(scene&);
  bool has_own;  // the victim holds one before
  void (*run)(actor&);
};
void PrintTo(operation const& each, std::ostream* out) { *out << each.name; }

std::vector<operation> operations() {
  return {
      {"Acquire", hold_ours, false, acquire},
      {"AcquireAndRelease", hold_ours, false, acquire_and_release},
      {"ReleaseOwn", hold_ours, true, release_own},
      {"ReleaseOfWhatAnotherHolds", hold_ours, false, release_ours},
      {"Adopt", hold_ours, false, adopt_ours},
      {"AdoptOfWhatADeadOneHeld", hold_ours_and_a_corpse, false, adopt_of_the_dead},
      {"Reclaim", hold_ours_and_a_corpse, false, reclaim},
      {"AcquireOfWhatADeadOneHeld", exhaust, false, acquire},
      {"WaitForWhatADeadOneHeld", exhaust, false, acquire_with_timeout},
      {"AcquireWithoutHints", lose_all_hints, false, acquire},
      {"ReclaimOfHints", lose_all_hints, false, reclaim},
  };
}

// All that are not held by a living process, each once; then all of them are free again.
void expect_the_rest_to_be_free(scene const& where, std::uint64_t held_by_the_living) {
  where.pool.reclaim();
  EXPECT_EQ(where.pool.size(), held_by_the_living);
  std::vector<pool_handle> all;
  while (auto const got = where.pool.acquire()) all.push_back(got);
  EXPECT_EQ(all.size(), capacity - held_by_the_living);
  for (auto const& each : all) EXPECT_TRUE(where.pool.release(each));
}
std::uint64_t held_here(scene const& where) {
  std::uint64_t out = 0;
  for (auto const& each : where.pool.live()) out += where.pool.owner(each)->is_self;
  return out;
}

class object_pool_operation : public ::testing::TestWithParam<operation> {
 protected:
  static auto victim(scene const& where) {
    return [&where] {
      auto home = segment::open(where.name);
      auto pool = home.attach<numbers>("p");
      actor self{home, pool, where.ours, where.corpse, *where.reported.get()};
      if (GetParam().has_own) self.mine = pool.acquire();
      return [self]() mutable {
        GetParam().run(self);
        self.done.is_done = true;
      };
    };
  }
  static std::vector<std::uintptr_t> trace() {
    scene where;
    GetParam().arrange(where);
    return stepped_child{victim(where)}.trace();
  }
};

TEST_P(object_pool_operation, KilledAfterAnyInstructionHappenedOrNot) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    GetParam().arrange(where);
    auto const held_before = held_here(where);
    {
      stepped_child killed{victim(where)};
      here.lead(killed);
    }
    auto const& done = *where.reported.get();
    bool const is_ours_gone = where.pool.get(where.ours) == nullptr || !where.pool.owner(where.ours)->is_self;
    auto const held_now = held_here(where);
    auto const run = GetParam().run;
    // What this process holds it keeps, unless that was the operation.
    if (run != release_ours && run != adopt_ours) {
      EXPECT_FALSE(is_ours_gone);
    }
    EXPECT_EQ(held_now, held_before - is_ours_gone);
    EXPECT_FALSE(done.is_done && (run == release_ours || run == adopt_ours) && !is_ours_gone)
        << "it returned, and did not happen";
    if (!is_ours_gone) {
      EXPECT_EQ(where.pool[where.ours], 7u);
    }
    expect_the_rest_to_be_free(where, held_now);
    if (where.corpse) {
      EXPECT_EQ(where.pool.get(where.corpse), nullptr) << "stale for ever";
    }
    if (run == release_ours || run == adopt_ours) return is_ours_gone ? effect::whole : effect::none;
    return effect::undecided;
  });
}

TEST_P(object_pool_operation, StoppedAfterAnyInstructionHoldsUpNobody) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    GetParam().arrange(where);
    {
      stepped_child stopped{victim(where)};
      here.lead(stopped);
      where.pool.reclaim();
      std::set<std::uint64_t> theirs;  // held by the stopped one
      for (auto const& each : where.pool.live()) {
        auto const owner = where.pool.owner(each);
        EXPECT_TRUE(owner->is_alive) << "what the dead held is free again, whoever is stopped in taking it back";
        if (!owner->is_self) theirs.insert(each.index);
      }
      // The others go on meanwhile: all the rest can be had, more than once.
      for (int round = 0; round < 3; ++round) {
        std::vector<pool_handle> got;
        while (auto const one = where.pool.acquire()) {
          EXPECT_FALSE(theirs.contains(one.index)) << "slow is not dead";
          where.pool[one] = 100 + one.index;
          got.push_back(one);
        }
        EXPECT_EQ(where.pool.size(), capacity);
        EXPECT_EQ(where.pool.reclaim(), 0u);
        for (auto const& each : got) {
          EXPECT_EQ(where.pool[each], 100 + each.index);
          EXPECT_TRUE(where.pool.release(each)) << "nobody took it away";
        }
      }
      EXPECT_TRUE(stopped.finish());
      // It goes on: what it says it took, it has; and nobody else.
      auto const& done = *where.reported.get();
      if (done.pushes != 0) {
        EXPECT_EQ(where.pool.size(), held_here(where) + 1);
      }
      if (GetParam().run == release_own || GetParam().run == release_ours || GetParam().run == adopt_ours) {
        EXPECT_EQ(done.pops, 1u);
        EXPECT_EQ(done.popped[0], 1u);
      }
    }
    expect_the_rest_to_be_free(where, held_here(where));
    return effect::undecided;
  });
}

// A releaser and an adopter of one handle, of whom the first is stopped anywhere and then killed.
TEST(object_pool_rivals, OneReleaserWinsWhereverTheOtherDies) {
  auto const victim = [](scene const& where) {
    return [&where] {
      auto const home = segment::open(where.name);
      actor self{home, home.attach<numbers>("p"), where.ours, where.corpse, *where.reported.get()};
      return [self]() mutable {
        release_ours(self);
        self.done.is_done = true;
      };
    };
  };
  auto const trace = [&] {
    scene where;
    hold_ours(where);
    return stepped_child{victim(where)}.trace();
  };
  for_each_instruction(trace, [&](cut const& here) {
    scene where;
    hold_ours(where);
    stepped_child stopped{victim(where)};
    here.lead(stopped);
    bool const won = where.pool.release(where.ours);
    // Its next holder is not disturbed by what the other still does.
    std::vector<pool_handle> all;
    while (auto const got = where.pool.acquire()) all.push_back(got);
    where.pool.reclaim();
    while (auto const got = where.pool.acquire()) all.push_back(got);
    EXPECT_EQ(all.size(), capacity);
    if (here.after % 2 == 0) {
      EXPECT_TRUE(stopped.finish());
      EXPECT_EQ(where.reported.get()->popped[0] + won, 1u);
    }
    stopped.kill();
    for (auto const& each : all) EXPECT_TRUE(where.pool.release(each));
    expect_the_rest_to_be_free(where, 0);
    return won ? effect::none : effect::whole;
  });
}

// Who finds an object held clears its hint; its holder, who releases it just then, may still have seen the hint. Without
// anybody who looks at all words, the object is found or its hint is set, wherever the two meet.
TEST(object_pool_rivals, NoHintIsLostBetweenAReleaserAndWhoFoundItHeld) {
  auto const hints_of = [](segment const& home) {
    auto const body = home.attachment().entries().at(0).body;
    return reinterpret_cast<atomic_u64*>(body.data() + sizeof(object_pool_header) + align_up(capacity * 8, pad_bytes));
  };
  auto const hold_all = [&](scene& where) {
    hold_ours(where);
    while (where.pool.acquire()) {
    }
    hints_of(where.home)->store((1u << capacity) - 1);
  };
  auto const victim = [](scene const& where) {
    return [&where] {
      auto const home = segment::open(where.name);
      auto const bytes = object_pool_bytes::adopt(home.attachment().entries().at(0)).value();
      auto const self = object_pool_bytes::owner_for(home.attachment().self());
      auto const start = (where.ours.index + 1) % capacity;
      return [home, bytes, self, start, done = where.reported.get()] {
        if (bytes.blocks().take(self, start)) done->note_push(1);
        done->is_done = true;
      };
    };
  };
  auto const trace = [&] {
    scene where;
    hold_all(where);
    return stepped_child{victim(where)}.trace();
  };
  for_each_instruction(trace, [&](cut const& here) {
    scene where;
    hold_all(where);
    stepped_child stopped{victim(where)};
    here.lead(stopped);
    EXPECT_TRUE(where.pool.release(where.ours));
    EXPECT_TRUE(stopped.finish());
    auto const hint = std::uint64_t{1} << where.ours.index;
    EXPECT_TRUE(where.reported.get()->pushes == 1 || (hints_of(where.home)->load() & hint) != 0);
    return effect::undecided;
  });
}

INSTANTIATE_TEST_SUITE_P(each, object_pool_operation, ::testing::ValuesIn(operations()),
                         [](auto const& each) { return each.param.name; });

}  // namespace
}  // namespace stoa::testing
