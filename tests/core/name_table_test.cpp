#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <set>
#include <stoa/name_table.hpp>

namespace stoa {
namespace {

// A segment's tables in this process's memory.
class table_fixture : public testing::Test {
 protected:
  table_fixture()
      : layout_{*segment_layout::compute(limits_)},
        bytes_{static_cast<std::byte*>(std::aligned_alloc(page_bytes, layout_.total_bytes)),
               &std::free},
        map_{zeroed(), limits_, layout_},
        table_{map_} {}

  std::byte* zeroed() {
    std::fill_n(bytes_.get(), layout_.total_bytes, std::byte{0});
    return bytes_.get();
  }
  static entry_record record(std::string_view name) {
    entry_record made{};
    name.copy(made.name.data(), made.name.size() - 1);
    return made;
  }
  // As publish does it.
  std::uint32_t add(std::string_view name, name_state state = name_state::live) {
    auto const slot = *table_.free_slot(name, [&](std::uint32_t each) { return is_live(each); });
    auto const word = table_.build(slot, name, record(name));
    if (state != name_state::building) table_.become(slot, word, state);
    return slot;
  }
  bool is_live(std::uint32_t slot) const { return state_of(table_.word(slot)) == name_state::live; }
  void retire(std::uint32_t slot) { table_.become(slot, table_.word(slot), name_state::retired); }
  // The first `count` names that start probing in the same slot.
  std::vector<std::string> colliding(std::size_t count) const {
    std::vector<std::string> names;
    auto const home = [&](std::string const& name) {
      return name_table::hash(name) & (layout_.name_slots - 1);
    };
    for (int i = 0; names.size() < count; ++i) {
      auto const name = "n" + std::to_string(i);
      if (names.empty() || home(name) == home(names.front())) names.push_back(name);
    }
    return names;
  }

  segment_limits limits_{page_bytes, 40, 2, 2};
  segment_layout layout_;
  std::unique_ptr<std::byte, decltype(&std::free)> bytes_;
  segment_map map_;
  name_table table_;
};

using name_table_test = table_fixture;

TEST_F(name_table_test, AnEmptyTableHasNoName) {
  EXPECT_FALSE(table_.find("anything"));
  EXPECT_FALSE(table_.find_any(""));
}

TEST_F(name_table_test, FindsWhatIsLiveAndOnlyThat) {
  auto const slot = add("prices");
  auto const found = table_.find("prices");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->slot, slot);
  EXPECT_STREQ(found->record.name.data(), "prices");
  EXPECT_FALSE(table_.find("price"));
  EXPECT_FALSE(table_.find("prices2"));
}

TEST_F(name_table_test, WhatIsBeingBuiltIsSeenByPublishersOnly) {
  add("prices", name_state::building);
  EXPECT_FALSE(table_.find("prices"));
  EXPECT_TRUE(table_.find_any("prices"));
}

TEST_F(name_table_test, WhatIsRetiredIsGone) {
  retire(add("prices"));
  EXPECT_FALSE(table_.find("prices"));
  EXPECT_FALSE(table_.find_any("prices"));
}

TEST_F(name_table_test, NamesWithOneHomeAreAllFound) {
  auto const names = colliding(6);
  std::set<std::uint32_t> slots;
  for (auto const& name : names) slots.insert(add(name));
  EXPECT_EQ(slots.size(), names.size());
  for (auto const& name : names) EXPECT_TRUE(table_.find(name)) << name;
}

TEST_F(name_table_test, RetiringOneLeavesTheOthersOnItsPath) {
  auto const names = colliding(4);
  std::vector<std::uint32_t> slots;
  for (auto const& name : names) slots.push_back(add(name));
  retire(slots[0]);
  retire(slots[2]);
  table_.tidy(slots[0]);
  table_.tidy(slots[2]);
  EXPECT_FALSE(table_.find(names[0]));
  EXPECT_TRUE(table_.find(names[1]));
  EXPECT_FALSE(table_.find(names[2]));
  EXPECT_TRUE(table_.find(names[3])) << "tidying cut the path to it";
}

TEST_F(name_table_test, TidyEmptiesTheEndOfAPathOnly) {
  auto const names = colliding(2);
  auto const first = add(names[0]);
  auto const second = add(names[1]);
  retire(first);
  table_.tidy(first);
  EXPECT_EQ(state_of(table_.word(first)), name_state::retired) << "a live name lies behind it";
  retire(second);
  table_.tidy(second);
  table_.tidy(first);
  EXPECT_EQ(state_of(table_.word(second)), name_state::empty);
  EXPECT_EQ(state_of(table_.word(first)), name_state::empty);
}

TEST_F(name_table_test, AReusedSlotHasAnotherGeneration) {
  auto const slot = add("prices");
  auto const word = table_.word(slot);
  retire(slot);
  table_.tidy(slot);
  ASSERT_EQ(add("prices"), slot);
  EXPECT_NE(table_.word(slot), word) << "whoever read the old entry must notice";
  EXPECT_FALSE(table_.read(slot, word));
}

TEST_F(name_table_test, AnUnusedSlotOnThePathIsUsedAgain) {
  auto const names = colliding(2);
  auto const first = add(names[0]);
  add(names[1]);
  retire(first);
  EXPECT_EQ(add(names[0]), first);
}

TEST_F(name_table_test, ProbingEndsInATableWithoutAnEmptySlot) {
  for (std::uint32_t i = 0; i < layout_.name_slots; ++i) add("name" + std::to_string(i));
  EXPECT_FALSE(table_.find("another"));
  EXPECT_FALSE(table_.free_slot("another", [](std::uint32_t) { return true; }));
  for (std::uint32_t i = 0; i < layout_.name_slots; ++i)
    EXPECT_TRUE(table_.find("name" + std::to_string(i)));
}

TEST_F(name_table_test, ANameOfFullLengthIsFoundAndOneWithoutEndIsNot) {
  std::string const longest(name_capacity - 1, 'x');
  auto const slot = add(longest);
  EXPECT_TRUE(table_.find(longest));
  // The terminating zero is in the last byte of the name.
  auto& word = map_.entries()[slot].words[name_capacity / 8 - 1];
  word.store(~std::uint64_t{0}, std::memory_order_relaxed);
  EXPECT_FALSE(table_.find(longest));
}

TEST_F(name_table_test, ChurnLeavesEveryLiveNameReachable) {
  std::set<std::string> live;
  for (int i = 0; i < 2000; ++i) {
    auto const name = "n" + std::to_string(i * 7919 % 97);
    if (live.contains(name)) {
      retire(table_.find(name)->slot);
      live.erase(name);
    } else if (live.size() < limits_.max_entries) {
      for (std::uint32_t slot = layout_.name_slots; slot-- > 0;)
        if (state_of(table_.word(slot)) == name_state::retired) table_.tidy(slot);
      add(name);
      live.insert(name);
    }
    for (auto const& each : live) ASSERT_TRUE(table_.find(each)) << each << " after step " << i;
  }
}

}  // namespace
}  // namespace stoa
