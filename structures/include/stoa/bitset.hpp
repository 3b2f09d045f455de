// stoa/bitset.hpp: a fixed number of bits, each changed atomically.
//
// Bytes     docs/format.md "bitset", layout 1: bitset_header, then words of 64 bits.
// Progress  Calls about one bit are wait-free where the machine has the instructions (x86), else lock-free.
//           claim_first_unset() is lock-free. Those about all bits go through the words once: each word
//           is as it was at some time during the call, but not all at the same time.
// Crash     A bit is changed by one instruction: it happened or not. A process that dies in set_all() or
//           reset_all() has changed the words up to one. A bit says nothing of who set it: what a dead process
//           had claimed stays set (docs/crash.md, B1, B2). For slots with owners there is object_pool.
#pragma once
#include <cassert>
#include <memory>
#include <stoa/bitset_bytes.hpp>

namespace stoa {

inline bool const bitset_is_registered = register_kind(bitset_operations());

// A handle: process-local, cheap to copy, safe to share between threads. Bits start unset. An index
// that is not below size() throws std::out_of_range; changes throw errc::read_only or forked.
class bitset {
 public:
  using shape = bitset_shape;

  // What the kind shows as elements are the numbers of the set bits.
  static structure_identity identity() { return {"bitset", 1, &descriptor_of<std::uint64_t>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) { return bitset_bytes::bytes_for(asked); }
  static void format(std::span<std::byte> body, shape const& asked) { bitset_bytes::format(body, asked); }
  static result<bitset> adopt(std::shared_ptr<attached_entry> entry) {
    auto const bytes = bitset_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    return bitset{std::move(entry), *bytes};
  }

  std::uint64_t size() const noexcept { return bytes_.size(); }
  std::uint64_t capacity() const noexcept { return bytes_.size(); }

  // --- one bit ---

  bool test(std::uint64_t i) const {
    require_inside(i);
    return (*this)[i];
  }
  // Requires: i < size().
  bool operator[](std::uint64_t i) const noexcept {
    assert(i < size());
    return (bytes_.word_of(i).load(std::memory_order_acquire) & bitset_bytes::mask_of(i)) != 0;  // A1 <- R1 (I1)
  }
  void set(std::uint64_t i) const { bit(i, "set").fetch_or(bitset_bytes::mask_of(i), std::memory_order_acq_rel); }
  // Whether it was set before, as do flip() and test_and_set(). All release (R1 -> A1) and acquire (I1).
  bool reset(std::uint64_t i) const {
    auto const mask = bitset_bytes::mask_of(i);
    return (bit(i, "reset").fetch_and(~mask, std::memory_order_acq_rel) & mask) != 0;
  }
  bool flip(std::uint64_t i) const {
    auto const mask = bitset_bytes::mask_of(i);
    return (bit(i, "flip").fetch_xor(mask, std::memory_order_acq_rel) & mask) != 0;  // R1, A1 (I1)
  }
  bool test_and_set(std::uint64_t i) const {
    auto const mask = bitset_bytes::mask_of(i);
    return (bit(i, "set").fetch_or(mask, std::memory_order_acq_rel) & mask) != 0;  // R1, A1 (I1)
  }

  // --- all of them; racy where others work at the same time ---

  std::uint64_t count() const noexcept { return bytes_.count(); }
  bool any() const noexcept { return bytes_.any(); }
  bool none() const noexcept { return !bytes_.any(); }
  bool all() const noexcept { return bytes_.all(); }
  // The first set bit; the first behind i (of an i that is not inside: none); the first that is not set.
  std::optional<std::uint64_t> find_first() const noexcept { return bytes_.find_from(0); }
  std::optional<std::uint64_t> find_next(std::uint64_t i) const noexcept {
    return i < size() ? bytes_.find_from(i + 1) : std::nullopt;
  }
  std::optional<std::uint64_t> find_first_unset() const noexcept { return bytes_.find_unset(); }
  // Finds a bit that is not set, from the front, and sets it: no two callers get the same. nullopt: each
  // was seen set.
  [[nodiscard]] std::optional<std::uint64_t> claim_first_unset() const {
    require_writable(*entry_, "set");
    return bytes_.claim();
  }
  void set_all() const {
    require_writable(*entry_, "set");
    bytes_.set_all();
  }
  void reset_all() const {
    require_writable(*entry_, "reset");
    bytes_.reset_all();
  }

 private:
  bitset(std::shared_ptr<attached_entry> entry, bitset_bytes const& bytes) noexcept
      : entry_{std::move(entry)}, bytes_{bytes} {}

  void require_inside(std::uint64_t i) const {
    if (i >= size()) [[unlikely]] throw_outside(i);
  }
  [[noreturn]] void throw_outside(std::uint64_t i) const;
  atomic_u64& bit(std::uint64_t i, std::string_view operation) const {
    require_inside(i);
    require_writable(*entry_, operation);
    return bytes_.word_of(i);
  }

  std::shared_ptr<attached_entry> entry_;
  bitset_bytes bytes_;  // copied at attach: a scribbled header cannot push us out of bounds
};

}  // namespace stoa
