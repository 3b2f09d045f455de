// stoa/bitset_bytes.hpp: the bytes of a bitset: words of 64 bits behind a header.
//
// I1 carried  who finds a bit as another left it finds what the other did before     R1 -> A1
// I2 inside   bits from size on are never written, and not believed when they are read
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <optional>
#include <span>
#include <stoa/kinds.hpp>
#include <stoa/structure.hpp>

namespace stoa {

struct bitset_header {             // offset size
  std::uint64_t size;              //      0    8  bits
  std::array<std::byte, 120> pad;  //      8  120
};
static_assert(sizeof(bitset_header) == pad_bytes);

struct bitset_shape {
  template <std::integral N>
  explicit bitset_shape(N count) : size{to_count(count)} {}
  std::uint64_t size;
};

inline constexpr std::uint64_t bits_per_word = 64;

// Bounds were checked at adopt and copied; nothing they depend on is read again.
class bitset_bytes {
 public:
  static result<std::uint64_t> bytes_for(bitset_shape const& asked);
  static void format(std::span<std::byte> body, bitset_shape const& asked);
  static result<bitset_bytes> adopt(entry_view const& entry);

  std::uint64_t size() const noexcept { return size_; }
  std::uint64_t words() const noexcept { return size_ / bits_per_word + (size_ % bits_per_word != 0); }
  static constexpr std::uint64_t mask_of(std::uint64_t i) noexcept { return std::uint64_t{1} << i % bits_per_word; }
  atomic_u64& word_of(std::uint64_t i) const noexcept { return words_[i / bits_per_word]; }
  // The bits of that word that are below size.
  std::uint64_t valid(std::uint64_t word) const noexcept {
    auto const left = size_ - word * bits_per_word;
    return left >= bits_per_word ? ~std::uint64_t{0} : mask_of(left) - 1;
  }
  std::uint64_t load(std::uint64_t word) const noexcept {
    return words_[word].load(std::memory_order_acquire) & valid(word);  // A1 <- R1 (I1, I2)
  }

  std::uint64_t count() const noexcept;
  bool any() const noexcept;
  bool all() const noexcept;
  // The first set bit from `from` on.
  std::optional<std::uint64_t> find_from(std::uint64_t from) const noexcept;
  std::optional<std::uint64_t> find_unset() const noexcept;
  std::optional<std::uint64_t> claim() const noexcept;
  void set_all() const noexcept;
  void reset_all() const noexcept;

 private:
  bitset_bytes(atomic_u64* words, std::uint64_t size) noexcept : words_{words}, size_{size} {}
  atomic_u64* words_;
  std::uint64_t size_;
};

kind_operations const& bitset_operations();

}  // namespace stoa
