// What the bytes of an array, a value, a bitset, a ring and an object_pool must say at every instant.
#include <fmt/format.h>

#include <cstring>
#include <stoa/array.hpp>
#include <stoa/bitset_bytes.hpp>
#include <stoa/object_pool_bytes.hpp>
#include <stoa/ring_bytes.hpp>
#include <stoa/value_bytes.hpp>

#include "verify_kinds.hpp"

namespace stoa::internal {

void verify_array(inspection& look) {
  if (auto const header = checked_array(look.entry()); !header) return look.refuse(header.error());
  verify_pads(look, {{16, sizeof(array_header)}});  // elements are plain memory
}

void verify_bitset(inspection& look) {
  auto const bits = bitset_bytes::adopt(look.entry());
  if (!bits) return look.refuse(bits.error());
  verify_pads(look, {{8, sizeof(bitset_header)}});
  auto const last = bits->words() - 1;
  auto const& word = bits->word_of(last * bits_per_word);
  // I2 of bitset_bytes.hpp
  if (auto const behind = word.load(std::memory_order_relaxed) & ~bits->valid(last); behind != 0)
    look.damage("last word", &word, "no bits behind the size", fmt::format("{:#x}", behind));
}

// --- value ---

void verify_value(inspection& look) {
  auto const value = value_bytes::adopt(look.entry());
  if (!value) return look.refuse(value.error());
  verify_pads(look, {{24, 128}, {136, sizeof(value_header)}});
  for (std::uint64_t i = 0; i < value->buffers(); ++i) {
    auto const& buffer = value->buffer(i);
    look.participant(fmt::format("buffer {}, owner", i), buffer.owner, "the next writer in need takes the buffer");
    look.padding(fmt::format("buffer {}", i), value->words(buffer), value->payload_bytes());
    auto const used = sizeof(value_buffer) + words_for(value->payload_bytes()) * word_bytes;
    look.zeros(fmt::format("buffer {}, padding", i), reinterpret_cast<std::byte const*>(&buffer) + used,
               value->buffer_bytes() - used);
  }
  auto const& state = value->state();
  auto const seen = current(state);
  if ((seen & 0xFF) >= value->buffers())
    return look.damage("state", &state, fmt::format("a current buffer below {}", value->buffers()),
                       fmt::format("{}", seen & 0xFF));
  // I2, I3 of value_bytes.hpp: who is current is whole. Versions do not come back.
  auto const& sequence = value->buffer(seen & 0xFF).sequence;
  auto const found = current(sequence);
  if ((found & 1) != 0 && state.load(std::memory_order_relaxed) == seen)
    look.damage(fmt::format("buffer {}, sequence", seen & 0xFF), &sequence, "an even number, as it is current",
                fmt::format("{} at version {}", found, seen >> 8));
}

// --- ring ---

namespace {

void verify_positions(inspection& look, ring_bytes const& ring) {
  auto const& header = ring.header();
  std::uint64_t first = 0;
  std::memcpy(&first, &header.first_position, sizeof(first));
  auto const lost = current(header.lost);  // before `consumed`, which is raised before it
  auto const consumed = ring.consumed();
  auto const published = ring.published();
  auto const announced = current(header.announced);
  auto const all = fmt::format("consumed {}, published {}, announced {}", consumed, published, announced);
  if (announced - published > ring.capacity() || is_past(first, published))
    look.damage("announced", &header.announced,
                fmt::format("from published on up to {} more, and none before {}", ring.capacity(), first), all);
  if (is_past(consumed, published) || is_past(first, consumed))
    look.damage("consumed", &header.consumed, fmt::format("at most published, and not before {}", first), all);
  // I4 of ring_bytes.hpp
  if (ring.is_bounded() && announced - consumed > ring.capacity())
    look.damage("announced", &header.announced, fmt::format("at most {} from consumed on", ring.capacity()), all);
  if (lost > consumed - first)
    look.damage("lost", &header.lost, fmt::format("at most the {} that were consumed", consumed - first),
                fmt::format("{}", lost));
}

}  // namespace

void verify_ring(inspection& look) {
  auto const ring = ring_bytes::adopt(look.entry());
  if (!ring) return look.refuse(ring.error());
  auto const& header = ring->header();
  verify_pads(look, {{40, 128}, {168, 256}, {280, 384}, {392, sizeof(header)}});
  look.participant("producer", header.producer, "the next to push takes the role over");
  verify_high_water(look, header.high_water, ring->capacity());
  verify_positions(look, *ring);
  auto const* slot = look.entry().body.data() + sizeof(header);
  for (std::uint64_t i = 0; i < ring->slots() && !look.is_full(); ++i) {
    look.padding(fmt::format("slot {}", i), reinterpret_cast<atomic_u64 const*>(slot), ring->payload_bytes());
    slot += ring_bytes::slot_bytes_for(ring->payload_bytes());
  }
}

// --- object_pool ---

namespace {

void verify_blocks(inspection& look, object_pool_bytes const& pool) {
  auto const* const begin = look.entry().body.data() + sizeof(object_pool_header);
  auto const* const words = reinterpret_cast<atomic_u64 const*>(begin);
  auto const words_end = pool.capacity() * sizeof(atomic_u64);
  auto const hints_begin = align_up(words_end, pad_bytes);
  auto const* const hints = reinterpret_cast<atomic_u64 const*>(begin + hints_begin);
  auto const hint_words = (pool.capacity() + 63) / 64;
  auto const hints_end = hints_begin + hint_words * sizeof(atomic_u64);
  look.zeros("padding", begin + words_end, hints_begin - words_end);
  look.zeros("padding", begin + hints_end, align_up(hints_end, pad_bytes) - hints_end);
  if (auto const rest = pool.capacity() % 64; rest != 0)
    if (auto const behind = hints[hint_words - 1].load(std::memory_order_relaxed) >> rest; behind != 0)
      look.damage("last hint", &hints[hint_words - 1], "no bits behind the capacity", fmt::format("{:#x}", behind));

  known_lives known{look.owner()};
  std::uint64_t dead = 0;
  std::uint64_t without_hint = 0;
  for (std::uint64_t i = 0; i < pool.capacity() && !look.is_full(); ++i) {
    auto const word = current(words[i]);
    auto const owner = owner_in(word);
    if (owner == no_block_owner)
      without_hint += (hints[i / 64].load(std::memory_order_relaxed) >> (i % 64) & 1) == 0;
    else if (!was_ever(look, owner))
      look.damage(fmt::format("object {}", i), &words[i], "nobody, or an owner that was ever here",
                  fmt::format("{:#x}", owner));
    else
      dead += !is_alive(known, look, owner);
  }
  if (dead != 0)
    look.note("objects", words, fmt::format("{} of owners that are dead: taken back by who finds none free", dead));
  if (without_hint != 0 && look.is_still())
    look.note("hints", hints,
              fmt::format("{} objects free without a hint: found by who finds none free", without_hint));
}

}  // namespace

void verify_object_pool(inspection& look) {
  auto const pool = object_pool_bytes::adopt(look.entry());
  if (!pool) return look.refuse(pool.error());
  auto const& header = pool->header();
  verify_pads(look, {{32, 128}, {132, 256}, {280, sizeof(header)}});
  verify_high_water(look, header.high_water, pool->capacity());
  verify_blocks(look, *pool);
}

}  // namespace stoa::internal
