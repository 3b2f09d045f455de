// Every byte of a small segment's tables and of its structures' headers is set to 0x00, to 0xff and
// to something else; then the segment is opened, looked at and used. Each call ends in a value or
// an error, soon.
//
// Under AddressSanitizer a read outside of the mapping is a crash too.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <random>
#include <stoa/kinds.hpp>
#include <stoa/stoa.hpp>

#include "child.hpp"
#include "header_check.hpp"
#include "hostile.hpp"
#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace std::chrono_literals;
using namespace stoa::testing;

struct sample {
  std::uint64_t number;
  double value;
};
BOOST_DESCRIBE_STRUCT(sample, (), (number, value))

segment_options small() {
  segment_options options;
  options.max_entries = 4;
  options.max_participants = 2;
  options.max_lanes = 2;
  return options;
}

void publish_all(segment const& in) {
  in.publish<array<sample>>("array", 3)[1] = {7, 7.0};
  auto const v = in.publish<value<sample>>("value", 2);
  v.store({1, 1.0});
  auto const s = in.publish<spsc_queue<sample>>("spsc", 4);
  static_cast<void>(s.try_push({1, 1.0}));
  auto const q = in.publish<queue<sample>>("queue", 4);
  q.push({1, 1.0});
  q.push({2, 2.0});
}

// A segment with one structure of each kind, as a process that was killed leaves it: a lane, a
// lease and attachment bits are in use, and the queues are neither empty nor full.
specimen make_specimen() {
  scratch_name const name;
  auto const made = segment::create(name, 16_KiB, small());
  publish_all(made);
  auto const q = made.attach<queue<sample>>("queue");
  auto const held = made.attach<array<sample>>("array");
  auto const lease = q.claim();
  return specimen_of(made);
}

void use_array(segment const& in) {
  auto const a = in.attach<array<sample>>("array");
  std::uint64_t sum = 0;
  for (auto const& each : a) sum += each.number;
  a[a.size() - 1] = {sum, 0.0};
  a.fill({});
}
void use_value(segment const& in) {
  auto const v = in.attach<value<sample>>("value");
  tolerate([&] { static_cast<void>(v.load()); });
  tolerate([&] { v.store({2, 2.0}); });
  tolerate([&] { v.update([](sample& each) { ++each.number; }); });
  tolerate([&] { static_cast<void>(v.load_versioned()); });
}
void use_spsc_queue(segment const& in) {
  auto const s = in.attach<spsc_queue<sample>>("spsc");
  std::array<sample, 6> some{};
  for (int i = 0; i < 6; ++i) tolerate([&] { static_cast<void>(s.try_push({2, 2.0})); });
  tolerate([&] { static_cast<void>(s.push_for({3, 3.0}, 100us)); });
  for (int i = 0; i < 6; ++i) tolerate([&] { static_cast<void>(s.try_pop()); });
  tolerate([&] { static_cast<void>(s.pop_for(100us)); });
  tolerate([&] { static_cast<void>(s.try_push_n(some)); });
  tolerate([&] { static_cast<void>(s.try_pop_n(some)); });
  static_cast<void>(s.size());
  static_cast<void>(s.statistics());
}
void use_queue(segment const& in) {
  auto const q = in.attach<queue<sample>>("queue");
  std::array<sample, 6> some{};
  tolerate([&] { q.recover(); });
  tolerate([&] { q.try_claim().commit(); });
  tolerate([&] { static_cast<void>(q.try_claim()); });
  for (int i = 0; i < 6; ++i) tolerate([&] { static_cast<void>(q.try_push({3, 3.0})); });
  tolerate([&] { static_cast<void>(q.push_for({4, 4.0}, 100us)); });
  for (int i = 0; i < 6; ++i) tolerate([&] { static_cast<void>(q.try_pop()); });
  tolerate([&] { static_cast<void>(q.pop_for(100us)); });
  tolerate([&] { static_cast<void>(q.claim_for(100us)); });
  tolerate([&] { static_cast<void>(q.try_push_n(some)); });
  tolerate([&] { static_cast<void>(q.try_pop_n(some)); });
  static_cast<void>(q.size());
  static_cast<void>(q.statistics());
}

void look_at(segment const& in) {
  for (auto const& each : in.entries()) {
    static_cast<void>(each.type().size());
    auto const* const kind = find_kind(each.kind());
    if (kind == nullptr) continue;
    static_cast<void>(kind->statistics(each.view()));
    std::size_t bytes = 0;
    static_cast<void>(kind->elements(
        each.view(), [&](std::span<std::byte const> element) { bytes += element.size(); }));
  }
  for (auto const& each : in.participants()) static_cast<void>(each.command.size());
  static_cast<void>(in.free_bytes());
  static_cast<void>(in.reference_count());
  static_cast<void>(in.lifetime());
  for (auto const who : {others::may_work, others::stand_still}) static_cast<void>(in.verify(who).findings.size());
}

