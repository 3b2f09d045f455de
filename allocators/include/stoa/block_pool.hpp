// stoa/block_pool.hpp: which of a fixed number of blocks belongs to whom.
//
// One word per block says which life of the block it is and who holds it, so that every change is one CAS: there is
// nothing between two stores that a death could leave half done. Hints say where to look for a free block; nobody
// trusts them, and a lost one is found again by reclaim(). Knows no segment and no process: an owner is a number.
//
//   word: bits 0-23 owner, 0 nobody | 24-63 generation
//
//   free(g) --take: CAS--> held(g) by an owner --adopt: CAS--> held(g) by another
//      ^                      |
//      +--- g + 1: release or reclaim, CAS ---+
//
// I1 one word    who holds a block, and which life of it a reference means, changes with one CAS on its word; the
//                generation advances whenever a block becomes free, so an old reference never matches again
// I2 hand-over   what the last holder did to the block comes before what the next one does     R1 -> A1
// I3 named       who sees an owner in a word sees all that the owner did before it took          R2 -> A2
// I4 hinted      a free block's hint is set, unless its releaser has not come so far or died. The releaser frees, then
//                looks at the hint; who clears a hint looks at the block after it. All four are sequentially
//                consistent, so of the two one sees the other: a free block without a hint, with both of
//                them gone on, is what they forbid
//
// Progress  Lock-free: a CAS fails only because another one succeeded.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stoa/base/atomic.hpp>
#include <stoa/base/function_ref.hpp>
#include <stoa/base/layout.hpp>

namespace stoa {

using block_owner = std::uint32_t;  // 24 bits
inline constexpr block_owner no_block_owner = 0;
inline constexpr unsigned block_owner_bits = 24;
inline constexpr std::uint64_t block_owner_mask = (std::uint64_t{1} << block_owner_bits) - 1;
inline constexpr std::uint64_t block_generation_mask = ~std::uint64_t{0} >> block_owner_bits;  // 40 bits
inline constexpr std::uint64_t most_blocks = std::uint64_t{1} << 40;

constexpr std::uint64_t make_block_word(std::uint64_t generation, block_owner owner) noexcept {
  return generation << block_owner_bits | owner;
}
constexpr block_owner owner_in(std::uint64_t word) noexcept {
  return static_cast<block_owner>(word & block_owner_mask);
}
constexpr std::uint64_t generation_in(std::uint64_t word) noexcept { return word >> block_owner_bits; }

// One life of one block. None: `index` is `no_index`.
struct taken_block {
  static constexpr std::uint64_t no_index = ~std::uint64_t{0};
  std::uint64_t index = no_index;
  std::uint64_t generation = 0;
  explicit operator bool() const noexcept { return index != no_index; }
  friend bool operator==(taken_block const&, taken_block const&) = default;
};

// The words and hints of a pool. Bounds are copies; nothing they depend on is read from shared bytes.
class block_pool {
 public:
  // nullopt: no blocks, or more than most_blocks.
  static std::optional<std::uint64_t> bytes_for(std::uint64_t blocks) noexcept;
  // `begin` is aligned to pad_bytes, as wide as bytes_for() says, and nobody else's.
  static block_pool format(std::byte* begin, std::uint64_t blocks, std::uint64_t first_generation);
  // On bytes that were formatted with the same numbers; damaged ones give wrong answers, and no worse.
  block_pool(std::byte* begin, std::uint64_t blocks, std::uint64_t first_generation) noexcept
      : words_{reinterpret_cast<atomic_u64*>(begin)},
        hints_{reinterpret_cast<atomic_u64*>(begin + align_up(blocks * sizeof(atomic_u64), pad_bytes))},
        blocks_{blocks},
        first_generation_{first_generation} {}

  std::uint64_t blocks() const noexcept { return blocks_; }

