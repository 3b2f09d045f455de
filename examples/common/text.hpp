// text.hpp: text in shared memory holds no pointer: it is zero padded, and may fill its place entirely.
#pragma once
#include <algorithm>
#include <array>
#include <string_view>

namespace examples {

template <std::size_t N>
std::array<char, N> to_text(std::string_view from) {
  std::array<char, N> text{};
  std::ranges::copy(from.substr(0, N), text.begin());
  return text;
}
template <std::size_t N>
std::string_view view_of(std::array<char, N> const& text) {
  return {text.data(), static_cast<std::size_t>(std::ranges::find(text, '\0') - text.begin())};
}

}  // namespace examples