void use_all(segment const& in) {
  look_at(in);
  for (auto const use : {use_array, use_value, use_spsc_queue, use_queue})
    tolerate([&] { use(in); });
  tolerate([&] { static_cast<void>(in.publish_or_attach<array<sample>>("array", 3)); });
  tolerate([&] { in.publish<array<std::byte>>("new", 500).fill(std::byte{1}); });
  tolerate([&] { in.erase("value"); });
  tolerate([&] { static_cast<void>(in.publish<value<sample>>("value", 2).load()); });
  tolerate([&] { in.publish<array<std::byte>>("big", 15'000).fill(std::byte{1}); });
  look_at(in);
}

// With "mend", the checksum is made right.
child_program const swept{
    "swept", [](child_arguments const& a) {
      return try_each(a, [](hostile_trial const& trial) {
        trial.write([&](std::byte* base) {
          trial.what.apply(base);
          if (trial.more.empty()) return;
          auto& header = *reinterpret_cast<segment_header*>(base);
          header.checksum = header_checksum(header);
        });
        if (auto const reader = segment::try_open_read_only(trial.name)) tolerate([&] { look_at(*reader); });
        if (auto const opened = segment::try_open(trial.name)) use_all(*opened);
      });
    }};

class hostile_segment : public ::testing::Test {
 protected:
  void sweep_part(std::string_view part, child_arguments const& more = {}) const {
    std::vector<damage> all;
    for (auto const& each : specimen_.parts(part)) {
      auto const some = damages_of_bytes(each);
      all.insert(all.end(), some.begin(), some.end());
    }
    sweep("swept", specimen_, all, more);
  }

  scratch_name name_;
  specimen specimen_ = make_specimen();
};

TEST_F(hostile_segment, TheSpecimenItselfIsFine) {
  hostile_trial{name_, specimen_.bytes, {}, 0, {}}.write_undamaged();
  auto const opened = segment::try_open(name_);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->entries().size(), 4u);
  EXPECT_EQ(opened->attach<queue<sample>>("queue").pop().number, 1u)
      << "the dead one's lease is taken back";
  EXPECT_EQ(opened->attach<value<sample>>("value").load().number, 1u);
}

TEST_F(hostile_segment, HeaderBytes) {
  sweep_part("header");
}
TEST_F(hostile_segment, HeaderBytesWithARightChecksum) {
  sweep_part("header", {"mend"});
}
TEST_F(hostile_segment, ParticipantBytes) {
  sweep_part("participants");
}
TEST_F(hostile_segment, AttachmentBytes) {
  sweep_part("attachments");
}
TEST_F(hostile_segment, LaneBytes) {
  sweep_part("lanes");
}
TEST_F(hostile_segment, NameWordBytes) {
  sweep_part("name words");
}
TEST_F(hostile_segment, EntryBytes) {
  sweep_part("entry");
}
TEST_F(hostile_segment, StructureBytes) {
  sweep_part("structure");
}

// A scribbler at work: bytes change while a process has everything attached.
child_program const scribbled_on{"scribbled-on", [](child_arguments const& a) {
                                   return try_each(a, [](hostile_trial const& trial) {
                                     trial.write_undamaged();
                                     auto const opened = segment::open(trial.name);
                                     auto const held = opened.attach<queue<sample>>("queue");
                                     auto const also = opened.attach<value<sample>>("value");
                                     trial.what.apply(opened.attachment().map().base());
                                     use_all(opened);
                                   });
                                 }};

TEST_F(hostile_segment, BytesThatChangeUnderAUser) {
  auto const begin = specimen_.parts("name words").front().begin;
  auto const end = specimen_.parts("structure").back().end;
  std::mt19937_64 random{1};
  std::vector<damage> some(1600);
  for (auto& each : some) each = {begin + random() % (end - begin), 1, random() % 3 == 0 ? 0xFF : random() & 0xFF};
  sweep("scribbled-on", specimen_, some);
}

// The word of a name that this process holds says "being built", and nobody builds it: damage. Who publishes
// the name gets other bytes for it, at once; the holder keeps those it has.
child_program const orphaned_builder{
    "orphaned-builder", [](child_arguments const& a) {
      ::alarm(5);
      auto const opened = segment::open(a.at(0));
      auto const held = opened.attach<value<int>>("v");
      held.store(1);
      auto const& map = opened.attachment().map();
      for (auto& word : map.name_words())
        if (state_of(word.load()) == name_state::live) word.store(word.load() | 3);
      auto const again = opened.publish_or_attach<value<int>>("v");
      again.store(2);
      return held.load() == 1 && opened.attach<value<int>>("v").load() == 2 ? 0 : 1;
    }};

TEST_F(hostile_segment, ANameThatSeemsToBeBuiltByNobodyIsPublishedAnew) {
  auto const made = segment::create(name_, 16_KiB, small());
  made.publish<value<int>>("v");
  auto one = child::start("orphaned-builder", {name_});
  EXPECT_EQ(one.wait().exit_code, 0);
}

// A value that was never stored and whose current buffer says that it is being written.
child_program const endless_updater{"endless-updater", [](child_arguments const& a) {
                                      ::alarm(5);
                                      auto const v = segment::open(a.at(0)).attach<value<int>>("v");
                                      tolerate([&] { v.update([](int& i) { ++i; }); });
                                      return 0;
                                    }};

TEST_F(hostile_segment, AnUnstoredValueThatIsNotWholeIsAnErrorToUpdate) {
  auto const made = segment::create(name_, 16_KiB, small());
  made.publish<value<int>>("v");
  auto const body = made.attachment().entries().at(0).body;
  auto& buffer = *reinterpret_cast<value_buffer*>(body.data() + sizeof(value_header));
  buffer.sequence.store(0xFF);
  auto one = child::start("endless-updater", {name_});
  EXPECT_EQ(one.wait().exit_code, 0);
}

}  // namespace
}  // namespace stoa
