#include "golden_segments.hpp"

#include <cstring>
#include <optional>
#include <stdexcept>

#include "golden_connections.hpp"
#include "golden_content.hpp"
#include "golden_messages.hpp"
#include "scratch.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace stoa::testing {
namespace {

constexpr std::uint64_t some_time_ns = 1'700'000'000'000'000'000;
constexpr std::uint32_t some_pid = 4242;

template <class T>
void put(golden_bytes& bytes, std::uint64_t offset, T const& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}
template <class T>
T get(golden_bytes const& bytes, std::uint64_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

void normalise_participant(golden_bytes& bytes, std::uint64_t at) {
  if (get<std::uint64_t>(bytes, at + offsetof(participant_record, generation)) == 0) return;
  if (get<std::uint64_t>(bytes, at + offsetof(participant_record, pid)) != 0)
    put(bytes, at + offsetof(participant_record, pid), std::uint64_t{some_pid});
  put(bytes, at + offsetof(participant_record, start_time), std::uint64_t{77});
  put(bytes, at + offsetof(participant_record, attached_ns), some_time_ns);
  put(bytes, at + offsetof(participant_record, name),
      std::array<char, 32>{'g', 'o', 'l', 'd', 'e', 'n'});
}

void normalise_entry(golden_bytes& bytes, std::uint64_t at) {
  if (get<char>(bytes, at) == '\0') return;
  put(bytes, at + offsetof(entry_record, creator_pid), some_pid);
  put(bytes, at + offsetof(entry_record, created_ns), some_time_ns);
}

void normalise(golden_bytes& bytes, segment_map const& map) {
  put(bytes, offsetof(segment_header, creator_pid), some_pid);
  put(bytes, offsetof(segment_header, created_ns), some_time_ns);
  put(bytes, offsetof(segment_header, segment_id), std::uint64_t{0x0123456789ABCDEF});
  put(bytes, offsetof(segment_header, checksum),
      std::uint64_t{XXH64(bytes.data(), offsetof(segment_header, checksum), 0)});
  auto const& layout = map.layout();
  for (std::uint64_t i = 0; i < map.limits().max_participants; ++i)
    normalise_participant(bytes, layout.participants_offset + i * sizeof(participant_record));
  for (std::uint64_t i = 0; i < layout.name_slots; ++i)
    normalise_entry(bytes, layout.entries_offset + i * sizeof(entry_record));
}

void fill_all_kinds(segment const& made) {
  made.publish<array<std::uint32_t>>("short-lived", 100);
  made.erase("short-lived");
  auto const prices = made.publish<array<double>>("prices", golden_prices.size());
  std::ranges::copy(golden_prices, prices.begin());
  auto const last = made.publish<value<trade>>("last", 2);
  for (std::uint64_t id = 1; id <= 3; ++id) last.store(make_trade(id));
  auto const trades = made.publish<queue<trade>>("trades", queue_shape{4, golden_first_ticket});
  for (std::uint64_t id = 1; id <= 4; ++id) trades.push(make_trade(id));
  for (int i = 0; i < 2; ++i) trades.pop();
  trades.push(make_trade(5));
  auto const steps = made.publish<spsc_queue<std::uint8_t>>("steps", 2);
  steps.push(7);
  steps.push(8);
  steps.pop();
  steps.push(9);
}

void fill_streams(segment const& made) {
  auto const ticks = made.publish<ring<tick>>("ticks", ring_shape{4, ring_mode::overwrite, golden_first_ticket});
  for (std::uint32_t id = 1; id <= 7; ++id) ticks.push(make_tick(id));
  static_cast<void>(ticks.try_pop());  // the fourth; the three before it are lost
  auto const orders = made.publish<ring<tick>>("orders", ring_shape{3, ring_mode::bounded, golden_first_ticket});
  for (std::uint32_t id = 1; id <= 3; ++id) orders.push(make_tick(id));
  for (int i = 0; i < 2; ++i) orders.pop();
  for (std::uint32_t id = 4; id <= 5; ++id) orders.push(make_tick(id));
}

void fill_stack(segment const& made) {
  auto const undo = made.publish<stack<tick>>("undo", stack_shape{4, golden_first_tag});
  for (std::uint32_t id = 1; id <= 4; ++id) undo.push(make_tick(id));
  for (int i = 0; i < 2; ++i) undo.pop();
  undo.push(make_tick(5));
}

// Three objects stay in use; the handle of the second one's life before is stale.
void fill_object_pool(segment const& made) {
  auto const frames = made.publish<object_pool<frame>>("frames", object_pool_shape{5, golden_first_generation});
  auto const handles = made.publish<array<pool_handle>>("handles", 4);
  for (std::uint16_t i = 0; i < 3; ++i) handles[i] = frames.acquire();
  frames.release(handles[1]);
  handles[3] = frames.acquire();
  for (std::uint16_t const i : golden_live_handles) frames[handles[i]] = make_frame(i);
}

template <class Insert, class Erase>
void fill_with_keys(Insert insert, Erase erase) {
  for (std::uint32_t key = 1; insert(key); ++key)
    if (key == golden_erased_key) erase(key);
}

void fill_map_and_set(segment const& made) {
  auto const users = made.publish<map<std::uint32_t, tick>>("users", golden_map_capacity);
  fill_with_keys([&](std::uint32_t key) { return users.insert(key, make_tick(key)); },
                 [&](std::uint32_t key) { users.erase(key); });
  users.insert_or_assign(golden_assigned_key, golden_user(golden_assigned_key));
  auto const seen = made.publish<set<symbol>>("seen", golden_map_capacity);
  fill_with_keys([&](std::uint32_t key) { return seen.insert(make_symbol(key)); },
                 [&](std::uint32_t key) { seen.erase(make_symbol(key)); });
}

void fill_more_kinds(segment const& made) {
  fill_streams(made);
  fill_stack(made);
  fill_object_pool(made);
  fill_map_and_set(made);
  auto const flags = made.publish<bitset>("flags", golden_bitset_size);
  for (auto const bit : golden_bits) flags.set(bit);
  made.publish<heap>("notes", golden_heap_bytes).construct<std::uint64_t>("answer", 42u);
}

template <class Fill>
golden_bytes make_in_order(backing const& where, std::uint32_t max_entries, Fill fill) {
  std::optional made{segment::create("golden", 16384, golden_options(where, max_entries))};
  auto const map = made->attachment().map();
  fill(*made);
  made.reset();  // in order: what is persistent stays
  auto bytes = read_file(where.path() / "golden");
  normalise(bytes, map);
  return bytes;
}

// A push as it is between the claim of its ticket and the publication of its element.
void begin_push(attachment& owner, queue_bytes const& queue) {
  auto const ticket = queue.header().tail.load(std::memory_order_relaxed);
  write_name(owner.my_lane().intent, make_what(queue.tag(), lane_op::push), ticket);
  queue.header().tail.store(ticket + 1, std::memory_order_release);
}

// The file is copied while both are attached: in the copy they are dead.
golden_bytes make_killed(backing const& where) {
  auto const consumer = segment::create("golden", 8192, golden_options(where));
  auto const trades = consumer.publish<queue<trade>>("trades", 4);
  for (std::uint64_t id = 1; id <= 2; ++id) trades.push(make_trade(id));
  auto const lease = trades.claim();
  auto const producer = segment::open("golden", where);
  auto const entry = producer.attachment().attach("trades", queue<trade>::identity()).value();
  begin_push(producer.attachment(), queue_bytes::adopt(entry->view()).value());
  auto bytes = read_file(where.path() / "golden");
  normalise(bytes, consumer.attachment().map());
  return bytes;
}

// Copied while both are attached.
golden_bytes make_connections(backing const& where) {
  auto const server = segment::create("golden", 16384, golden_options(where));
  auto const client = segment::open("golden", where);
  golden_bytes bytes;
  with_channel(server, client, [&] {
    with_calls(server, client, [&] { bytes = read_file(where.path() / "golden"); });
  });
  normalise(bytes, server.attachment().map());
  return bytes;
}

// The numbers of streams go on from one to the next in a process: these begin at 1.
void normalise_chunks(golden_bytes& bytes, std::uint64_t first_number) {
  for (std::uint64_t at = 0; at + sizeof(chunk_header) <= bytes.size(); at += 8) {
    if (get<std::uint32_t>(bytes, at + offsetof(chunk_header, magic)) != chunk_magic) continue;
    auto const number = at + offsetof(chunk_header, number);
    put(bytes, number, get<std::uint64_t>(bytes, number) - first_number + 1);
  }
}

golden_bytes make_streams(backing const& where) {
  auto const made = segment::create("golden", 8192, golden_options(where));
  golden_bytes bytes;
  with_streams(made, [&](std::uint64_t first_number) {
    bytes = read_file(where.path() / "golden");
    normalise_chunks(bytes, first_number);
  });
  normalise(bytes, made.attachment().map());
  return bytes;
}

}  // namespace

std::vector<golden_segment> make_golden_segments() {
  scratch_directory const first, second, third, fourth, fifth, sixth, seventh;
  return {{"all_kinds_v1.hex", make_in_order(backing::directory(first.path()), 4, fill_all_kinds)},
          {"more_kinds_v1.hex", make_in_order(backing::directory(second.path()), 9, fill_more_kinds)},
          {"messages_v1.hex", make_in_order(backing::directory(fourth.path()), 4, fill_messages)},
          {"locks_v1.hex", make_in_order(backing::directory(fifth.path()), 10, fill_locks)},
          {"connections_v1.hex", make_connections(backing::directory(sixth.path()))},
          {"streams_v1.hex", make_streams(backing::directory(seventh.path()))},
          {"killed_v1.hex", make_killed(backing::directory(third.path()))}};
}

}  // namespace stoa::testing
