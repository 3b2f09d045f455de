// What a reader written from docs/format.md alone finds in the structures is what the library put there.
#include <gmock/gmock.h>

#include <random>
#include <stoa/kinds.hpp>

#include "golden_content.hpp"
#include "rendered.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::UnorderedElementsAreArray;

std::string tick_text(std::uint32_t id) {
  auto const half = id % 2 == 0 ? "" : ".5";
  return "{id:" + std::to_string(id) + ",price:" + std::to_string(id / 2) + half + ",venue:\"XPAR\"}";
}

std::vector<std::string> tick_texts(std::vector<std::uint32_t> const& ids) {
  std::vector<std::string> out;
  for (auto const id : ids) out.push_back(tick_text(id));
  return out;
}

TEST(independent_structures, ReadsRingsOfBothModes) {
  auto const file = golden("more_kinds_v1.hex");
  independent::segment const found{file};
  auto const ticks = *found.find("ticks");
  EXPECT_THAT(rendered(ticks), ElementsAreArray(tick_texts({4, 5, 6, 7})));
  auto const overwriting = independent::state_of_ring(ticks);
  EXPECT_FALSE(overwriting.is_bounded);
  EXPECT_EQ(overwriting.capacity, 4u);
  EXPECT_EQ(overwriting.slots, 8u);
  EXPECT_EQ(overwriting.published - overwriting.first_position, 7u);
  EXPECT_EQ(overwriting.oldest - overwriting.first_position, 3u);
  EXPECT_EQ(overwriting.consumed - overwriting.first_position, 4u);
  EXPECT_EQ(overwriting.lost, 3u);
  EXPECT_EQ(overwriting.producer, 0u);
  auto const orders = *found.find("orders");
  EXPECT_THAT(rendered(orders), ElementsAreArray(tick_texts({3, 4, 5})));
  auto const bounded = independent::state_of_ring(orders);
  EXPECT_TRUE(bounded.is_bounded);
  EXPECT_EQ(bounded.slots, 4u);
  EXPECT_EQ(bounded.published - bounded.consumed, 3u);
}

// A producer that died in a batch had announced slots that hold older samples no longer.
TEST(independent_structures, LeavesOutWhatARingsProducerMayBeOverwriting) {
  auto file = golden("more_kinds_v1.hex");
  auto const ring_at = [&] { return *independent::segment{file}.find("ticks"); };
  auto const announced = static_cast<std::size_t>(ring_at().body.data() - file.data()) + 136;
  file[announced] = std::byte{4 + 6};  // six past what is published
  EXPECT_THAT(rendered(ring_at()), ElementsAreArray(tick_texts({6, 7})));
  file[announced] = std::byte{4 + 8};  // more than a ring has slots
  EXPECT_THROW(independent::state_of_ring(ring_at()), independent::format_error);
}

TEST(independent_structures, ReadsAStackFromTheTop) {
  auto const file = golden("more_kinds_v1.hex");
  auto const undo = *independent::segment{file}.find("undo");
  EXPECT_THAT(rendered(undo), ElementsAreArray(tick_texts({5, 2, 1})));
  auto const state = independent::state_of_stack(undo);
  EXPECT_EQ(state.capacity, 4u);
  EXPECT_EQ(state.size, 3u);
  EXPECT_EQ(state.pushes, 5u);
  EXPECT_EQ(state.pops, 2u);
  EXPECT_EQ(state.free_nodes, 1u);
}

TEST(independent_structures, FindsTheObjectsOfAPoolThatHandlesMatch) {
  auto const file = golden("more_kinds_v1.hex");
  independent::segment const found{file};
  auto const frames = *found.find("frames");
  EXPECT_THAT(rendered(frames), ElementsAre("[0,1,2]", "[3,4,5]", "[2,3,4]"));
  std::vector<std::string> handles;
  for (auto const& each : independent::objects_of_pool(frames)) {
    handles.push_back("{index:" + std::to_string(each.index) + ",key:" + std::to_string(each.key) + "}");
    EXPECT_EQ(each.place, 0u);
    EXPECT_EQ(each.owner_generation, found.participants()[0].id >> 16 & 0x7FF);
  }
  auto const given = rendered(*found.find("handles"));
  EXPECT_THAT(handles, ElementsAre(given[0], given[3], given[2]));
}

TEST(independent_structures, ReadsAMapAndASetAlongTheirChains) {
  auto const file = golden("more_kinds_v1.hex");
  independent::segment const found{file};
  auto const users = *found.find("users");
  auto const seen = *found.find("seen");
  auto const elements = rendered(users);
  std::vector<std::string> expected;
  for (auto const key : golden_keys(elements.size()))
    expected.push_back("{key:" + std::to_string(key) + ",value:" + tick_text(golden_user(key).id) + "}");
  EXPECT_THAT(elements, UnorderedElementsAreArray(expected));
  auto const symbols = rendered(seen);
  expected.clear();
  for (auto const key : golden_keys(symbols.size()))
    expected.push_back(std::string{key < 10 ? "\"symbol-0" : "\"symbol-"} + std::to_string(key) + "\"");
  EXPECT_THAT(symbols, UnorderedElementsAreArray(expected));
  for (auto const& each : {users, seen}) {
    auto const state = independent::state_of_map(each);
    EXPECT_EQ(state.capacity, golden_map_capacity);
    EXPECT_GE(rendered(each).size(), state.capacity);
    EXPECT_GE(state.overflows_chained, 1u);
    EXPECT_EQ(state.overflows_used, state.overflows_chained);
    EXPECT_THAT(state.locks, ElementsAre());
  }
}

