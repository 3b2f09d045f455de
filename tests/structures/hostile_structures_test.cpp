// Every bit, byte and word of a structure's bytes, of its entry and of the lanes is damaged, in a segment that is
// opened afterwards and in one that a process has attached. Then all of its operations are called, each damage
// with another one first: each ends in a value or an error, soon, and gives out nothing that lies elsewhere.
//
// Under AddressSanitizer no byte behind the structure may be touched, also within the mapping.
#include <gtest/gtest.h>

#include <chrono>
#include <stoa/heap.hpp>
#include <string>
#include <vector>

#include "child.hpp"
#include "hostile.hpp"
#include "hostile_subjects.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

bool is_of_entry(segment const& in, damage const& what) {
  auto const& layout = in.attachment().map().layout();
  return what.at >= layout.entries_offset && what.at < layout.extents_offset;
}

// All calls, beginning with another one in each trial. A lock that nobody holds costs each caller a second before he
// says so: the calls after it are left out, in this trial.
void call_all(calls const& all, std::uint64_t first) {
  bool is_slow = false;
  for (std::size_t i = 0; i < all.size() && !is_slow; ++i) {
    auto const begin = std::chrono::steady_clock::now();
    tolerate(all[(first + i) % all.size()]);
    is_slow = std::chrono::steady_clock::now() - begin > 500ms;
  }
}

void use(user const& one, std::uint64_t first) {
  call_all(one.looking, first);
  call_all(one.changing, first);
  call_all(one.looking, first);
}

// Who comes after the damage.
void come(segment const& in, subject const& what, std::uint64_t first) {
  tolerate([&] { look_at_entries(in); });
  tolerate([&] { use(what.attach(in), first); });
  tolerate([&] { look_at_entries(in); });
}

void try_opening(hostile_trial const& trial, subject const& what, std::uint64_t end) {
  trial.write_damaged();
  if (auto const reader = segment::try_open_read_only(trial.name)) {
    fenced const fence{*reader, end, is_of_entry(*reader, trial.what)};
    tolerate([&] { look_at_entries(*reader); });
    tolerate([&] { call_all(what.attach(*reader).looking, trial.number); });
  }
  auto const opened = segment::try_open(trial.name);
  if (!opened) return;
  {
    fenced const fence{*opened, end, is_of_entry(*opened, trial.what)};
    come(*opened, what, trial.number);
  }
  tolerate([&] { opened->erase("it"); });
  tolerate([&] { what.publish(*opened); });
}

void try_using(hostile_trial const& trial, subject const& what, std::uint64_t end) {
  trial.write_undamaged();
  auto const opened = segment::open(trial.name);
  fenced const fence{opened, end, is_of_entry(opened, trial.what)};
  auto const before = what.attach(opened);
  use({before.looking, {}}, trial.number);
  trial.what.apply(opened.attachment().map().base());
  use(before, trial.number);
  come(opened, what, trial.number);
}

// With the subject's name, where its extent ends, and whether it is damaged before it is opened.
child_program const hostile{"hostile", [](child_arguments const& a) {
                              return try_each(a, [](hostile_trial const& trial) {
                                auto const& what = subjects().at(trial.more.at(0));
                                auto const end = std::stoull(trial.more.at(1));
                                if (trial.more.at(2) == "before") return try_opening(trial, what, end);
                                try_using(trial, what, end);
                              });
                            }};

void sweep_ranges(std::string const& name, specimen const& whole, std::vector<range> const& where,
                  unsigned processes = 2) {
  std::vector<damage> all;
  for (auto const& each : where) {
    auto const some = damages_of_bits_bytes_and_words(whole, each);
    all.insert(all.end(), some.begin(), some.end());
  }
  ::testing::Test::RecordProperty("damages", static_cast<int>(all.size()));
  auto const end = std::to_string(whole.parts("structure").at(0).end);
  for (auto const* when : {"before", "after"}) sweep("hostile", whole, all, {name, end, when}, processes);
}
void sweep_structure(std::string const& name) {
  auto const whole = specimen_with(subjects().at(name));
  sweep_ranges(name, whole, {whole.parts("structure").at(0), whole.parts("entry").at(0)});
}
// One that names in lanes what it takes.
void sweep_with_lanes(std::string const& name, unsigned processes) {
  auto const whole = specimen_with(subjects().at(name));
  sweep_ranges(name, whole, {whole.parts("structure").at(0), whole.parts("entry").at(0), whole.parts("lanes").at(0)},
               processes);
}
constexpr unsigned mostly_asleep = 16;  // processes, where many calls wait for a lock

