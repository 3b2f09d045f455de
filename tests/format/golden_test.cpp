// The library opens segments of every version that ever was, and finds in them what was put in. Those of the current
// version it makes anew byte for byte.
#include "golden_content.hpp"

#include <gtest/gtest.h>

#include <boost/version.hpp>
#include <set>
#include <vector>

#include "golden_copy.hpp"
#include "golden_segments.hpp"

namespace stoa::testing {
namespace {

TEST(golden, TextAndBytesAreTheSame) {
  for (auto const& file : std::filesystem::directory_iterator{STOA_GOLDEN_DIRECTORY})
    EXPECT_EQ(to_golden_text(read_golden(file.path())), read_text(file.path())) << file.path();
}

// Without what lies in heaps, and who may read it: that is the business of Boost and the C library.
golden_bytes without_heaps(golden_bytes bytes) {
  golden_copy const copy{bytes};
  auto const opened = segment::open_read_only("golden", copy.where());
  for (auto const& each : opened.entries()) {
    if (each.kind() != "heap") continue;
    auto const begin = each.offset() + offsetof(heap_header, boost_version);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                each.view().record.body_bytes - offsetof(heap_header, boost_version), std::byte{0});
  }
  return bytes;
}

TEST(golden, MadeAnewTheBytesAreTheSame) {
  std::set<std::string> made;
  for (auto const& [file, bytes] : make_golden_segments()) {
    made.insert(file);
    auto const stored = read_golden(std::filesystem::path{STOA_GOLDEN_DIRECTORY} / file);
    EXPECT_EQ(to_golden_text(without_heaps(bytes)), to_golden_text(without_heaps(stored))) << file;
  }
  for (auto const& file : std::filesystem::directory_iterator{STOA_GOLDEN_DIRECTORY})
    EXPECT_TRUE(made.contains(file.path().filename())) << file.path();
}

TEST(golden, SegmentIsOpenedWithItsLimits) {
  golden_copy const copy{"all_kinds_v1.hex"};
  auto const opened = copy.open();
  EXPECT_EQ(opened.size(), 40960u);
  EXPECT_EQ(opened.lifetime(), lifetime::persistent);
  EXPECT_EQ(opened.reference_count(), 1u);
  EXPECT_EQ(opened.attachment().map().limits().max_lanes, 2u);
}

TEST(golden, EntriesAreListedWithTheirTypes) {
  golden_copy const copy{"all_kinds_v1.hex"};
  std::vector<std::string> listed;
  for (auto const& each : copy.open().entries())
    listed.push_back(std::string{each.name()} + ' ' + std::string{each.kind()} + ' ' + each.type());
  std::vector<std::string> const expected{std::string{"last value "} + trade_type,
                                          "prices array <f8", "steps spsc_queue |u1",
                                          std::string{"trades queue "} + trade_type};
  EXPECT_EQ(listed, expected);
}

TEST(golden, ArrayHasItsElements) {
  golden_copy const copy{"all_kinds_v1.hex"};
  auto const prices = copy.open().attach<array<double>>("prices");
  EXPECT_TRUE(std::ranges::equal(prices, golden_prices));
}

TEST(golden, ValueHasItsThirdStore) {
  golden_copy const copy{"all_kinds_v1.hex"};
  auto const last = copy.open().attach<value<trade>>("last");
  EXPECT_EQ(last.load(), make_trade(3));
  EXPECT_EQ(last.version(), 3u);
  last.store(make_trade(4));
  EXPECT_EQ(last.load_versioned(), (std::pair{make_trade(4), std::uint64_t{4}}));
}

TEST(golden, QueueGoesOnAcrossItsWrap) {
  golden_copy const copy{"all_kinds_v1.hex"};
  auto const trades = copy.open().attach<queue<trade>>("trades");
  EXPECT_EQ(trades.statistics().pushed, 5u);
  EXPECT_EQ(trades.statistics().popped, 2u);
  EXPECT_EQ(trades.statistics().high_water, 4u);
  EXPECT_TRUE(trades.try_push(make_trade(6)));
  EXPECT_FALSE(trades.try_push(make_trade(7)));
  for (std::uint64_t id = 3; id <= 6; ++id) EXPECT_EQ(trades.try_pop(), make_trade(id));
  EXPECT_EQ(trades.try_pop(), std::nullopt);
}

TEST(golden, SpscQueueGoesOn) {
  golden_copy const copy{"all_kinds_v1.hex"};
  auto const steps = copy.open().attach<spsc_queue<std::uint8_t>>("steps");
  EXPECT_FALSE(steps.try_push(10));
  EXPECT_EQ(steps.try_pop(), std::uint8_t{8});
  EXPECT_EQ(steps.try_pop(), std::uint8_t{9});
  EXPECT_EQ(steps.try_pop(), std::nullopt);
}

TEST(golden, EntriesOfTheOtherKindsAreListedWithTheirTypes) {
  golden_copy const copy{"more_kinds_v1.hex"};
  std::vector<std::string> listed;
  for (auto const& each : copy.open().entries())
    listed.push_back(std::string{each.name()} + ' ' + std::string{each.kind()} + ' ' + each.type());
  std::string const tick_type{"{id:<u4@0,price:<f4@4,venue:|S4@8}12"};
  std::vector<std::string> const expected{"flags bitset <u8",
                                          "frames object_pool <u2[3]",
                                          "handles array {index:<u8@0,key:<u8@8}16",
                                          "notes heap |u1",
                                          "orders ring " + tick_type,
                                          "seen set |S12",
                                          "ticks ring " + tick_type,
                                          "undo stack " + tick_type,
                                          "users map {key:<u4@0,value:" + tick_type + "@4}16"};
  EXPECT_EQ(listed, expected);
}

std::vector<std::uint32_t> held_in(ring<tick> const& from) {
  std::vector<std::uint32_t> out;
  for (auto reader = from.reader(); auto const each = reader.try_read();) {
    EXPECT_EQ(*each, make_tick(each->id));
    out.push_back(each->id);
  }
  return out;
}

TEST(golden, RingHoldsItsLastSamplesAcrossItsWrap) {
  golden_copy const copy{"more_kinds_v1.hex"};
  auto const ticks = copy.open().attach<ring<tick>>("ticks");
  EXPECT_EQ(ticks.mode(), ring_mode::overwrite);
  EXPECT_EQ(held_in(ticks), (std::vector<std::uint32_t>{4, 5, 6, 7}));
  EXPECT_EQ(ticks.statistics().written, 7u);
  EXPECT_EQ(ticks.statistics().read, 4u);
  EXPECT_EQ(ticks.statistics().lost, 3u);
  ticks.push(make_tick(8));
  EXPECT_EQ(held_in(ticks), (std::vector<std::uint32_t>{5, 6, 7, 8}));
  EXPECT_EQ(ticks.try_pop(), make_tick(5));
}

TEST(golden, BoundedRingIsFullAndGoesOn) {
  golden_copy const copy{"more_kinds_v1.hex"};
  auto const orders = copy.open().attach<ring<tick>>("orders");
  EXPECT_EQ(orders.mode(), ring_mode::bounded);
  EXPECT_EQ(held_in(orders), (std::vector<std::uint32_t>{3, 4, 5}));
  EXPECT_FALSE(orders.try_push(make_tick(6)));
  EXPECT_EQ(orders.try_pop(), make_tick(3));
  EXPECT_TRUE(orders.try_push(make_tick(6)));
  for (std::uint32_t id = 4; id <= 6; ++id) EXPECT_EQ(orders.try_pop(), make_tick(id));
  EXPECT_EQ(orders.try_pop(), std::nullopt);
}

TEST(golden, StackHasItsElementsAndOneFreeNode) {
  golden_copy const copy{"more_kinds_v1.hex"};
  auto const undo = copy.open().attach<stack<tick>>("undo");
  EXPECT_EQ(undo.statistics().pushed, 5u);
  EXPECT_EQ(undo.statistics().popped, 2u);
  EXPECT_EQ(undo.statistics().high_water, 4u);
  EXPECT_TRUE(undo.try_push(make_tick(6)));
  EXPECT_FALSE(undo.try_push(make_tick(7)));
  for (auto const id : {6u, 5u, 2u, 1u}) EXPECT_EQ(undo.try_pop(), make_tick(id));
  EXPECT_EQ(undo.try_pop(), std::nullopt);
}

TEST(golden, HandlesReachTheObjectsUntilTheyAreTakenBack) {
  golden_copy const copy{"more_kinds_v1.hex"};
  auto const opened = copy.open();
  auto const frames = opened.attach<object_pool<frame>>("frames");
  auto const handles = opened.attach<array<pool_handle>>("handles");
  EXPECT_EQ(frames.size(), golden_live_handles.size());
  for (auto const i : golden_live_handles) {
    ASSERT_NE(frames.get(handles[i]), nullptr) << i;
    EXPECT_EQ(frames[handles[i]], make_frame(i));
    EXPECT_FALSE(frames.owner(handles[i])->is_alive);
  }
  EXPECT_EQ(frames.get(handles[1]), nullptr);
  EXPECT_TRUE(frames.adopt(handles[0]));
  EXPECT_EQ(frames.reclaim(), 2u);
  EXPECT_NE(frames.get(handles[0]), nullptr);
  EXPECT_EQ(frames.get(handles[2]), nullptr);
}

TEST(golden, MapHasItsElements) {
  golden_copy const copy{"more_kinds_v1.hex"};
  auto const users = copy.open().attach<map<std::uint32_t, tick>>("users");
  EXPECT_GE(users.size(), golden_map_capacity);
  EXPECT_EQ(users.statistics().refusals, 1u);
  EXPECT_GE(users.statistics().overflows_used, 1u);
  auto const keys = golden_keys(users.size());
  for (auto const key : keys) EXPECT_EQ(users.find(key), golden_user(key)) << key;
  EXPECT_EQ(users.find(golden_erased_key), std::nullopt);
  EXPECT_EQ(users.insert(keys.back() + 1, {}), insertion::full);
  for (auto const key : keys) EXPECT_TRUE(users.erase(key)) << key;
  EXPECT_EQ(users.statistics().overflows_used, 0u);
  EXPECT_TRUE(users.insert(golden_erased_key, make_tick(3)));
}

TEST(golden, SetHasItsKeys) {
  golden_copy const copy{"more_kinds_v1.hex"};
  auto const seen = copy.open().attach<stoa::set<symbol>>("seen");
  EXPECT_GE(seen.size(), golden_map_capacity);
  EXPECT_GE(seen.statistics().overflows_used, 1u);
  auto const keys = golden_keys(seen.size());
  for (auto const key : keys) EXPECT_EQ(seen.insert(make_symbol(key)), insertion::present) << key;
  EXPECT_FALSE(seen.contains(make_symbol(golden_erased_key)));
  for (auto const key : keys) EXPECT_TRUE(seen.erase(make_symbol(key))) << key;
  EXPECT_TRUE(seen.insert(make_symbol(golden_erased_key)));
}

TEST(golden, BitsAreSet) {
  golden_copy const copy{"more_kinds_v1.hex"};
  auto const flags = copy.open().attach<bitset>("flags");
  EXPECT_EQ(flags.size(), golden_bitset_size);
  std::vector<std::uint64_t> found;
  for (auto bit = flags.find_first(); bit; bit = flags.find_next(*bit)) found.push_back(*bit);
  EXPECT_TRUE(std::ranges::equal(found, golden_bits));
}

// Who has another Boost or C library than the golden segment was made with is refused.
TEST(golden, HeapIsAttachedByTheSameBoost) {
  constexpr auto this_boost = BOOST_VERSION / 100'000 * 1000 + BOOST_VERSION / 100 % 1000;
  golden_copy const copy{"more_kinds_v1.hex"};
  auto const opened = copy.open();
  heap_header header{};
  for (auto const& each : opened.entries())
    if (each.kind() == "heap") std::memcpy(&header, each.view().body.data(), sizeof(header));
  EXPECT_EQ(header.heap_bytes, golden_heap_bytes);
  auto const notes = opened.try_attach<heap>("notes");
  if (header.boost_version != this_boost || header.mutex_bytes != sizeof(pthread_mutex_t)) {
    ASSERT_FALSE(notes);
    EXPECT_EQ(notes.error().code(), errc::layout_mismatch);
    return;
  }
  ASSERT_TRUE(notes);
  EXPECT_EQ(notes->capacity(), golden_heap_bytes);
  auto const* const answer = notes->find<std::uint64_t>("answer");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(*answer, 42u);
}

TEST(golden, KilledParticipantsAreSeenAsDead) {
  golden_copy const copy{"killed_v1.hex"};
  auto const looking = segment::open_read_only("golden", copy.where());
  EXPECT_EQ(looking.reference_count(), 0u);
  unsigned leases = 0;
  for (auto const& each : looking.participants()) {
    EXPECT_EQ(each.pid, 4242u);
    EXPECT_EQ(each.command, "golden");
    EXPECT_FALSE(each.alive);
    leases += each.leases;
  }
  EXPECT_EQ(looking.participants().size(), 2u);
  EXPECT_EQ(leases, 1u);
}

TEST(golden, LeaseOfTheKilledGoesToTheNextAndThePushNeverHappened) {
  golden_copy const copy{"killed_v1.hex"};
  auto const trades = copy.open().attach<queue<trade>>("trades");
  ASSERT_TRUE(trades.try_push(make_trade(4)));
  EXPECT_EQ(trades.try_pop(), make_trade(1));
  EXPECT_EQ(trades.try_pop(), make_trade(2));
  EXPECT_EQ(trades.try_pop(), make_trade(4));
  EXPECT_EQ(trades.try_pop(), std::nullopt);
}

}  // namespace
}  // namespace stoa::testing
