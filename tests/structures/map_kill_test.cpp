// A process dies, or stops, after every single instruction of each change of a map.
//
// Killed: the others find the change done entirely or not at all, every other element as it was, and every
// bucket can be changed; no overflow bucket is lost. Stopped: readers go on at once, and when it continues its
// change counts once.
#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

using numbers = stoa::map<std::uint64_t, sealed>;
using contents = std::map<std::uint64_t, std::uint64_t>;

constexpr std::uint64_t key = 50;

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  numbers map = home.publish<numbers>("m", 24);  // six homes, three overflow buckets
  shared_report reported;

  map_bucket& bucket(std::uint64_t index) const {
    auto const entry = *home.entries().begin();
    auto const bytes = map_layout{8, sizeof(sealed), 8}.bucket_bytes();
    return *reinterpret_cast<map_bucket*>(entry.view().body.data() + sizeof(map_header) + index * bytes);
  }
};

std::uint64_t home_of(std::uint64_t number) { return (key_image<std::uint64_t>{number}.hash >> 32) * 6 >> 32; }
std::vector<std::uint64_t> keys_of_home(std::uint64_t home, std::size_t count) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t n = key + 1; out.size() < count; ++n)
    if (home_of(n) == home) out.push_back(n);
  return out;
}
// Keys that share the home of `key`; and of two other homes.
std::vector<std::uint64_t> neighbours(std::size_t count) { return keys_of_home(home_of(key), count); }
std::vector<std::uint64_t> strangers() {
  auto out = keys_of_home((home_of(key) + 1) % 6, 2);
  out.push_back(keys_of_home((home_of(key) + 3) % 6, 1).front());
  return out;
}

struct operation {
  std::string name;
  std::size_t filled;  // neighbours that are there
  bool has_key;
  void (*run)(numbers const&);
  bool has_corpse = false;    // another died with the lock
  bool is_scattered = false;  // one neighbour is in the overflow bucket, and its place in the home bucket is free
};
void PrintTo(operation const& each, std::ostream* out) { *out << each.name; }

void insert(numbers const& map) { map.insert(key, sealed{7}); }
void assign(numbers const& map) { map.insert_or_assign(key, sealed{7}); }
void add_one(numbers const& map) {
  map.update(key, [](sealed& each) { each = sealed{each.number() + 1}; });
}
void erase(numbers const& map) { map.erase(key); }
void recover(numbers const& map) { map.recover(); }
void clear(numbers const& map) { map.clear(); }

class map_operation : public ::testing::TestWithParam<operation> {
 protected:
  static void arrange(scene& where) {
    for (auto const n : neighbours(GetParam().filled)) ASSERT_TRUE(where.map.insert(n, sealed{n}));
    if (GetParam().has_key) {
      ASSERT_TRUE(where.map.insert(key, sealed{1}));
    }
    if (GetParam().run == &clear) {
      for (auto const n : strangers()) ASSERT_TRUE(where.map.insert(n, sealed{n}));
    }
    if (GetParam().is_scattered) {
      auto const moved = neighbours(1).front();
      ASSERT_TRUE(where.map.insert_or_assign(moved, sealed{moved}));
    }
    if (!GetParam().has_corpse) return;
    // Dies with the lock, and an overflow bucket that it has just claimed or is about to free.
    auto const used = where.map.statistics().overflows_used;
    stepped_child corpse{[&] {
      return [map = segment::open(where.name).attach<numbers>("m")] { GetParam().has_key ? erase(map) : insert(map); };
    }};
    ASSERT_TRUE(corpse.step_until([&] {
      return lock_of(where.bucket(home_of(key)).control.load()) != 0 && where.map.statistics().overflows_used != used;
    }));
  }
  static auto victim(scene const& where) {
    return [&where] {
      auto map = segment::open(where.name).attach<numbers>("m");
      map.contains(key);
      return [map, done = where.reported.get()] {
        GetParam().run(map);
        done->is_done = true;
      };
    };
  }
  static std::vector<std::uintptr_t> trace() {
    scene where;
    arrange(where);
    return stepped_child{victim(where)}.trace();
  }
  // What the map holds; whole, and each key where find looks for it.
  static contents found_in(numbers const& map) {
    contents out;
    map.for_each([&](std::uint64_t each, sealed const& value) {
      EXPECT_TRUE(value.is_whole());
      EXPECT_TRUE(out.emplace(each, value.number()).second) << "twice: " << each;
      EXPECT_TRUE(map.contains(each));
    });
    EXPECT_EQ(map.size(), out.size());
    return out;
  }
  static contents without_victim() {
    contents out;
    for (auto const n : neighbours(GetParam().filled)) out[n] = n;
    if (GetParam().has_key) out[key] = 1;
    if (GetParam().run == &clear)
      for (auto const n : strangers()) out[n] = n;
    return out;
  }
  static contents expected(bool happened) {
    auto out = without_victim();
    auto const run = GetParam().run;
    if (happened && (run == &insert || run == &assign) && (run == &assign || !GetParam().has_key)) out[key] = 7;
    if (happened && run == &add_one && GetParam().has_key) ++out[key];
    if (happened && run == &erase) out.erase(key);
    if (happened && run == &clear) out.clear();
    return out;
  }
  // Each home is as it was, or empty.
  static effect judge_clear(contents const& found, contents const& before, bool is_done) {
    for (std::uint64_t home = 0; home < 6; ++home) {
      auto const of_home = [&](contents all) {
        std::erase_if(all, [&](auto const& each) { return home_of(each.first) != home; });
        return all;
      };
      auto const left = of_home(found);
      EXPECT_TRUE(left.empty() || left == of_home(before)) << home << ": " << ::testing::PrintToString(left);
    }
    EXPECT_FALSE(is_done && !found.empty()) << "it returned, and did not happen";
    return found.empty() ? effect::whole : found == before ? effect::none : effect::undecided;
  }
  static effect judge(contents const& found, bool is_done) {
    auto const before = expected(false);
    if (GetParam().run == &clear) return judge_clear(found, before, is_done);
    auto const after = expected(true);
    if (GetParam().has_corpse && GetParam().has_key && GetParam().run == &recover) {
      auto corpse_happened = before;
      corpse_happened.erase(key);
      EXPECT_TRUE(found == before || found == corpse_happened);
      return effect::undecided;
    }
    return effect_of(found, before, after, is_done);
  }
  // Every bucket can be changed, and no overflow bucket is lost.
  static void expect_all_usable(scene const& where) {
    for (std::uint64_t n = 1000; n < 1012; ++n) {
      ASSERT_TRUE(where.map.insert_or_assign(n, sealed{n}));
      ASSERT_TRUE(where.map.erase(n));
    }
    for (auto const n : neighbours(GetParam().filled)) where.map.erase(n);
    for (auto const n : strangers()) where.map.erase(n);
    where.map.erase(key);
    EXPECT_TRUE(where.map.empty());
    where.map.recover();
    EXPECT_EQ(where.map.statistics().overflows_used, 0u);
    auto const many = neighbours(24);
    for (auto const n : many) ASSERT_TRUE(where.map.insert(n, sealed{n}));
    for (auto const n : many) ASSERT_EQ(where.map.find(n)->number(), n);
    for (std::uint64_t i = 0; i < 6; ++i) EXPECT_EQ(lock_of(where.bucket(i).control.load()), 0u);
    for (auto& each : where.home.attachment().map().used_lanes())
      EXPECT_EQ(op_of(each.intent.what.load()), lane_op::none);
  }
};