TEST(hostile_structures, TheSpecimensAreFine) {
  scratch_name const name;
  for (auto const& [called, what] : subjects()) {
    auto const whole = specimen_with(what);
    hostile_trial{name, whole.bytes, {}, 0, {}}.write_undamaged();
    auto const opened = segment::open(name);
    fenced const fence{opened, whole.parts("structure").at(0).end, false};
    auto const one = what.attach(opened);
    for (auto const* group : {&one.looking, &one.changing})
      for (auto const& call : *group) EXPECT_NO_THROW(call()) << called;
  }
}

TEST(hostile_structures, MessageRing) { sweep_with_lanes("message_ring", 2); }
TEST(hostile_structures, BroadcastMessageRing) { sweep_with_lanes("broadcast", 2); }
TEST(hostile_structures, OverwritingMessageRing) { sweep_structure("overwriting broadcast"); }
TEST(hostile_structures, MessageRingWithBlocks) { sweep_structure("message_ring with blocks"); }
TEST(hostile_structures, OverwritingMessageRingWithBlocks) { sweep_structure("overwriting broadcast with blocks"); }
TEST(hostile_structures, Exchange) { sweep_structure("exchange"); }
TEST(hostile_structures, Ring) { sweep_structure("ring"); }
TEST(hostile_structures, BoundedRing) { sweep_structure("bounded ring"); }
TEST(hostile_structures, Stack) { sweep_with_lanes("stack", 2); }
TEST(hostile_structures, ObjectPool) { sweep_structure("object_pool"); }
TEST(hostile_structures, Map) { sweep_with_lanes("map", mostly_asleep); }
TEST(hostile_structures, Set) { sweep_with_lanes("set", mostly_asleep); }
TEST(hostile_structures, Bitset) { sweep_structure("bitset"); }
TEST(hostile_structures, Channel) { sweep_structure("channel"); }
TEST(hostile_structures, HeapHeader) {
  auto const whole = specimen_with(subjects().at("heap"));
  auto const structure = whole.parts("structure").at(0);
  range const header{"structure", structure.begin, structure.begin + sizeof(heap_header)};
  sweep_ranges("heap", whole, {header, whole.parts("entry").at(0)});
}
TEST(hostile_structures, HeapThatIsLookedAt) {
  auto const whole = specimen_with(subjects().at("heap's inside"));
  sweep_ranges("heap's inside", whole, whole.parts("structure"));
}
TEST(hostile_structures, Array) { sweep_structure("array"); }
TEST(hostile_structures, Value) { sweep_structure("value"); }
TEST(hostile_structures, SpscQueue) { sweep_structure("spsc_queue"); }
TEST(hostile_structures, Queue) { sweep_with_lanes("queue", 2); }
TEST(hostile_structures, Mutex) { sweep_structure("mutex"); }
TEST(hostile_structures, SharedMutex) { sweep_structure("shared_mutex"); }
TEST(hostile_structures, ConditionVariable) { sweep_structure("condition_variable"); }
TEST(hostile_structures, CountingSemaphore) { sweep_structure("counting_semaphore"); }
TEST(hostile_structures, Event) { sweep_structure("event"); }
TEST(hostile_structures, Latch) { sweep_structure("latch"); }
TEST(hostile_structures, Barrier) { sweep_structure("barrier"); }
TEST(hostile_structures, OnceFlag) { sweep_structure("once_flag"); }
TEST(hostile_structures, Future) { sweep_structure("future"); }

}  // namespace
}  // namespace stoa::testing
