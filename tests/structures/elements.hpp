// elements.hpp: element types with sizes and alignments that go wrong easily, and segments to put
// them in.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stoa/stoa.hpp>

#include "scratch.hpp"
#include "sealed.hpp"

namespace stoa::testing {

// Every byte belongs to the value: no padding, so that elements are compared byte by byte.
template <std::size_t Bytes, std::size_t Align = 1>
struct alignas(Align) blob {
  std::array<std::uint8_t, Bytes> bytes;
};
using three_bytes = blob<3>;
using page = blob<4096>;
using line = blob<64, 64>;
using two_lines = blob<128, 128>;
static_assert(sizeof(three_bytes) == 3 && sizeof(page) == 4096);
static_assert(sizeof(line) == 64 && alignof(line) == 64);
static_assert(sizeof(two_lines) == 128 && alignof(two_lines) == 128);

// The n-th element of a sequence; neighbours differ in every byte.
template <class T>
T element(std::uint64_t n) {
  std::array<std::uint8_t, sizeof(T)> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(n * 7 + i * 13 + 1);
  return std::bit_cast<T>(bytes);
}

template <class T>
bool is_same(T const& a, T const& b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}
template <class T>
bool is_element(T const& value, std::uint64_t n) {
  return is_same(value, element<T>(n));
}

// One segment, opened twice: what `first` and `second` attach lies at different addresses, and they
// are two participants, as two processes would be.
class two_views {
 public:
  explicit two_views(std::uint64_t bytes = 1u << 20, segment_options const& options = {})
      : first{segment::create(name_, bytes, options)}, second{segment::open(name_)} {}
  std::string const& name() const { return name_; }

 private:
  scratch_name name_;

 public:
  segment first;
  segment second;
};

}  // namespace stoa::testing
