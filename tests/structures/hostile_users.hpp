// hostile_users.hpp: each of the newer structures as something that is published, and everything that can be done
// with it, as calls. What a call gives that no damaged byte may make it give ends the process.
#pragma once
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <stoa/stoa.hpp>
#include <vector>

#include "hostile.hpp"

namespace stoa::testing {

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
inline void ignore(T const&) {}

// Where "it" lies. While its entry is being damaged, it may be there at one look and not at the next.
inline entry_view view_of_it(segment const& in) {
  auto const all = in.entries();
  if (all.begin() == all.end()) throw error{{errc::no_such_name, "there is no entry any more"}};
  return all.begin()->view();
}

// --- message_ring ---

inline void publish_messages(segment const& in, message_ring_options const& with) {
  auto const ring = in.publish<message_ring>("it", 1024, with);
  std::array<std::byte, 100> const bytes{};
  for (std::size_t size = 20; size < 100; size += 20) ring.try_send(std::span{bytes}.first(size));
}
inline void publish_group(segment const& in) {
  publish_messages(in, {.checksum = true});
  auto const consumer = in.attach<message_ring>("it").consumer();
  auto first = consumer.try_receive();
  auto const second = consumer.try_receive();  // given back
  if (first) first->commit();  // where what is damaged looks like lanes that are taken, there is none
}
constexpr large_messages two_blocks{.blocks = 2, .block_bytes = 512, .above = 64};
inline void publish_group_with_blocks(segment const& in) {
  publish_messages(in, {.large = two_blocks});
  ignore(in.attach<message_ring>("it").consumer().try_receive());  // given back
}
inline void publish_overwriting_broadcast_with_blocks(segment const& in) {
  publish_messages(in, {.delivery = delivery::broadcast, .when_full = when_full::overwrite, .large = two_blocks});
}
inline void publish_broadcast(segment const& in) {
  publish_messages(in, {.delivery = delivery::broadcast, .max_readers = 2});
}
inline void publish_overwriting_broadcast(segment const& in) {
  publish_messages(in, {.checksum = true, .delivery = delivery::broadcast, .when_full = when_full::overwrite});
}
inline void insist_on(message_view const& each) {
  insist(each.size() <= 512, "a message that does not fit");
  std::byte sum{};
  for (auto const byte : each.data()) sum ^= byte;
  ignore(sum);
}
inline calls sends(message_ring const& ring) {
  auto const bytes = std::make_shared<std::vector<std::byte>>(300);
  return {[=] { ring.try_send(*bytes); },
          [=] { for (int i = 0; i < 20; ++i) ring.try_send(std::span{*bytes}.first(10)); },
          [=] { ignore(ring.send_for(*bytes, 1, 0s)); },
          [=] { std::array<std::span<std::byte const>, 2> const two{*bytes, *bytes}; ignore(ring.try_send_n(two)); },
          [=] {
            if (auto slot = ring.claim(200)) {
              std::memset(slot.data(), 1, slot.size());
              slot.commit();
            }
          },
          [=] { ignore(ring.claim(200)); },
          [=] { ring.recover(); }};
}
inline calls looks_at_message_ring(message_ring const& ring) {
  return {[=] { insist(ring.size() <= 16, "more messages than fit"); }, [=] { ignore(ring.statistics()); }};
}
inline user user_of_group(segment const& in) {
  auto const ring = in.attach<message_ring>("it");
  auto changing = sends(ring);
  auto const consumer = ring.consumer();
  for (calls const& more : {
           calls{[=] { ignore(consumer.try_receive()); },
                 [=] {
                   if (auto got = consumer.receive_for(0s)) {
                     insist_on(*got);
                     got->commit();
                   }
                 },
                 [=] { ignore(consumer.poll(insist_on, 100)); },
                 [=] { for (auto const& each : consumer.drain()) insist_on(each); }}})
    changing.insert(changing.end(), more.begin(), more.end());
  return {looks_at_message_ring(ring), std::move(changing)};
}
inline user user_of_broadcast(segment const& in) {
  auto const ring = in.attach<message_ring>("it");
  auto changing = sends(ring);
  auto const read = [=](message_start from) {
    auto reader = ring.reader(from);
    if (auto const got = reader.try_receive()) insist_on(*got);
    ignore(reader.poll(insist_on, 100));
    if (auto const got = reader.receive_for(0s)) insist_on(*got);
  };
  changing.push_back([=] { read(message_start::oldest); });
  changing.push_back([=] { read(message_start::next); });
  return {looks_at_message_ring(ring), std::move(changing)};
}

// --- ring ---

using samples = stoa::ring<sample>;
inline constexpr std::uint64_t in_ring = 3;

inline void fill_ring(samples const& ring) {
  for (std::uint64_t n = 0; n < in_ring; ++n) ignore(ring.try_push({n, 0.5}));
  ignore(ring.try_pop());
}
inline void publish_ring(segment const& in) {
  auto const ring = in.publish<samples>("it", in_ring);
  fill_ring(ring);
  ring.push({9, 9});
  ring.push({10, 10});
}
inline void publish_bounded_ring(segment const& in) {
  fill_ring(in.publish<samples>("it", ring_shape{in_ring, ring_mode::bounded}));
}
inline calls looks_at_ring(samples const& ring) {
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
inline user user_of_ring(segment const& in) {
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
inline constexpr std::uint64_t in_stack = 4;

// Two elements, and a node that a popper took into his grave.
inline void publish_stack(segment const& in) {
  auto const stack = in.publish<pile>("it", in_stack);
  for (std::uint64_t n = 0; n < 3; ++n) ignore(stack.try_push({n, 0.5}));
  auto const bytes = stack_bytes::adopt(view_of_it(in)).value();
  ignore(bytes.take(bytes.header().top, in.attachment().my_lane().intent, make_what(bytes.tag(), lane_op::pop),
                    bytes.layout().node_bytes));
}
inline user user_of_stack(segment const& in) {
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
inline constexpr std::uint64_t in_pool = 3;

inline void publish_object_pool(segment const& in) {
  auto const pool = in.publish<pool_of_samples>("it", in_pool);
  for (int i = 0; i < 2; ++i) pool[pool.acquire()] = {7, 7.0};
  pool.release(*pool.live().begin());
  ignore(pool.acquire());
}
inline user user_of_object_pool(segment const& in) {
  auto const pool = in.attach<pool_of_samples>("it");
  auto const body = view_of_it(in).body;
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
inline constexpr std::uint64_t keys = 32;
inline constexpr int in_map = 6;  // some homes and overflow buckets
inline constexpr std::size_t most_in_map = in_map * most_buckets * slots_per_bucket;  // whatever its links say

// As a process leaves it that dies when it has locked a home bucket.
inline void lock_a_home(segment const& in) {
  auto const bytes = map_bytes::adopt(view_of_it(in)).value();
  auto const index = bytes.homes() - 1;
  auto& mine = in.attachment().my_lane();
  auto const lanes = in.attachment().map().lanes();
  write_name(mine.intent, make_what(bytes.tag(), lane_op::lock), index);
  auto& control = bytes.home(index).control;
  control.store(with_lock(control.load(), static_cast<std::uint64_t>(&mine - lanes.data()) + 1));
}
// Overflow buckets are in use: the keys come until one finds no room.
inline void publish_map(segment const& in) {
  auto const map = in.publish<table>("it", in_map);
  for (std::uint64_t n = 0; map.insert(n, {n, 0.5}); ++n) continue;
  for (std::uint64_t n = 0; n < 2; ++n) map.erase(n);
  lock_a_home(in);
}
inline void publish_set(segment const& in) {
  auto const set = in.publish<wide_set>("it", in_map);
  for (std::uint64_t n = 0; set.insert(wide(n)); ++n) continue;
  for (std::uint64_t n = 0; n < 2; ++n) set.erase(wide(n));
  lock_a_home(in);
}
template <class Structure>
inline calls looks_at_keys(Structure const& it, auto key_of) {
  return {[=] { for (std::uint64_t n = 0; n < keys; ++n) ignore(it.contains(key_of(n))); },
          [=] { insist(it.snapshot().size() <= most_in_map, "more elements than slots"); },
          [=] { insist(it.size() <= most_in_map, "more elements than slots"); },
          [=] { ignore(it.empty()); },
          [=] { ignore(it.statistics()); }};
}
template <class Structure>
inline calls changes_of_keys(Structure const& it, auto key_of) {
  return {[=] { for (std::uint64_t n = 0; n < keys; ++n) ignore(it.erase(key_of(n))); },
          [=] { it.clear(); },
          [=] { it.recover(); }};
}
inline void append(calls& to, calls const& more) { to.insert(to.end(), more.begin(), more.end()); }
inline user user_of_map(segment const& in) {
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
inline user user_of_set(segment const& in) {
  auto const set = in.attach<wide_set>("it");
  user out{looks_at_keys(set, wide), changes_of_keys(set, wide)};
  append(out.looking, {[=] { set.for_each([](wide_key const&) {}); }});
  append(out.changing, {[=] { for (std::uint64_t n = 0; n < keys; ++n) ignore(set.insert(wide(n))); },
                        [=] { for (std::uint64_t n = keys; n-- > 0;) ignore(set.insert(wide(n))); }});
  return out;
}

// --- bitset ---

inline constexpr std::uint64_t in_bitset = 70;

inline void publish_bitset(segment const& in) {
  auto const bits = in.publish<stoa::bitset>("it", in_bitset);
  for (auto const i : {0u, 5u, 63u, 64u, 69u}) bits.set(i);
}
inline user user_of_bitset(segment const& in) {
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

inline constexpr int heap_bytes = 1024;

inline void publish_heap(segment const& in) {
  auto const heap = in.publish<stoa::heap>("it", heap_bytes);
  ignore(heap.construct<std::uint64_t>("number", 7u));
}
inline user user_of_heap(segment const& in) {
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
inline user no_user_of_heap(segment const&) { return {}; }

}  // namespace stoa::testing