  // A free block, looked for from `start` on. None: none was found; one that was released meanwhile or whose
  // hint was lost may have been missed. Requires: start < blocks(), self is not no_block_owner.
  taken_block take(block_owner self, std::uint64_t start) const noexcept {
    if (auto const got = try_take(start, self)) [[likely]] return got;
    return take_hinted(self, start);
  }
  // False: the reference is stale, or never was one; nothing happened. Of several who release the same life of
  // a block one gets true. Whoever is the owner.
  bool release(taken_block const& which) const noexcept {
    auto const freed = change(which, [](std::uint64_t seen) { return next_free(seen); });
    if (freed) [[likely]] restore_hint(which.index);
    return freed;
  }
  // Makes `self` the owner in place of whoever is. False as for release.
  bool adopt(taken_block const& which, block_owner self) const noexcept {
    return change(which, [self](std::uint64_t seen) { return (seen & ~block_owner_mask) | self; });
  }

  // Whose it is; no_block_owner for a stale reference.
  block_owner owner_of(taken_block const& which) const noexcept {
    if (which.index >= blocks_) return no_block_owner;
    auto const word = words_[which.index].load(std::memory_order_acquire);  // A2 <- R2 (I3)
    return generation_in(word) == which.generation ? owner_in(word) : no_block_owner;
  }
  // What holds block `index` now: none if it is free. Requires: index < blocks().
  taken_block held(std::uint64_t index) const noexcept {
    auto const word = words_[index].load(std::memory_order_acquire);  // A2 <- R2 (I3)
    return owner_in(word) == no_block_owner ? taken_block{} : taken_block{index, generation_in(word)};
  }

  // Frees the blocks of all owners that are not alive, and gives free blocks back the hints they lost. Returns
  // how many were freed. is_alive(owner) must be true for owners that live. One pass over all blocks.
  std::uint64_t reclaim(function_ref<bool(block_owner)> is_alive) const;

  // Counts for people, in one pass over all blocks.
  struct counts {
    std::uint64_t held = 0;
    std::uint64_t freed = 0;  // by release or reclaim, since format
  };
  counts count() const noexcept;

  static constexpr std::uint64_t first_generation_of(std::uint64_t index, std::uint64_t first) noexcept {
    // Far apart, so that a reference with a wrong index does not match by accident.
    return (first + index * 0x9E'3779'B97F) & block_generation_mask;
  }

 private:
  static constexpr std::uint64_t hint_bit(std::uint64_t index) noexcept { return std::uint64_t{1} << (index % 64); }
  static constexpr std::uint64_t next_free(std::uint64_t seen) noexcept {
    return make_block_word((generation_in(seen) + 1) & block_generation_mask, no_block_owner);
  }
  std::uint64_t hint_words() const noexcept { return (blocks_ + 63) / 64; }
  atomic_u64& hint_word(std::uint64_t index) const noexcept { return hints_[index / 64]; }

  taken_block try_take(std::uint64_t index, block_owner self) const noexcept {
    auto seen = words_[index].load(std::memory_order_relaxed);  // a guess; the CAS decides
    if (owner_in(seen) != no_block_owner) return {};
    // A1 <- R1 (I2), R2 -> A2 (I3)
    if (!words_[index].compare_exchange_strong(seen, seen | self, std::memory_order_acq_rel,
                                               std::memory_order_relaxed))
      return {};
    return {index, generation_in(seen)};
  }
  template <class Next>
  bool change(taken_block const& which, Next next) const noexcept {
    if (which.index >= blocks_) return false;
    auto& word = words_[which.index];
    auto seen = word.load(std::memory_order_relaxed);  // a guess; the CAS decides
    while (generation_in(seen) == which.generation && owner_in(seen) != no_block_owner)
      // R1 -> A1 (I2), R2 -> A2 (I3). seq_cst: I4
      if (word.compare_exchange_weak(seen, next(seen), std::memory_order_seq_cst, std::memory_order_relaxed))
        return true;
    return false;
  }
  void restore_hint(std::uint64_t index) const noexcept {
    auto& word = hint_word(index);
    // seq_cst: after the block was freed (I4). Mostly it is set: who takes a block leaves the hint as it is.
    if ((word.load(std::memory_order_seq_cst) & hint_bit(index)) == 0) [[unlikely]]
      word.fetch_or(hint_bit(index), std::memory_order_seq_cst);
  }
  taken_block take_hinted(block_owner self, std::uint64_t start) const noexcept;
  taken_block take_or_clear_hint(std::uint64_t index, block_owner self) const noexcept;

  atomic_u64* words_;
  atomic_u64* hints_;
  std::uint64_t blocks_;
  std::uint64_t first_generation_;
};

}  // namespace stoa