TEST(independent_structures, ReadsABitsetAndAHeapsHeader) {
  auto const file = golden("more_kinds_v1.hex");
  independent::segment const found{file};
  EXPECT_THAT(rendered(*found.find("flags")), ElementsAre("0", "3", "63", "64", "69"));
  auto const notes = *found.find("notes");
  EXPECT_EQ(independent::state_of_heap(notes).heap_bytes, golden_heap_bytes);
  EXPECT_GE(independent::state_of_heap(notes).boost_version, 1081u);
  EXPECT_GT(independent::state_of_heap(notes).mutex_bytes, 0u);
  EXPECT_THAT(rendered(notes), ElementsAre());
}

// What the library finds in it, whole and in its order.
std::vector<std::string> found_by_library(entry const& each) {
  std::vector<std::string> out;
  auto const done = find_kind(each.kind())->elements(each.view(), [&](std::span<std::byte const> element) {
    out.push_back(independent::render(each.type(), element));
  });
  EXPECT_TRUE(done) << each.name();
  return out;
}

struct alignas(64) wide {
  std::array<std::uint8_t, 70> bytes;
};
BOOST_DESCRIBE_STRUCT(wide, (), (bytes))
struct reading {
  std::uint8_t sensor;
  double value;
};
BOOST_DESCRIBE_STRUCT(reading, (), (sensor, value))
using triple = std::array<std::uint8_t, 3>;

// Of sizes and alignments that are not those of the golden segments.
struct living_structures {
  explicit living_structures(segment const& in)
      : overwriting{in.publish<ring<triple>>("overwriting", ring_shape{100, ring_mode::overwrite, ~0ull - 300})},
        bounded{in.publish<ring<wide>>("bounded", ring_shape{5, ring_mode::bounded})},
        stacked{in.publish<stack<triple>>("stacked", 50)},
        aligned{in.publish<stack<wide>>("aligned", 9)},
        pool{in.publish<object_pool<triple>>("pool", 70)},
        readings{in.publish<map<std::uint16_t, reading>>("readings", 300)},
        numbers{in.publish<stoa::set<std::uint64_t>>("numbers", 100)},
        bits{in.publish<bitset>("bits", 1000)} {}

  // One change of each, of what `chance` says.
  void change(std::mt19937& chance) {
    auto const byte = static_cast<std::uint8_t>(chance());
    auto const key = static_cast<std::uint16_t>(chance() % 400);
    chance() % 3 == 0 ? less(chance(), key) : more(byte, key);
  }

  ring<triple> overwriting;
  ring<wide> bounded;
  stack<triple> stacked;
  stack<wide> aligned;
  object_pool<triple> pool;
  map<std::uint16_t, reading> readings;
  stoa::set<std::uint64_t> numbers;
  bitset bits;
  std::vector<pool_handle> held;  // some of them stale

 private:
  void more(std::uint8_t byte, std::uint16_t key) {
    overwriting.push({byte, 1, 2});
    static_cast<void>(bounded.try_push(wide_of(byte)));
    static_cast<void>(stacked.try_push({byte, 3, 4}));
    static_cast<void>(aligned.try_push(wide_of(byte)));
    if (auto const got = pool.acquire()) {
      pool[got] = {byte, 5, 6};
      held.push_back(got);
    }
    readings.insert_or_assign(key, {byte, 0.5 * byte});
    numbers.insert(key);
    bits.set(key);
  }
  void less(std::size_t which, std::uint16_t key) {
    static_cast<void>(bounded.try_pop());
    static_cast<void>(stacked.try_pop());
    static_cast<void>(aligned.try_pop());
    if (!held.empty()) pool.release(held[which % held.size()]);
    readings.erase(key);
    numbers.erase(key);
    bits.reset(key);
  }
  static wide wide_of(std::uint8_t byte) {
    wide out{};
    out.bytes.fill(byte);
    return out;
  }
};

TEST(independent_structures, FindsWhatTheLibraryFindsWhileItChanges) {
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  living_structures structures{made};
  std::mt19937 chance{1};
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 50; ++i) structures.change(chance);
    auto const file = read_file(name.path());
    independent::segment const found{file};
    for (auto const& each : made.entries())
      EXPECT_EQ(rendered(*found.find(each.name())), found_by_library(each)) << each.name();
    auto const self = made.attachment().self();
    EXPECT_EQ(independent::state_of_ring(*found.find("bounded")).producer, self);
    EXPECT_EQ(independent::state_of_stack(*found.find("stacked")).pushes, structures.stacked.statistics().pushed);
    for (auto const& each : independent::objects_of_pool(*found.find("pool")))
      EXPECT_NE(structures.pool.get({each.index, each.key}), nullptr) << each.index;
    auto const map = independent::state_of_map(*found.find("readings"));
    EXPECT_EQ(map.overflows_used, structures.readings.statistics().overflows_used);
    EXPECT_EQ(map.overflows_chained, map.overflows_used);
  }
}

TEST(independent_structures, StaysInsideOfDamagedStructures) {
  for (auto const* const name : {"all_kinds_v1.hex", "more_kinds_v1.hex"})
    read_damaged(name, [](independent::entry const& each) {
      EXPECT_EQ(rendered(each).size(), independent::elements_of(each).size());
    });
}

}  // namespace
}  // namespace stoa::testing
