#include <fmt/format.h>

#include <cstring>
#include <stoa/bitset.hpp>
#include <stdexcept>

namespace stoa {

result<std::uint64_t> bitset_bytes::bytes_for(bitset_shape const& asked) {
  auto const words = asked.size / bits_per_word + (asked.size % bits_per_word != 0);
  return bytes_of_elements("bitset", sizeof(bitset_header), words, sizeof(atomic_u64));
}

void bitset_bytes::format(std::span<std::byte> body, bitset_shape const& asked) {
  // Zeroed memory: no bit is set.
  ::new (body.data()) bitset_header{asked.size, {}};
}

result<bitset_bytes> bitset_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(bitset_header)) return damaged(entry, "its extent is too small for a header");
  std::uint64_t size = 0;
  std::memcpy(&size, entry.body.data(), sizeof(size));
  bitset_bytes const found{reinterpret_cast<atomic_u64*>(entry.body.data() + sizeof(bitset_header)), size};
  if (size == 0 || found.words() > (entry.body.size() - sizeof(bitset_header)) / sizeof(atomic_u64))
    return damaged(entry, fmt::format("{} bits do not fit into {} bytes", size, entry.body.size()));
  return found;
}

std::uint64_t bitset_bytes::count() const noexcept {
  std::uint64_t sum = 0;
  for (std::uint64_t word = 0; word < words(); ++word) sum += static_cast<std::uint64_t>(std::popcount(load(word)));
  return sum;
}

bool bitset_bytes::any() const noexcept {
  for (std::uint64_t word = 0; word < words(); ++word)
    if (load(word) != 0) return true;
  return false;
}

bool bitset_bytes::all() const noexcept {
  for (std::uint64_t word = 0; word < words(); ++word)
    if (load(word) != valid(word)) return false;
  return true;
}

std::optional<std::uint64_t> bitset_bytes::find_from(std::uint64_t from) const noexcept {
  auto unwanted = mask_of(from) - 1;  // those before `from` in its word
  for (auto word = from / bits_per_word; word < words(); ++word, unwanted = 0)
    if (auto const found = load(word) & ~unwanted; found != 0)
      return word * bits_per_word + static_cast<std::uint64_t>(std::countr_zero(found));
  return std::nullopt;
}

std::optional<std::uint64_t> bitset_bytes::find_unset() const noexcept {
  for (std::uint64_t word = 0; word < words(); ++word)
    if (auto const found = load(word) ^ valid(word); found != 0)
      return word * bits_per_word + static_cast<std::uint64_t>(std::countr_zero(found));
  return std::nullopt;
}

std::optional<std::uint64_t> bitset_bytes::claim() const noexcept {
  for (std::uint64_t word = 0; word < words(); ++word)
    for (auto left = load(word) ^ valid(word); left != 0;) {
      auto const bit = left & -left;
      auto const before = words_[word].fetch_or(bit, std::memory_order_acq_rel);  // R1, A1 (I1)
      if ((before & bit) == 0)
        return word * bits_per_word + static_cast<std::uint64_t>(std::countr_zero(bit));
      // Somebody else was faster. A bit that was tried is not tried again: the loop ends whatever others do.
      left &= ~before & ~bit;
    }
  return std::nullopt;
}

void bitset_bytes::set_all() const noexcept {
  for (std::uint64_t word = 0; word < words(); ++word)
    words_[word].fetch_or(valid(word), std::memory_order_acq_rel);  // R1 (I1, I2)
}

void bitset_bytes::reset_all() const noexcept {
  for (std::uint64_t word = 0; word < words(); ++word)
    words_[word].fetch_and(~valid(word), std::memory_order_acq_rel);  // R1 (I1, I2)
}

void bitset::throw_outside(std::uint64_t i) const {
  throw std::out_of_range{fmt::format("{}: bit {} of {}", entry_->where(), i, size())};
}

}  // namespace stoa
