// stoa/value.hpp: one T of any size, many writers, many readers, never torn.
//
// The algorithm, its invariants and what a death does are in value_bytes.hpp.
#pragma once
#include <bit>
#include <memory>
#include <stoa/base/shareable.hpp>
#include <stoa/value_bytes.hpp>

namespace stoa {

inline bool const value_is_registered = register_kind(value_operations());

// A handle: process-local, cheap to copy, safe to share between threads. Starts as zero bytes.
template <shareable T>
class value {
 public:
  using value_type = std::remove_const_t<T>;
  using shape = value_shape;

  static structure_identity identity() { return {"value", 1, &descriptor_of<value_type>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) {
    return value_bytes::bytes_for(sizeof(T), asked);
  }
  static void format(std::span<std::byte> body, shape const& asked) {
    value_bytes::format(body, sizeof(T), asked);
  }
  static result<value> adopt(std::shared_ptr<attached_entry> entry) {
    auto bytes = value_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    return value{std::move(entry), *bytes};
  }

  // The value as one store left it. Lock-free, writes nothing; throws corrupt_structure if somebody
  // damaged the bytes.
  value_type load() const { return load_versioned().first; }
  // The same with its version: the number of stores up to it.
  std::pair<value_type, std::uint64_t> load_versioned() const {
    std::array<std::byte, sizeof(T)> copy;
    auto const version = bytes_.load(copy.data());
    if (!version) throw error{damaged(*entry_, "the current buffer is not whole")};
    return {std::bit_cast<value_type>(copy), *version};
  }
  operator value_type() const { return load(); }

  // All readers see the old value or the new one. Lock-free (value_bytes.hpp). Throws read_only, forked.
  void store(value_type const& desired) const { bytes_.store(&desired, *entry_); }
  // Atomic read-modify-write: change(T&) may run more than once. Returns what was stored.
  template <class Change>
  value_type update(Change change) const {
    std::array<std::byte, sizeof(T)> copy;
    auto changed = [&] {
      auto each = std::bit_cast<value_type>(copy);
      change(each);
      copy = std::bit_cast<std::array<std::byte, sizeof(T)>>(each);
    };
    if (!bytes_.update(copy.data(), *entry_, changed))
      throw error{damaged(*entry_, "the current buffer is not whole")};
    return std::bit_cast<value_type>(copy);
  }

  // Number of stores so far: a cheap way to see whether something changed.
  std::uint64_t version() const noexcept { return bytes_.version(); }
  std::uint64_t capacity() const noexcept { return 1; }

 private:
  value(std::shared_ptr<attached_entry> entry, value_bytes bytes) noexcept
      : entry_{std::move(entry)}, bytes_{bytes} {}
  std::shared_ptr<attached_entry> entry_;
  value_bytes bytes_;
};

}  // namespace stoa
