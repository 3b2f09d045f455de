// Every bit, byte and word of a structure's bytes, of its entry and of the lanes is damaged, in a segment that is
// opened afterwards and in one that a process has attached. Then all of its operations are called, each damage
// with another one first: each ends in a value or an error, soon, and gives out nothing that lies elsewhere.
//
// Under AddressSanitizer no byte behind the structure may be touched, also within the mapping.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <ranges>
#include <stoa/kinds.hpp>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "child.hpp"
#include "hostile.hpp"
#include "scratch.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(begin, bytes) static_cast<void>(begin)
#define ASAN_UNPOISON_MEMORY_REGION(begin, bytes) static_cast<void>(begin)
#endif

namespace stoa::testing {
namespace {

using namespace stoa::literals;
using namespace std::chrono_literals;

struct sample {
  std::uint64_t number;
  double value;
};
BOOST_DESCRIBE_STRUCT(sample, (), (number, value))

using wide_key = std::array<std::uint64_t, 2>;  // more than a word: fingerprints are looked at
constexpr wide_key wide(std::uint64_t n) { return {n, ~n}; }

// What can be done with a structure. The handle is in the calls.
using calls = std::vector<std::function<void()>>;
struct user {
  calls looking;   // write nothing
  calls changing;
};

template <class T>
void ignore(T const&) {}

// --- ring ---

using samples = stoa::ring<sample>;
constexpr std::uint64_t in_ring = 3;

void fill_ring(samples const& ring) {
  for (std::uint64_t n = 0; n < in_ring; ++n) ignore(ring.try_push({n, 0.5}));
  ignore(ring.try_pop());
}
void publish_ring(segment const& in) {
  auto const ring = in.publish<samples>("it", in_ring);
  fill_ring(ring);
  ring.push({9, 9});
  ring.push({10, 10});
}
void publish_bounded_ring(segment const& in) {
  fill_ring(in.publish<samples>("it", ring_shape{in_ring, ring_mode::bounded}));
}
calls looks_at_ring(samples const& ring) {
  auto const reader = std::make_shared<ring_reader<sample>>(ring.reader());
  auto const few = [](std::uint64_t n, std::uint64_t most) { insist(n <= most, "more samples than fit"); };
  return {[=] { ignore(ring.latest()); },
          [=] { std::array<sample, 8> out; few(ring.latest(out), in_ring); },
          [=] { few(ring.held().size(), in_ring); },
          [=] { ignore(ring.at(ring.held().begin)); },
          [=] { std::array<sample, 8> out; few(ring.history(ring.held().begin, out), in_ring); },
          [=] { few(ring.size(), in_ring); },
          [=] { ignore(ring.statistics()); },
          [=] { ignore(ring.has_producer()); },
          [=] { ignore(reader->try_read()); },
          [=] { std::array<sample, 8> out; few(reader->read_n(out), in_ring); },
          [=] { ignore(reader->read_for(0s)); },
          [=] { for (auto const& each : reader->pending()) ignore(each); },
          [=] { ignore(reader->skip(reader->lag())); },
          [=] { for (auto const at : {ring_start::oldest, ring_start::newest, ring_start::next}) reader->seek(at); },
          [=] { std::array<sample, 2> out; reader->seek(ring_start::oldest); few(reader->read_n(out), 2); }};
}
user user_of_ring(segment const& in) {
  auto const ring = in.attach<samples>("it");
  static std::array<sample, 6> const some{};
  return {looks_at_ring(ring),
          {[=] { ignore(ring.try_push({1, 1.0})); },
           [=] { for (int i = 0; i < 6; ++i) ignore(ring.try_push({2, 2.0})); },
           [=] { ignore(ring.push_for({3, 3.0}, 0s)); },
           [=] { ignore(ring.try_push_n(some)); },
           [=] { ignore(ring.push_n_for(some, 0s)); },
           [=] { ring.try_become_producer().value(); },
           [=] { ignore(ring.try_pop()); },
           [=] { for (int i = 0; i < 6; ++i) ignore(ring.try_pop()); },
           [=] { ignore(ring.pop_for(0s)); },
           [=] { std::array<sample, 6> out; insist(ring.try_pop_n(out) <= in_ring, "more samples than fit"); },
           [=] { ignore(ring.skip(1)); },
           [=] { ignore(ring.skip(~std::uint64_t{0})); }}};
}

// --- stack ---

using pile = stoa::stack<sample>;
constexpr std::uint64_t in_stack = 4;

// Two elements, and a node that a popper took into his grave.
void publish_stack(segment const& in) {
  auto const stack = in.publish<pile>("it", in_stack);
  for (std::uint64_t n = 0; n < 3; ++n) ignore(stack.try_push({n, 0.5}));
  auto const bytes = stack_bytes::adopt(in.entries().begin()->view()).value();
  ignore(bytes.take(bytes.header().top, in.attachment().my_lane().intent, make_what(bytes.tag(), lane_op::pop),
                    bytes.layout().node_bytes));
}
user user_of_stack(segment const& in) {
  auto const stack = in.attach<pile>("it");
  static std::array<sample, 6> const some{};
  return {{[=] { ignore(stack.top()); },
           [=] { insist(stack.size() <= in_stack, "more elements than nodes"); },
           [=] { ignore(stack.statistics()); }},
          {[=] { ignore(stack.try_push({1, 1.0})); },
           [=] { for (int i = 0; i < 6; ++i) ignore(stack.try_push({2, 2.0})); },
           [=] { ignore(stack.push_for({3, 3.0}, 0s)); },
           [=] { ignore(stack.try_push_n(some)); },
           [=] { ignore(stack.try_pop()); },
           [=] { for (int i = 0; i < 6; ++i) ignore(stack.try_pop()); },
           [=] { ignore(stack.pop_for(0s)); },
           [=] { std::array<sample, 6> out; ignore(stack.try_pop_n(out)); },
           [=] { stack.recover(); }}};
}

// --- object_pool ---

using pool_of_samples = stoa::object_pool<sample>;
constexpr std::uint64_t in_pool = 3;

void publish_object_pool(segment const& in) {
  auto const pool = in.publish<pool_of_samples>("it", in_pool);
  for (int i = 0; i < 2; ++i) pool[pool.acquire()] = {7, 7.0};
  pool.release(*pool.live().begin());
  ignore(pool.acquire());
}
user user_of_object_pool(segment const& in) {
  auto const pool = in.attach<pool_of_samples>("it");
  auto const body = in.entries().begin()->view().body;
  // An object that was given out lies where objects lie.
  auto const use = [=](pool_handle const& handle) {
    auto const* const object = pool.get(handle);
    if (object == nullptr) return;
    auto const* const at = reinterpret_cast<std::byte const*>(object);
    insist(at >= body.data() + sizeof(object_pool_header) && at + sizeof(sample) <= body.data() + body.size() &&
               reinterpret_cast<std::uintptr_t>(at) % alignof(sample) == 0,
           "an object outside of the pool");
  };
  auto const held = std::make_shared<std::vector<pool_handle>>();
  auto const keep = [=](pool_handle const& handle) {
    use(handle);
    held->push_back(handle);
  };
  return {{[=] { for (auto const& each : pool.live()) use(each); },
           [=] { pool.for_each([&](pool_handle const& each, sample const& object) { use(each); ignore(object.number); }); },
           [=] { for (auto const& each : pool.live()) ignore(pool.owner(each)); },
           [=] { insist(pool.size() <= in_pool, "more objects than there are"); },
           [=] { ignore(pool.statistics()); },
           [=] { for (std::uint64_t const i : {0ull, 2ull, ~0ull}) use({i, ~0ull}); }},
          {[=] { keep(pool.acquire()); },
           [=] { for (int i = 0; i < 5; ++i) keep(pool.acquire()); },
           [=] { keep(pool.acquire_for(0s)); },
           [=] { if (auto const mine = pool.acquire_scoped()) mine->number = 1; },
           [=] { for (auto const& each : *held) ignore(pool.adopt(each)); },
           [=] { for (auto const& each : *held) ignore(pool.release(each)); },
           [=] { for (auto const& each : pool.live()) ignore(pool.release(each)); },
           [=] { for (auto const& each : pool.live()) ignore(pool.adopt(each)); },
           [=] { ignore(pool.reclaim()); }}};
}

// --- map, set ---

using table = stoa::map<std::uint64_t, sample>;
using wide_set = stoa::set<wide_key>;
constexpr std::uint64_t keys = 32;
constexpr int in_map = 6;  // some homes and overflow buckets
constexpr std::size_t most_in_map = in_map * most_buckets * slots_per_bucket;  // whatever its links say

// As a process leaves it that dies when it has locked a home bucket.
void lock_a_home(segment const& in) {
  auto const bytes = map_bytes::adopt(in.entries().begin()->view()).value();
  auto const index = bytes.homes() - 1;
  auto& mine = in.attachment().my_lane();
  auto const lanes = in.attachment().map().lanes();
  write_name(mine.intent, make_what(bytes.tag(), lane_op::lock), index);
  auto& control = bytes.home(index).control;
  control.store(with_lock(control.load(), static_cast<std::uint64_t>(&mine - lanes.data()) + 1));
}
// Overflow buckets are in use: the keys come until one finds no room.
void publish_map(segment const& in) {
  auto const map = in.publish<table>("it", in_map);
  for (std::uint64_t n = 0; map.insert(n, {n, 0.5}); ++n) continue;
  for (std::uint64_t n = 0; n < 2; ++n) map.erase(n);
  lock_a_home(in);
}
void publish_set(segment const& in) {
  auto const set = in.publish<wide_set>("it", in_map);
  for (std::uint64_t n = 0; set.insert(wide(n)); ++n) continue;
  for (std::uint64_t n = 0; n < 2; ++n) set.erase(wide(n));
  lock_a_home(in);
}
template <class Structure>
calls looks_at_keys(Structure const& it, auto key_of) {
  return {[=] { for (std::uint64_t n = 0; n < keys; ++n) ignore(it.contains(key_of(n))); },
          [=] { insist(it.snapshot().size() <= most_in_map, "more elements than slots"); },
          [=] { insist(it.size() <= most_in_map, "more elements than slots"); },
          [=] { ignore(it.empty()); },
          [=] { ignore(it.statistics()); }};
}
template <class Structure>
calls changes_of_keys(Structure const& it, auto key_of) {
  return {[=] { for (std::uint64_t n = 0; n < keys; ++n) ignore(it.erase(key_of(n))); },
          [=] { it.clear(); },
          [=] { it.recover(); }};
}
void append(calls& to, calls const& more) { to.insert(to.end(), more.begin(), more.end()); }
user user_of_map(segment const& in) {
  auto const map = in.attach<table>("it");
  auto const same = [](std::uint64_t n) { return n; };
  user out{looks_at_keys(map, same), changes_of_keys(map, same)};
  append(out.looking, {[=] { for (std::uint64_t n = 0; n < keys; ++n) ignore(map.find(n)); },
                       [=] { map.for_each([](std::uint64_t, sample const&) {}); }});
  append(out.changing,
         {[=] { for (std::uint64_t n = 0; n < keys; ++n) ignore(map.insert(n, {n, 1.0})); },
          [=] { for (std::uint64_t n = 0; n < keys; ++n) ignore(map.insert_or_assign(n, {n, 2.0})); },
          [=] { for (std::uint64_t n = 0; n < keys; ++n) ignore(map.update(n, [](sample& each) { ++each.number; })); },
          [=] {
            for (std::uint64_t n = keys; n-- > 0;)
              ignore(map.update_or_insert(n, {n, 3.0}, [](sample& each) { ++each.number; }));
          }});
  return out;
}
user user_of_set(segment const& in) {
  auto const set = in.attach<wide_set>("it");
  user out{looks_at_keys(set, wide), changes_of_keys(set, wide)};
  append(out.looking, {[=] { set.for_each([](wide_key const&) {}); }});
  append(out.changing, {[=] { for (std::uint64_t n = 0; n < keys; ++n) ignore(set.insert(wide(n))); },
                        [=] { for (std::uint64_t n = keys; n-- > 0;) ignore(set.insert(wide(n))); }});
  return out;
}

// --- bitset ---

constexpr std::uint64_t in_bitset = 70;

void publish_bitset(segment const& in) {
  auto const bits = in.publish<stoa::bitset>("it", in_bitset);
  for (auto const i : {0u, 5u, 63u, 64u, 69u}) bits.set(i);
}
user user_of_bitset(segment const& in) {
  auto const bits = in.attach<stoa::bitset>("it");
  auto const last = bits.size() - 1;
  auto const inside = [=](std::optional<std::uint64_t> found) { insist(!found || *found <= last, "a bit outside"); };
  return {{[=] { ignore(bits.test(last)); },
           [=] { insist(bits.count() <= bits.size(), "more bits than there are"); },
           [=] { ignore(bits.any() && bits.all() && bits.none()); },
           [=] { inside(bits.find_first()); },
           [=] { inside(bits.find_next(0)); inside(bits.find_next(last)); },
           [=] { inside(bits.find_first_unset()); },
           [=] { for (auto at = bits.find_first(); at; at = bits.find_next(*at)) inside(at); }},
          {[=] { bits.set(last); },
           [=] { ignore(bits.reset(last)); },
           [=] { ignore(bits.flip(last)); },
           [=] { ignore(bits.test_and_set(last)); },
           [=] { for (int i = 0; i < 80; ++i) inside(bits.claim_first_unset()); },
           [=] { bits.set_all(); },
           [=] { bits.reset_all(); }}};
}

// --- heap ---

constexpr int heap_bytes = 1024;

void publish_heap(segment const& in) {
  auto const heap = in.publish<stoa::heap>("it", heap_bytes);
  ignore(heap.construct<std::uint64_t>("number", 7u));
}
user user_of_heap(segment const& in) {
  auto const heap = in.attach<stoa::heap>("it");
  return {{},
          {[=] { ignore(heap.find<std::uint64_t>("number")); },
           [=] { ignore(heap.find_or_construct<std::uint64_t>("other", 8u)); },
           [=] { ignore(heap.destroy<std::uint64_t>("number")); },
           [=] { heap.allocator<char>().deallocate(heap.allocator<char>().allocate(8), 8); },
           [=] { ignore(heap.capacity() + heap.free_bytes()); },
           [=] { ignore(heap.is_sane()); }}};
}
// Boost's own bytes are trusted by who uses a heap, but not by who looks at a segment.
user no_user_of_heap(segment const&) { return {}; }

// --- the trials ---

struct subject {
  void (*publish)(segment const&);
  user (*attach)(segment const&);
};
std::map<std::string, subject> const subjects{
    {"ring", {publish_ring, user_of_ring}},
    {"bounded ring", {publish_bounded_ring, user_of_ring}},
    {"stack", {publish_stack, user_of_stack}},
    {"object_pool", {publish_object_pool, user_of_object_pool}},
    {"map", {publish_map, user_of_map}},
    {"set", {publish_set, user_of_set}},
    {"bitset", {publish_bitset, user_of_bitset}},
    {"heap", {publish_heap, user_of_heap}},
    {"heap's inside", {publish_heap, no_user_of_heap}},
};

segment_options small() {
  segment_options options;
  options.max_entries = 4;
  options.max_participants = 3;
  options.max_lanes = 2;
  return options;
}

specimen specimen_with(subject const& what) {
  scratch_name const name;
  auto const made = segment::create(name, 16_KiB, small());
  what.publish(made);
  return specimen_of(made);
}

// While it exists, nobody may touch what lies behind the only structure of a segment, whatever its bytes say. Only a
// damaged entry may say that it lies elsewhere.
class fenced {
 public:
  fenced(segment const& in, std::uint64_t structure_end, damage const& what)
      : begin_{in.attachment().map().base() + structure_end} {
    auto const& layout = in.attachment().map().layout();
    bool const is_of_entry = what.at >= layout.entries_offset && what.at < layout.extents_offset;
    bytes_ = is_of_entry ? 0 : layout.total_bytes - structure_end;
    ASAN_POISON_MEMORY_REGION(begin_, bytes_);
  }
  fenced(fenced const&) = delete;
  fenced& operator=(fenced const&) = delete;
  ~fenced() { ASAN_UNPOISON_MEMORY_REGION(begin_, bytes_); }

