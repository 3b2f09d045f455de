// spoiled.hpp: bytes that no process leaves behind, and what verify() calls them.
#pragma once
#include <cstring>
#include <functional>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

namespace stoa::testing {

struct spoiled {
  std::string what;
  std::string field;                                            // that is blamed
  std::function<void(std::byte* begin, segment const&)> spoil;  // the bytes of the structure, or of the segment
  bool is_seen_while_others_work = true;
};

struct spoiled_kind {
  std::string name;
  void (*publish)(segment const&);
  std::vector<spoiled> damages;
};

using three = std::array<std::uint32_t, 3>;  // a word and a half: the rest of the second is padding

template <class T>
T& at(std::byte* begin, std::uint64_t offset = 0) {
  return *reinterpret_cast<T*>(begin + offset);
}
inline std::function<void(std::byte*, segment const&)> set_word(std::uint64_t offset, std::uint64_t value) {
  return [=](std::byte* begin, segment const&) { at<atomic_u64>(begin, offset).store(value); };
}
inline std::function<void(std::byte*, segment const&)> set_byte(std::uint64_t offset, unsigned char value = 0x80) {
  return [=](std::byte* begin, segment const&) { begin[offset] = std::byte{value}; };
}
// A participant that never was: place 1, life 1000.
inline constexpr std::uint64_t nobody_ever = 1000 << 16 | 2;

// What a lane says of the first entry.
inline std::function<void(std::byte*, segment const&)> name(lane_op op, std::uint64_t ticket, std::uint32_t count = 1) {
  return [=](std::byte*, segment const& in) {
    auto& mine = in.attachment().my_lane();
    write_name(mine.leases[1], make_what(in.attachment().entries().at(0).tag(), op, count), ticket);
  };
}

}  // namespace stoa::testing
