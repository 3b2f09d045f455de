// rendered.hpp: what the independent reader finds, as text.
#pragma once
#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "golden_file.hpp"
#include "independent_reader.hpp"

namespace stoa::testing {

inline golden_bytes golden(std::string const& file) {
  return read_golden(std::filesystem::path{STOA_GOLDEN_DIRECTORY} / file);
}

inline std::vector<std::string> rendered(independent::entry const& from,
                                         std::vector<independent::blob> const& elements) {
  std::vector<std::string> out;
  for (auto const& each : elements) out.push_back(independent::render(from.type, each));
  return out;
}
inline std::vector<std::string> rendered(independent::entry const& from) {
  return rendered(from, independent::elements_of(from));
}

// The first byte of that text. Throws if it is not there.
inline std::byte& first_of(std::string const& text, golden_bytes& in) {
  auto const wanted = std::as_bytes(std::span{text});
  auto const found = std::search(in.begin(), in.end(), wanted.begin(), wanted.end());
  if (found == in.end()) throw std::runtime_error{"the text is not there"};
  return *found;
}

// Whatever a byte says, what is read is inside and comes to an end. Calls read(entry) for the entries of a golden
// segment, each byte from the entries on damaged in three ways, one after the other.
template <class Read>
void read_damaged(std::string const& of, Read read) {
  auto file = golden(of);
  auto const begin = independent::segment{file}.header().entries_offset;
  for (auto offset = static_cast<std::size_t>(begin); offset < file.size(); ++offset) {
    if (file[offset] == std::byte{0} && offset % 8 != 7) continue;  // of what is zero, the top of each word
    for (auto const damage : {std::byte{0xFF}, std::byte{0x01}, std::byte{0x80}}) {
      file[offset] ^= damage;
      try {
        for (auto const& each : independent::segment{file}.entries()) {
          try {
            read(each);
          } catch (independent::format_error const&) {
          }
        }
      } catch (independent::format_error const&) {
      }
      file[offset] ^= damage;
    }
  }
}

}  // namespace stoa::testing
