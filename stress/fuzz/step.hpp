// step.hpp: what a fuzzer does next, in 12 bytes. An input is a few bytes that choose the scene, then steps: so inputs
// are small, and what changes one step of an input leaves the others as they were.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace stoa::fuzz {

struct step {
  std::uint8_t what = 0;
  std::uint8_t how = 0;
  std::uint16_t at = 0;
  std::uint64_t value = 0;
};
inline constexpr std::size_t step_bytes = 12;
inline constexpr std::size_t scene_bytes = 4;

class fuzz_input {
 public:
  fuzz_input(std::uint8_t const* data, std::size_t size) noexcept : data_{data, size} {}

  // One of the bytes that choose the scene; 0 where there are none.
  std::uint8_t scene(std::size_t i) const noexcept { return i < scene_bytes && i < data_.size() ? data_[i] : 0; }
  std::size_t steps() const noexcept {
    return data_.size() < scene_bytes ? 0 : (data_.size() - scene_bytes) / step_bytes;
  }
  // Requires: i < steps().
  step at(std::size_t i) const noexcept {
    auto const* const from = data_.data() + scene_bytes + i * step_bytes;
    step out{from[0], from[1], 0, 0};
    std::memcpy(&out.at, from + 2, sizeof(out.at));
    std::memcpy(&out.value, from + 4, sizeof(out.value));
    return out;
  }

 private:
  std::span<std::uint8_t const> data_;
};

}  // namespace stoa::fuzz