 private:
  std::byte* begin_;
  std::size_t bytes_ = 0;
};

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

void look_at(segment const& in) {
  for (auto const& each : in.entries()) {
    auto const* const kind = find_kind(each.kind());
    if (kind == nullptr) continue;
    ignore(kind->statistics(each.view()));
    std::size_t bytes = 0;
    ignore(kind->elements(each.view(), [&](std::span<std::byte const> element) { bytes += element.size(); }));
    insist(bytes <= 64_KiB, "elements without end");
  }
}

void use(user const& one, std::uint64_t first) {
  call_all(one.looking, first);
  call_all(one.changing, first);
  call_all(one.looking, first);
}

// Who comes after the damage.
void come(segment const& in, subject const& what, std::uint64_t first) {
  tolerate([&] { look_at(in); });
  tolerate([&] { use(what.attach(in), first); });
  tolerate([&] { look_at(in); });
}

void try_opening(hostile_trial const& trial, subject const& what, std::uint64_t end) {
  trial.write_damaged();
  if (auto const reader = segment::try_open_read_only(trial.name)) {
    fenced const fence{*reader, end, trial.what};
    tolerate([&] { look_at(*reader); });
    tolerate([&] { call_all(what.attach(*reader).looking, trial.number); });
  }
  auto const opened = segment::try_open(trial.name);
  if (!opened) return;
  {
    fenced const fence{*opened, end, trial.what};
    come(*opened, what, trial.number);
  }
  tolerate([&] { opened->erase("it"); });
  tolerate([&] { what.publish(*opened); });
}

void try_using(hostile_trial const& trial, subject const& what, std::uint64_t end) {
  trial.write_undamaged();
  auto const opened = segment::open(trial.name);
  fenced const fence{opened, end, trial.what};
  auto const before = what.attach(opened);
  use({before.looking, {}}, trial.number);
  trial.what.apply(opened.attachment().map().base());
  use(before, trial.number);
  come(opened, what, trial.number);
}

// With the subject's name, where its extent ends, and whether it is damaged before it is opened.
child_program const hostile{"hostile", [](child_arguments const& a) {
                              return try_each(a, [](hostile_trial const& trial) {
                                auto const& what = subjects.at(trial.more.at(0));
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
  auto const whole = specimen_with(subjects.at(name));
  sweep_ranges(name, whole, {whole.parts("structure").at(0), whole.parts("entry").at(0)});
}
// One that names in lanes what it takes.
void sweep_with_lanes(std::string const& name, unsigned processes) {
  auto const whole = specimen_with(subjects.at(name));
  sweep_ranges(name, whole, {whole.parts("structure").at(0), whole.parts("entry").at(0), whole.parts("lanes").at(0)},
               processes);
}
constexpr unsigned mostly_asleep = 16;  // processes, where many calls wait for a lock

TEST(hostile_structures, TheSpecimensAreFine) {
  scratch_name const name;
  for (auto const& [called, what] : subjects) {
    auto const whole = specimen_with(what);
    hostile_trial{name, whole.bytes, {}, 0, {}}.write_undamaged();
    auto const opened = segment::open(name);
    fenced const fence{opened, whole.parts("structure").at(0).end, {}};
    auto const one = what.attach(opened);
    for (auto const* group : {&one.looking, &one.changing})
      for (auto const& call : *group) EXPECT_NO_THROW(call()) << called;
  }
}

TEST(hostile_structures, Ring) { sweep_structure("ring"); }
TEST(hostile_structures, BoundedRing) { sweep_structure("bounded ring"); }
TEST(hostile_structures, Stack) { sweep_with_lanes("stack", 2); }
TEST(hostile_structures, ObjectPool) { sweep_structure("object_pool"); }
TEST(hostile_structures, Map) { sweep_with_lanes("map", mostly_asleep); }
TEST(hostile_structures, Set) { sweep_with_lanes("set", mostly_asleep); }
TEST(hostile_structures, Bitset) { sweep_structure("bitset"); }
TEST(hostile_structures, HeapHeader) {
  auto const whole = specimen_with(subjects.at("heap"));
  auto const structure = whole.parts("structure").at(0);
  range const header{"structure", structure.begin, structure.begin + sizeof(heap_header)};
  sweep_ranges("heap", whole, {header, whole.parts("entry").at(0)});
}
TEST(hostile_structures, HeapThatIsLookedAt) {
  auto const whole = specimen_with(subjects.at("heap's inside"));
  sweep_ranges("heap's inside", whole, whole.parts("structure"));
}

}  // namespace
}  // namespace stoa::testing
