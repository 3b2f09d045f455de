// spoiled_kinds.hpp: each kind with something in it, and for each of its invariants damages that break it.
#pragma once
#include <vector>

#include "hostile_exchange.hpp"
#include "hostile_users.hpp"
#include "spoiled.hpp"
#include "spoiled_messages.hpp"
#include "spoiled_sync.hpp"

namespace stoa::testing {

inline spoiled_kind spoiled_array() {
  return {"array",
          [](segment const& in) { ignore(in.publish<array<int>>("it", 4)); },
          {{"too many elements", "header", set_word(0, 1'000'000)}, {"a byte of padding", "padding", set_byte(100)}}};
}

inline spoiled_kind spoiled_bitset() {
  return {"bitset",
          [](segment const& in) { ignore(in.publish<bitset>("it", 70)); },
          {{"no bits", "header", set_word(0, 0)},
           {"a byte of padding", "padding", set_byte(64)},
           {"a bit behind the last", "last word", set_word(sizeof(bitset_header) + 8, 1 << 6)}}};
}

inline spoiled_kind spoiled_value() {
  constexpr auto buffer = sizeof(value_header);
  return {"value",
          [](segment const& in) { in.publish<value<three>>("it", 4).store({1, 2, 3}); },
          {{"another payload", "header", set_word(0, 13)},
           {"a byte of padding", "padding", set_byte(40)},
           {"a current buffer that is none", "state", set_word(offsetof(value_header, state), 0xFF)},
           {"a current buffer that is being written", "buffer 0, sequence",
            [](std::byte* body, segment const&) {
              at<value_header>(body).state.store(0x100);
              at<value_buffer>(body, buffer).sequence.store(3);
            }},
           {"an owner who never was", "buffer 0, owner", set_word(buffer, nobody_ever)},
           {"bytes behind the payload", "buffer 0", set_byte(buffer + sizeof(value_buffer) + 14)},
           {"bytes behind the buffer", "buffer 0, padding", set_byte(buffer + 100)}}};
}

inline spoiled_kind spoiled_queue() {
  constexpr auto slots = sizeof(queue_header);
  constexpr auto slot = sizeof(queue_slot<int>);
  using header = queue_header;
  return {"queue",
          [](segment const& in) {
            auto const q = in.publish<queue<int>>("it", 4);
            q.push(1);
            q.push(2);
            q.push(3);
            ignore(q.pop());
          },
          {{"a capacity that is none", "header", set_word(0, 3)},
           {"a byte of padding", "padding", set_byte(700)},
           {"a tail far ahead", "tail", set_word(offsetof(header, tail), 100)},
           {"a tail behind head", "tail", set_word(offsetof(header, tail), 0)},
           {"a slot of another lap", "slot 1", set_word(slots + slot, slot_word(9, slot_state::full))},
           {"a slot in no state", "slot 1", set_word(slots + slot, 1 << 2 | 3)},
           {"an element that is free", "slot 1", set_word(slots + slot, slot_word(1, slot_state::free))},
           {"a claim of nobody", "slot 3", set_word(offsetof(header, tail), 4)},
           {"an element that was taken by nobody", "slot 1", set_word(offsetof(header, head), 2), false},
           {"recall", "recall", set_word(offsetof(header, recall), 2)},
           {"recovery by who never was", "recovery", set_word(offsetof(header, recovery), nobody_ever)},
           {"a high water mark above the capacity", "high_water", set_word(offsetof(header, high_water), 5)},
           {"an operation of another kind", "lease", name(lane_op::lock, 0)},
           {"a ticket that nobody has come to", "lease", name(lane_op::push, 50)},
           {"more tickets than there are slots", "lease", name(lane_op::pop, 0, 5)}}};
}

inline spoiled_kind spoiled_spsc_queue() {
  using header = spsc_queue_header;
  return {"spsc_queue",
          [](segment const& in) {
            auto const q = in.publish<spsc_queue<int>>("it", 4);
            for (int i = 0; i < 3; ++i) ignore(q.try_push(i));
            ignore(q.try_pop());
          },
          {{"a capacity that is none", "header", set_word(0, 3)},
           {"a byte of padding", "padding", set_byte(500)},
           {"a tail far ahead", "tail", set_word(offsetof(header, tail), 100)},
           {"a head ahead of its tail", "tail", set_word(offsetof(header, head), 4)},
           {"elements of another size", "header", set_word(offsetof(header, element_bytes), 8)},
           {"a producer who never was", "producer", set_word(offsetof(header, producer), nobody_ever)},
           {"a consumer who never was", "consumer", set_word(offsetof(header, consumer), nobody_ever)},
           {"a high water mark above the capacity", "high_water", set_word(offsetof(header, high_water), 5)}}};
}

inline spoiled_kind spoiled_ring() {
  using header = ring_header;
  return {"ring",
          [](segment const& in) {
            auto const r = in.publish<ring<three>>("it", ring_shape{3, ring_mode::bounded});
            for (std::uint32_t i = 0; i < 3; ++i) ignore(r.try_push({i, i, i}));
            ignore(r.try_pop());
          },
          {{"a mode that is none", "header", set_word(offsetof(header, mode), 2)},
           {"a byte of padding", "padding", set_byte(500)},
           {"announced far ahead", "announced", set_word(offsetof(header, announced), 50)},
           {"announced behind", "announced", set_word(offsetof(header, announced), 2)},
           {"announced over what was not consumed", "announced", set_word(offsetof(header, announced), 5)},
           {"consumed ahead", "consumed", set_word(offsetof(header, consumed), 4)},
           {"more lost than consumed", "lost", set_word(offsetof(header, lost), 2)},
           {"a producer who never was", "producer", set_word(offsetof(header, producer), nobody_ever)},
           {"a high water mark above the capacity", "high_water", set_word(offsetof(header, high_water), 9)},
           {"bytes behind a sample", "slot 1", set_byte(sizeof(header) + 16 + 15)}}};
}

inline spoiled_kind spoiled_stack() {
  constexpr auto node = [](std::uint64_t i) { return sizeof(stack_header) + i * (sizeof(stack_node) + 16); };
  using header = stack_header;
  auto const relink = [](std::uint64_t offset, std::uint32_t to) {
    return [=](std::byte* body, segment const&) {
      auto& link = at<atomic_u64>(body, offset);
      link.store(make_link(tag_in(link.load()), to));
    };
  };
  return {"stack",
          [](segment const& in) {
            auto const s = in.publish<stack<three>>("it", 4);
            for (std::uint32_t i = 0; i < 3; ++i) ignore(s.try_push({i, i, i}));
          },
          {{"too many nodes", "header", set_word(0, 1000)},
           {"a byte of padding", "padding", set_byte(600)},
           {"a top that is no node", "top", relink(offsetof(header, top), 9)},
           {"a free node that is none", "free", relink(offsetof(header, free), 9)},
           {"a circle", "node 2", relink(node(0), 2)},
           {"a node in both lists", "node", relink(offsetof(header, free), 1)},
           {"a node in no list", "node 3", relink(offsetof(header, free), no_node), false},
           {"another depth", "node 1, depth", set_word(node(1) + 8, 7)},
           {"bytes behind an element", "node 3", set_byte(node(3) + sizeof(stack_node) + 15)},
           {"a high water mark above the capacity", "high_water", set_word(offsetof(header, high_water), 9)},
           {"a name that is no intent", "lease", name(lane_op::push, 0)}}};
}

inline spoiled_kind spoiled_object_pool() {
  constexpr auto words = sizeof(object_pool_header);
  using header = object_pool_header;
  return {"object_pool",
          [](segment const& in) { ignore(in.publish<object_pool<int>>("it", 3)); },
          {{"a tag that is none", "header", set_word(offsetof(header, tag), 0)},
           {"a byte of padding", "padding", set_byte(200)},
           {"an owner who never was", "object 1", set_word(words + 8, make_block_word(5, 0x1FFF))},
           {"an owner without a place", "object 2", set_word(words + 16, make_block_word(5, 1 << 13))},
           {"a hint behind the last", "last hint", set_word(words + 128, 8)},
           {"bytes behind the words", "padding", set_byte(words + 30)},
           {"a high water mark above the capacity", "high_water", set_word(offsetof(header, high_water), 9)}}};
}

// --- map ---

using small_map = map<std::uint64_t, three>;
inline map_bytes bytes_of_map(segment const& in) {
  return map_bytes::adopt(in.attachment().entries().at(0)).value();
}
// The home bucket of the first key there is, and a slot of it.
struct found_element {
  map_bytes map;
  std::uint64_t home = 0;
  std::uint32_t slot = 0;
  explicit found_element(segment const& in) : map{bytes_of_map(in)} {
    while (valid_in(map.home(home).state.load()) == 0) ++home;
    slot = static_cast<std::uint32_t>(std::countr_zero(valid_in(map.home(home).state.load())));
  }
  map_bucket& bucket() const { return map.home(home); }
  atomic_u64* words(std::uint32_t of) const { return map_bytes::words(bucket()) + of * map.layout().slot_words(); }
};
template <class Change>
auto change_map(Change change) {
  return [=](std::byte*, segment const& in) { change(found_element{in}); };
}

inline spoiled_kind spoiled_map() {
  return {
      "map",
      [](segment const& in) {
        auto const m = in.publish<small_map>("it", 14);
        for (std::uint64_t i = 0; i < 5; ++i) ignore(m.insert(i, {1, 2, 3}));
      },
      {{"keys of another size", "header", set_word(offsetof(map_header, key_bytes), 100)},
       {"a byte of padding", "padding", set_byte(200)},
       {"a hint behind the last", "hint", set_word(offsetof(map_header, hint), 3)},
       {"a key that belongs elsewhere", "bucket", change_map([](auto const& of) { of.words(of.slot)->store(77'777); })},
       {"another fingerprint", "slot", change_map([](auto const& of) { of.map.prints(of.home).fetch_xor(0xFF); })},
       {"the same key twice", "bucket", change_map([](auto const& of) {
          for (std::uint64_t i = 0; i < of.map.layout().slot_words(); ++i)
            of.words(6)[i].store(of.words(of.slot)[i].load());
          auto& prints = of.map.prints(of.home);
          prints.store(with_fingerprint(prints.load(), 6, fingerprint_of(prints.load(), of.slot)));
          of.bucket().state.fetch_or(1 << 6);
        })},
       {"valid slots behind the chain", "state",
        change_map([](auto const& of) { of.bucket().state.fetch_or(1 << 20); })},
       {"bytes behind a value", "slot", change_map([](auto const& of) { of.words(of.slot)[2].fetch_or(1ull << 63); })},
       {"other bits beside the lock", "control",
        change_map([](auto const& of) { of.bucket().control.fetch_or(1 << 30); })},
       {"a lock of no lane", "lock",
        change_map([](auto const& of) { of.bucket().control.store(with_lock(of.bucket().control.load(), 100)); })},
       {"a lock of who does not name it", "lock",
        change_map([](auto const& of) { of.bucket().control.store(with_lock(of.bucket().control.load(), 1)); }), false},
       {"a next that is none", "next", change_map([](auto const& of) { of.bucket().control.fetch_or(99); })},
       {"a bucket that belongs to nobody's chain", "user of overflow bucket 1",
        change_map([](auto const& of) { of.map.user(1).store(1); }), false},
       {"a bucket in a chain that is another's", "user of overflow bucket 0",
        change_map([](auto const& of) { of.bucket().control.fetch_or(1); }), false},
       {"a fingerprint of no slot", "fingerprints",
        change_map([](auto const& of) { of.map.prints(of.home).fetch_or(1ull << 60); })},
       {"a state of an overflow bucket", "state",
        change_map([](auto const& of) { of.map.bucket(of.map.homes()).state.store(1); })},
       {"a lock that is a lease", "lease", name(lane_op::lock, 0)}}};
}

// Only its header is looked at.
inline spoiled_kind spoiled_heap() {
  return {"heap",
          [](segment const& in) { ignore(in.publish<heap>("it", 1 << 14)); },
          {{"more bytes than there are", "header", set_word(offsetof(heap_header, heap_bytes), 1 << 20)},
           {"too few bytes", "header", set_word(offsetof(heap_header, heap_bytes), 1)},
           {"a byte of padding", "padding", set_byte(offsetof(heap_header, pad) + 5)}}};
}

// --- exchange ---

inline spoiled_kind spoiled_exchange() {
  auto const change = [](auto work) {
    return [=](std::byte*, segment const& in) {
      work(exchange_bytes::adopt(in.attachment().entries().at(0)).value().way(side::front));
    };
  };
  return {
      "exchange",
      publish_exchange,
      {{"no slots", "header", set_word(0, 0)},
       {"a byte of padding", "padding", set_byte(100)},
       {"a request in no state", "slot 0, request",
        change([](auto way) { way.slot(0).request().word.store(1 << 8 | 7); })},
       {"a response in no state", "slot 0, response", change([](auto way) { way.slot(0).response().word.store(0); })},
       {"a response before its request", "slot 0, generations",
        change([](auto way) { way.slot(0).response().word.store(make_call_word(9, response_state::done)); })},
       {"a service before its request", "slot 0, generations",
        change([](auto way) { way.slot(0).service().store(make_service_word(9, 0)); })},
       {"a server who never was", "slot 0, service",
        change([](auto way) { way.slot(0).service().store(make_service_word(1, 0x1FFF)); })},
       {"a caller who never was", "slot 1, owner", change([](auto way) { way.slot(1).owner().store(nobody_ever); })},
       {"a request that is too large", "size of the request",
        change([](auto way) { way.slot(0).request().size.store(51); })},
       {"a response that is too large", "size of the response",
        change([](auto way) { way.slot(0).response().size.store(51); })},
       {"a server's place", "place 3", change([](auto way) { way.header().places[3].store(nobody_ever); })},
       {"bytes behind a payload", "slot 0, padding",
        change([](auto way) { way.slot(0).request_payload()[55] = std::byte{1}; })}}};
}

inline std::vector<spoiled_kind> spoiled_kinds() {
  std::vector<spoiled_kind> all{spoiled_array(),      spoiled_bitset(), spoiled_value(),       spoiled_queue(),
                                spoiled_spsc_queue(), spoiled_ring(),   spoiled_stack(),       spoiled_object_pool(),
                                spoiled_map(),        spoiled_heap(),   spoiled_exchange()};
  for (auto const& more : {spoiled_message_kinds(), spoiled_sync_kinds()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace stoa::testing