TEST_P(map_operation, KilledAfterAnyInstructionHappenedOrNot) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    arrange(where);
    {
      stepped_child killed{victim(where)};
      here.lead(killed);
    }
    auto const seen = found_in(where.map);  // before anybody has settled anything
    auto const found = judge(seen, where.reported.get()->is_done);
    if (here.after % 2 == 0) where.map.recover();
    EXPECT_TRUE(where.home.verify(others::stand_still).is_clean());
    expect_all_usable(where);
    return found;
  });
}

TEST_P(map_operation, StoppedAfterAnyInstructionKeepsNoReader) {
  for_each_instruction(&trace, [](cut const& here) {
    scene where;
    arrange(where);
    effect found = effect::undecided;
    {
      stepped_child stopped{victim(where)};
      here.lead(stopped);
      auto const held = lock_of(where.bucket(home_of(key)).control.load());
      auto const before = found_in(where.map);
      where.map.recover();  // must not touch what the living hold
      if (!GetParam().has_corpse) {
        EXPECT_EQ(lock_of(where.bucket(home_of(key)).control.load()), held);
      }
      EXPECT_EQ(found_in(where.map), before);
      found = judge(before, false);
      EXPECT_TRUE(stopped.finish());
    }
    judge(found_in(where.map), true);
    expect_all_usable(where);
    return found;
  });
}

INSTANTIATE_TEST_SUITE_P(
    each, map_operation,
    ::testing::Values(operation{"Insert", 1, false, insert}, operation{"InsertThatNeedsAnotherBucket", 6, false, insert},
                      operation{"InsertIntoAnOverflowBucket", 7, false, insert},
                      operation{"InsertOfWhatIsThere", 1, true, insert}, operation{"Assign", 1, true, assign},
                      operation{"AssignIntoAnOverflowBucket", 6, true, assign},
                      operation{"AssignOfANewKey", 6, false, assign}, operation{"Update", 6, true, add_one},
                      operation{"Erase", 1, true, erase}, operation{"EraseThatFreesABucket", 6, true, erase},
                      operation{"EraseThatMovesAnElement", 6, true, erase, false, true},
                      operation{"InsertAfterADeadInsert", 6, false, insert, true},
                      operation{"RecoveryAfterADeadErase", 6, true, recover, true},
                      operation{"RecoveryAfterADeadInsert", 6, false, recover, true},
                      operation{"Clear", 6, true, clear}),
    [](auto const& each) { return each.param.name; });

// It has seen that the key is not there when others put it in.
TEST(map_kill, AnInserterThatComesLateFindsTheKey) {
  constexpr std::size_t filled = 6;  // so that it has to look at the whole bucket first
  auto const arrange = [](scene const& where) {
    for (auto const n : neighbours(filled)) ASSERT_TRUE(where.map.insert(n, sealed{n}));
  };
  auto const late = [](scene const& where) {
    return [&where] {
      auto map = segment::open(where.name).attach<numbers>("m");
      map.contains(key);
      return [map] { insert(map); };
    };
  };
  auto const trace = [&] {
    scene where;
    arrange(where);
    return stepped_child{late(where)}.trace();
  };
  for_each_instruction(trace, [&](cut const& here) {
    scene where;
    arrange(where);
    bool was_first = false;
    {
      stepped_child inserter{late(where)};
      here.lead(inserter);
      if (lock_of(where.bucket(home_of(key)).control.load()) == 0)  // else it would be waited for
        was_first = where.map.insert(key, sealed{8}).is_new();
      EXPECT_TRUE(inserter.finish());
    }
    std::vector<std::uint64_t> found;
    where.map.for_each([&](std::uint64_t each, sealed const& value) {
      if (each == key) found.push_back(value.number());
    });
    EXPECT_EQ(found, std::vector<std::uint64_t>{was_first ? 8u : 7u});
    return effect::undecided;
  });
}

}  // namespace
}  // namespace stoa::testing
