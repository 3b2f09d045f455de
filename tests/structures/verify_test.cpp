// What verify() says: nothing of structures that were used, and what is wrong of those whose bytes contradict them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stoa/name_table.hpp>
#include <stoa/stoa.hpp>

#include "hostile_subjects.hpp"
#include "scratch.hpp"
#include "spoiled_kinds.hpp"
#include "spoiled_tables.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

segment_options small() {
  segment_options options;
  options.max_entries = 8;
  options.max_participants = 3;
  options.max_lanes = 4;
  options.lifetime = lifetime::persistent;
  return options;
}

std::vector<std::string> damages_in(verification const& of) {
  std::vector<std::string> out;
  for (auto const& each : of.findings)
    if (each.severity == severity::damage) out.push_back(each.text());
  return out;
}

// As a process leaves it that is killed when it has published it; and while another one does all that can be done.
TEST(verify, FindsNothingInStructuresThatAreUsed) {
  for (auto const& [called, what] : subjects()) {
    scratch_name const first;
    scratch_name const name;
    auto const published = segment::create(first, 32_KiB, small());
    what.publish(published);
    EXPECT_THAT(damages_in(published.verify()), IsEmpty()) << called;
    auto const left = specimen_of(published);
    hostile_trial{name, left.bytes, {}, 0, {}}.write_undamaged();
    auto const found = segment::open_read_only(name).verify();
    EXPECT_TRUE(found.was_still) << called;
    EXPECT_EQ(found.structures, 1u) << called;
    EXPECT_THAT(damages_in(found), IsEmpty()) << called;

    auto const opened = segment::open(name);
    auto const one = what.attach(opened);
    for (auto const* group : {&one.looking, &one.changing})
      for (auto const& call : *group) {
        call();
        EXPECT_THAT(damages_in(opened.verify(others::stand_still)), IsEmpty()) << called;
      }
    EXPECT_THAT(damages_in(opened.verify()), IsEmpty()) << called;
  }
}

TEST(verify, ChangesNothing) {
  for (auto const& kind : spoiled_kinds()) {
    scratch_name const name;
    auto const made = segment::create(name, 64_KiB, small());
    kind.publish(made);
    auto const* const base = made.attachment().map().base();
    std::vector<std::byte> const before(base, base + made.size());
    for (auto const who : {others::may_work, others::stand_still}) static_cast<void>(made.verify(who));
    // And a reader has no right to write: it would be ended.
    EXPECT_TRUE(segment::open_read_only(name).verify().is_clean());
    EXPECT_TRUE(std::equal(before.begin(), before.end(), base)) << kind.name;
  }
}

TEST(verify, KnowsWhetherOthersAreThere) {
  scratch_name const name;
  auto const made = segment::create(name, 32_KiB, small());
  EXPECT_TRUE(made.verify().was_still) << "there is only who asks, and he has nothing attached";
  {
    auto const held = made.publish<value<int>>("it");
    EXPECT_FALSE(made.verify().was_still) << "a thread of his own may be at work";
    EXPECT_TRUE(made.verify(others::stand_still).was_still);
  }
  EXPECT_TRUE(made.verify().was_still);
  auto const second = segment::open(name);
  EXPECT_FALSE(made.verify().was_still);
  EXPECT_FALSE(segment::open_read_only(name).verify().was_still);
}

// Each damage alone, in a segment of its own: it is named, where it is; whoever may be at work too, if that can be
// known then; and nothing else is blamed that is not next to it.
TEST(verify, NamesWhatContradictsAStructure) {
  for (auto const& kind : spoiled_kinds())
    for (auto const& each : kind.damages) {
      SCOPED_TRACE(kind.name + ": " + each.what);
      scratch_name const name;
      auto const made = segment::create(name, 64_KiB, small());
      kind.publish(made);
      auto const body = made.attachment().entries().at(0).body;
      ASSERT_THAT(damages_in(made.verify(others::stand_still)), IsEmpty());
      each.spoil(body.data(), made);
      for (auto const who : {others::stand_still, others::may_work}) {
        auto const other = segment::open(name);  // who may be at work
        if (who == others::may_work && !each.is_seen_while_others_work) continue;
        auto const found = made.verify(who);
        EXPECT_FALSE(found.is_clean());
        EXPECT_THAT(damages_in(found), ::testing::Contains(HasSubstr(each.field)));
        for (auto const& one : found.findings)
          if (one.severity == severity::damage && one.structure == "it" &&
              one.field.find("lane") == std::string::npos) {
            auto const begin = static_cast<std::uint64_t>(body.data() - made.attachment().map().base());
            EXPECT_TRUE(one.offset >= begin && one.offset < begin + body.size()) << one.text();
          }
      }
    }
}

TEST(verify, NamesWhatContradictsTheTables) {
  for (auto const& each : spoiled_tables()) {
    SCOPED_TRACE(each.what);
    scratch_name const name;
    auto const made = segment::create(name, 64_KiB, small());
    made.publish<queue<int>>("one", 4);
    made.publish<queue<int>>("other", 4).push(1);
    ASSERT_THAT(damages_in(made.verify()), IsEmpty());
    each.spoil(made.attachment().map().base(), made);
    EXPECT_THAT(damages_in(made.verify()), ::testing::Contains(HasSubstr(each.field)));
  }
}

TEST(verify, ATruncatedFileIsDamageAndNotTouched) {
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB, small());
  made.publish<array<int>>("it", 4);
  std::filesystem::resize_file(name.path(), 4096);
  auto const found = made.verify();
  std::filesystem::resize_file(name.path(), made.size());  // for our own handles
  ASSERT_EQ(found.findings.size(), 1u);
  EXPECT_THAT(found.findings[0].text(), HasSubstr("found 4096"));
}

TEST(verify, AnUnknownKindIsANote) {
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB, small());
  made.publish<array<int>>("it", 4);
  auto const& map = made.attachment().map();
  auto found = name_table{map}.find("it").value();
  found.record.kind = {'o', 't', 'h', 'e', 'r'};
  store_words(map.entries()[found.slot].words.data(), &found.record, sizeof(found.record));
  auto const seen = made.verify();
  EXPECT_TRUE(seen.is_clean());
  ASSERT_EQ(seen.findings.size(), 1u);
  EXPECT_EQ(seen.findings[0].severity, severity::note);
}

}  // namespace
}  // namespace stoa::testing
