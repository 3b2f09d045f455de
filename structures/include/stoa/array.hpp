// stoa/array.hpp: a fixed number of elements, contiguous, at the same bytes in every process.
//
// Bytes     docs/format.md "array", layout 1: array_header, then the elements.
// Progress  Wait-free. Plain memory: elements are read and written like those of std::array, and
//           processes that write the same element at the same time must agree on how, for
//           instance through atomic(i).
// Crash     A process that dies in the middle of writing an element leaves it half written, as with
//           any plain memory; one written through atomic(i) is old or new. (docs/crash.md, A1)
#pragma once
#include <algorithm>
#include <atomic>
#include <cassert>
#include <memory>
#include <span>
#include <stdexcept>
#include <stoa/base/shareable.hpp>
#include <stoa/kinds.hpp>
#include <stoa/structure.hpp>

namespace stoa {

struct array_header {              // offset size
  std::uint64_t size;              //      0    8  elements
  std::uint64_t element_bytes;     //      8    8  distance between elements
  std::array<std::byte, 112> pad;  //     16  112
};
static_assert(sizeof(array_header) == pad_bytes);

struct array_shape {
  template <std::integral N>
  explicit array_shape(N count) : size{to_count(count)} {}
  std::uint64_t size;
};

kind_operations const& array_operations();
inline bool const array_is_registered = register_kind(array_operations());
// The header as found, checked against the extent.
result<array_header> checked_array(entry_view const& entry);

// A handle: process-local, cheap to copy, safe to share between threads. array<T const> only reads; on
// a read-only segment writing through array<T> ends in SIGSEGV, like writing to any constant memory.
template <shareable T>
class array {
 public:
  using value_type = std::remove_const_t<T>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using iterator = T*;
  using shape = array_shape;

  static structure_identity identity() { return {"array", 1, &descriptor_of<value_type>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) {
    return bytes_of_elements("array", sizeof(array_header), asked.size, sizeof(T));
  }
  // Elements start as zero bytes.
  static void format(std::span<std::byte> body, shape const& asked) {
    ::new (body.data()) array_header{asked.size, sizeof(T), {}};
  }
  static result<array> adopt(std::shared_ptr<attached_entry> entry) {
    auto const header = checked_array(entry->view());
    if (!header) return header.error();
    auto* const elements = entry->view().body.data() + sizeof(array_header);
    return array{std::move(entry), reinterpret_cast<T*>(elements), header->size};
  }

  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return size_; }
  bool empty() const noexcept { return false; }
  T* data() const noexcept { return data_; }
  T* begin() const noexcept { return data_; }
  T* end() const noexcept { return data_ + size_; }
  T& front() const noexcept { return data_[0]; }
  T& back() const noexcept { return data_[size_ - 1]; }
  operator std::span<T>() const noexcept { return {data_, size_}; }

  // Requires: i < size().
  T& operator[](std::size_t i) const noexcept {
    assert(i < size_);
    return data_[i];
  }
  // Throws std::out_of_range.
  T& at(std::size_t i) const {
    if (i >= size_)
      throw std::out_of_range{entry_->where() + ": index " + std::to_string(i) + " of " +
                              std::to_string(size_)};
    return data_[i];
  }
  // Lock-free operations on one element, for types the machine can handle in one go.
  std::atomic_ref<T> atomic(std::size_t i) const noexcept
    requires(std::atomic_ref<T>::is_always_lock_free && sizeof(T) % std::atomic_ref<T>::required_alignment == 0)
  {
    assert(i < size_);
    return std::atomic_ref<T>{data_[i]};
  }
  void fill(value_type const& value) const
    requires(!std::is_const_v<T>)
  {
    require_writable(*entry_, "fill");
    std::fill(begin(), end(), value);
  }

 private:
  array(std::shared_ptr<attached_entry> entry, T* data, std::size_t size) noexcept
      : entry_{std::move(entry)}, data_{data}, size_{size} {}

  std::shared_ptr<attached_entry> entry_;
  T* data_;
  std::size_t size_;  // copied at attach: a scribbled header cannot push us out of bounds
};

}  // namespace stoa
