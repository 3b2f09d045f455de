#include <bit>
#include <new>
#include <stoa/block_pool.hpp>

namespace stoa {

std::optional<std::uint64_t> block_pool::bytes_for(std::uint64_t blocks) noexcept {
  if (blocks == 0 || blocks > most_blocks) return std::nullopt;
  return align_up(blocks * sizeof(atomic_u64), pad_bytes) +
         align_up((blocks + 63) / 64 * sizeof(atomic_u64), pad_bytes);
}

block_pool block_pool::format(std::byte* begin, std::uint64_t blocks, std::uint64_t first_generation) {
  block_pool const made{begin, blocks, first_generation};
  for (std::uint64_t i = 0; i < blocks; ++i)
    ::new (made.words_ + i) atomic_u64{make_block_word(first_generation_of(i, first_generation), no_block_owner)};
  for (std::uint64_t i = 0; i < made.hint_words(); ++i) {
    auto const here = blocks - i * 64;
    ::new (made.hints_ + i) atomic_u64{here >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << here) - 1};
  }
  return made;
}

// Each hint is looked at once, those before `start` in its own word last: no bits that somebody sets can keep it here.
taken_block block_pool::take_hinted(block_owner self, std::uint64_t start) const noexcept {
  auto const words = hint_words();
  for (std::uint64_t i = 0; i <= words; ++i) {
    auto const at = (start / 64 + i) % words;
    auto bits = hints_[at].load(std::memory_order_relaxed);  // a hint
    if (i == 0) bits &= ~std::uint64_t{0} << (start % 64);
    for (; bits != 0; bits &= bits - 1) {
      auto const index = at * 64 + static_cast<std::uint64_t>(std::countr_zero(bits));
      if (index >= blocks_) break;  // no format leaves such a bit
      if (auto const got = take_or_clear_hint(index, self)) return got;
    }
  }
  return {};
}

taken_block block_pool::take_or_clear_hint(std::uint64_t index, block_owner self) const noexcept {
  if (auto const got = try_take(index, self)) return got;
  hint_word(index).fetch_and(~hint_bit(index), std::memory_order_seq_cst);  // I4
  // seq_cst: a releaser who still saw the hint is seen here (I4).
  if (owner_in(words_[index].load(std::memory_order_seq_cst)) != no_block_owner) return {};
  restore_hint(index);
  return try_take(index, self);
}

std::uint64_t block_pool::reclaim(function_ref<bool(block_owner)> is_alive) const {
  std::uint64_t freed = 0;
  for (std::uint64_t i = 0; i < blocks_; ++i) {
    auto seen = words_[i].load(std::memory_order_acquire);  // A2 <- R2 (I3)
    if (owner_in(seen) != no_block_owner) {
      if (is_alive(owner_in(seen))) continue;
      // The same life of the same owner, or somebody else was quicker. R1 -> A1 (I2): what the dead did comes before,
      // as A2 has seen it. seq_cst: I4
      if (!words_[i].compare_exchange_strong(seen, next_free(seen), std::memory_order_seq_cst,
                                             std::memory_order_relaxed))
        continue;
      ++freed;
    }
    restore_hint(i);
  }
  return freed;
}

block_pool::counts block_pool::count() const noexcept {
  counts out;
  for (std::uint64_t i = 0; i < blocks_; ++i) {
    auto const word = words_[i].load(std::memory_order_relaxed);  // a count for people
    out.held += owner_in(word) != no_block_owner;
    out.freed += (generation_in(word) - first_generation_of(i, first_generation_)) & block_generation_mask;
  }
  return out;
}

}  // namespace stoa
