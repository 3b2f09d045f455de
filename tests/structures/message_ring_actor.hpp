// message_ring_actor.hpp: a process that works on a message_ring of a few units, and each thing it may be cut off in.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <stoa/message_ring.hpp>
#include <vector>

#include "actor.hpp"
#include "numbered_message.hpp"

namespace stoa::testing {

using contents = std::vector<std::uint64_t>;

inline constexpr std::uint64_t ring_bytes_of_scene = 1024;
inline constexpr std::uint64_t ring_units = ring_bytes_of_scene / record_unit;
inline constexpr std::uint64_t room_of_scene = ring_units - 1;  // messages of one unit that it holds
inline constexpr std::uint32_t lanes = 4;
// Three units before positions wrap, and with them the ring.
inline constexpr std::uint64_t position_before_wrap = 0 - 3 * record_unit;

inline message_ring_options options_of_scene(when_full full = when_full::wait) {
  return {.checksum = true, .when_full = full, .first_position = position_before_wrap};
}
// Two of three numbered messages lie in blocks.
inline constexpr std::uint32_t blocks_of_scene = 3;
inline constexpr large_messages large_of_scene{.blocks = blocks_of_scene, .block_bytes = 128, .above = 32};
inline message_ring_options with_blocks(message_ring_options options) {
  options.large = large_of_scene;
  return options;
}

using actor = actor_on<message_ring>;

inline bool send_number(message_ring const& ring, std::uint64_t number) {
  return ring.try_send(numbered_message(number), static_cast<std::uint32_t>(number));
}

inline void send(actor& self) {
  auto const bytes = numbered_message(50);
  if (self->try_send(bytes, 50)) self.done.note_push(50);
}
inline void send_longer(actor& self) {
  auto const bytes = numbered_message(52);
  if (self->try_send(bytes, 52)) self.done.note_push(52);
}
inline void send_shorter(actor& self) {
  auto const bytes = numbered_message(51);
  if (self->try_send(bytes, 51)) self.done.note_push(51);
}
inline void send_three(actor& self) {
  std::array const bytes{numbered_message(50), numbered_message(51), numbered_message(52)};
  std::array<std::span<std::byte const>, 3> const batch{bytes[0], bytes[1], bytes[2]};
  auto const sent = self->try_send_n(batch, 7);
  for (std::size_t i = 0; i < sent; ++i) self.done.note_push(50 + i);
}
inline void claim_and_commit(actor& self) {
  if (auto slot = self->claim(size_of_message(50), 50)) {
    auto const bytes = numbered_message(50);
    std::memcpy(slot.data(), bytes.data(), bytes.size());
    slot.commit();
    self.done.note_push(50);
  }
}
inline void claim_and_abort(actor& self) {
  if (auto slot = self->claim(size_of_message(50), 50)) std::memset(slot.data(), 7, slot.size());
}
inline void receive(actor& self) {
  if (auto got = self->consumer().try_receive()) {
    auto const number = number_in(got->data());
    got->commit();
    self.done.note_pop(number);
  }
}
inline void receive_and_abort(actor& self) { static_cast<void>(self->consumer().try_receive()); }
inline void poll_two(actor& self) {
  std::array<std::uint64_t, 2> numbers{};
  std::size_t seen = 0;
  auto const done = self->consumer().poll([&](auto const& each) { numbers[seen++] = number_in(each.data()); }, 2);
  for (std::size_t i = 0; i < done; ++i) self.done.note_pop(numbers[i]);
}
inline void poll_one(actor& self) {
  std::uint64_t number = 0;
  if (self->consumer().poll([&](auto const& each) { number = number_in(each.data()); }, 1) != 0)
    self.done.note_pop(number);
}
inline void receive_copy(actor& self) {
  std::vector<std::byte> copy(size_of_message(2));
  if (self->consumer().try_receive_copy(copy)) self.done.note_pop(number_in(copy));
}
// To sleep, and for no time: a send that finds no room, and a receive that finds nothing.
inline void send_in_time(actor& self) {
  auto const bytes = numbered_message(50);
  if (self->send_for(bytes, 50, std::chrono::seconds{0}, wait_strategy::sleep)) self.done.note_push(50);
}
inline void receive_in_time(actor& self) {
  static_cast<void>(self->consumer().receive_for(std::chrono::seconds{0}, wait_strategy::sleep));
}
// Whoever attaches settles what the dead have left.
inline void attach(actor& self) { self.attached = self.home.attach<message_ring>("m"); }

// What is there, taken out; `bad` is called with what is wrong with it. Sequences have no gaps, unless others took
// messages from between.
template <class Complain>
contents drained(message_consumer const& consumer, std::size_t way, Complain bad, bool is_all = true) {
  contents out;
  std::vector<std::uint64_t> sequences;
  auto const next = [&] {
    return way % 3 == 2 ? consumer.receive_for(std::chrono::seconds{0}) : consumer.try_receive();
  };
  while (auto got = next()) {
    if (!is_numbered_message(got->data())) bad("a torn message");
    out.push_back(number_in(got->data()));
    sequences.push_back(got->sequence());
    got->commit();
    if (out.size() > 2 * ring_units) {
      bad("more messages than there is room for");
      break;
    }
  }
  std::ranges::sort(sequences);
  for (std::size_t i = 1; is_all && i < sequences.size(); ++i)
    if (sequences[i] != sequences[i - 1] + 1) bad("a gap in the sequence");
  return out;
}

// The empty ring has all its blocks, twice. At first perhaps some that the dead were filling.
template <class Complain>
void check_all_blocks(message_ring const& ring, Complain bad) {
  auto const consumer = ring.consumer();
  for (int round = 0; round < 2; ++round) {
    if (round != 0 && ring.statistics().blocks_used != 0) bad("an empty ring's blocks");
    for (std::uint64_t n = 0; n < blocks_of_scene; ++n)
      if (!send_number(ring, 301 + 3 * n)) bad("a block was lost");
    if (send_number(ring, 998)) bad("more than there are blocks for");
    for (std::uint64_t n = 0; n < blocks_of_scene; ++n) {
      auto got = consumer.try_receive();
      if (!got || !is_numbered_message(got->data()) || number_in(got->data()) != 301 + 3 * n) {
        bad("messages in all blocks");
        return;
      }
      got->commit();
    }
  }
}

// The empty ring can hold all it could when it was new, twice.
template <class Complain>
void check_all_room(message_ring const& ring, Complain bad) {
  auto const consumer = ring.consumer();
  for (int round = 0; round < 2; ++round) {
    if (ring.size() != 0) bad("the empty ring's size");
    for (std::uint64_t n = 0; n < room_of_scene; ++n)
      if (!send_number(ring, 300 + 3 * n)) bad("room was lost");
    if (send_number(ring, 999)) bad("more than there is room for");
    for (std::uint64_t n = 0; n < room_of_scene; ++n) {
      auto got = consumer.try_receive();
      if (!got || number_in(got->data()) != 300 + 3 * n) {
        bad("a full ring's messages");
        return;
      }
      got->commit();
    }
    if (consumer.try_receive()) bad("a message from nowhere");
  }
}

}  // namespace stoa::testing
