// stoa/message_blocks.hpp: the blocks of a message_ring, for messages that are too large for its records.
//
// A record of one unit refers to a block, and the block's word names that record by its position, or who is filling it.
// Nobody gives a block back: it is free when the record is done, or padding, or its space was given back.
//
//   word: bits 0-5 state | being filled: 6-29 who does | of a record: 6-63 its position
//
//   free --CAS--> being filled --R1--> of a record --(it is done, padding, or reclaimed)--> free
//                      | died, or found no room ----------------------------------------------^
//
// I1 one owner  one CAS from a word that says free makes a block somebody's. Positions come once, and the dead do not
//               come back: who is late finds another word. Only the owner writes the block, until its record is
//               committed
// I2 named      the word names the record before the record's mark says committed: so what a dead one was filling
//               nobody refers to                                            R1 -> message_ring_blocks.cpp:A1
//
// Taking and the search for free ones: message_ring_blocks.cpp.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stoa/base/atomic.hpp>
#include <stoa/base/layout.hpp>
#include <stoa/short_owner.hpp>

namespace stoa {

// What is asked for, and what there is.
struct large_messages {
  std::uint32_t blocks = 0;       // how many; 0: all messages lie in records
  std::uint64_t block_bytes = 0;  // of the largest message; rounded up to a multiple of 128
  // Messages of more bytes than this lie in blocks. 0: an eighth of the ring, or half a block if that is less.
  std::uint64_t above = 0;
};

inline constexpr std::uint64_t most_message_blocks = std::uint64_t{1} << 20;
inline constexpr std::uint64_t most_block_bytes = (std::uint64_t{1} << 32) - pad_bytes;  // a size has 32 bits
// A record of a larger message that lies in it has two units at least: one with a block has one.
inline constexpr std::uint64_t least_above = 32;

enum class block_state : std::uint64_t {
  free = 0,          // with nothing else in the word
  being_filled = 1,  // by a participant that the word names, if he lives
  of_record = 2,     // whose position the word is
};

using block_word = std::uint64_t;
inline constexpr unsigned block_state_bits = 6;  // a position is a multiple of record_unit

constexpr block_word make_block_word(short_owner filling) noexcept {
  return std::uint64_t{filling} << block_state_bits | static_cast<std::uint64_t>(block_state::being_filled);
}
constexpr block_word make_block_word_of_record(std::uint64_t position) noexcept {
  return position | static_cast<std::uint64_t>(block_state::of_record);
}
constexpr block_state state_of_block(block_word word) noexcept {
  return static_cast<block_state>(word & ((1u << block_state_bits) - 1));
}
constexpr short_owner filler_in(block_word word) noexcept {
  return static_cast<short_owner>(word >> block_state_bits) & ((1u << short_owner_bits) - 1);
}
constexpr std::uint64_t record_in(block_word word) noexcept {
  return word & ~((std::uint64_t{1} << block_state_bits) - 1);
}

// One of the blocks. None: 0.
using block_number = std::uint32_t;  // 1 and up

// Where they are: their words, then the blocks. Bounds were checked and copied.
class message_blocks {
 public:
  message_blocks() = default;
  message_blocks(std::byte* begin, large_messages const& shape) noexcept
      : words_{reinterpret_cast<atomic_u64*>(begin)}, begin_{begin + bytes_of_words(shape)}, shape_{shape} {}

  static constexpr std::uint64_t bytes_for(large_messages const& shape) noexcept {
    return bytes_of_words(shape) + shape.blocks * shape.block_bytes;
  }

  block_number count() const noexcept { return shape_.blocks; }
  std::uint64_t block_bytes() const noexcept { return shape_.block_bytes; }
  // Whether a message of that size lies in a block.
  bool hold(std::uint64_t size) const noexcept { return size <= shape_.block_bytes && size > shape_.above; }
  atomic_u64& word(block_number which) const noexcept { return words_[which - 1]; }
  std::byte* bytes(block_number which) const noexcept { return begin_ + (which - 1) * shape_.block_bytes; }

  // R1 -> A1 (I2). Of a block that the caller is filling.
  void refer(block_number which, std::uint64_t position) const noexcept {
    word(which).store(make_block_word_of_record(position), std::memory_order_release);
  }
  // Of a block that the caller was filling, and that no record refers to.
  void give_back(block_number which) const noexcept {
    word(which).store(static_cast<block_word>(block_state::free), std::memory_order_release);  // R2 -> A1
  }

 private:
  static constexpr std::uint64_t bytes_of_words(large_messages const& shape) noexcept {
    return align_up(shape.blocks * sizeof(atomic_u64), pad_bytes);
  }

  atomic_u64* words_ = nullptr;
  std::byte* begin_ = nullptr;
  large_messages shape_;
};

}  // namespace stoa
