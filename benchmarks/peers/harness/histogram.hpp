// histogram.hpp: how often which time was measured, to three per cent, in memory that processes can share.
#pragma once
#include <array>
#include <bit>
#include <cstdint>

namespace stoa::benchmarks {

// Values up to 31 are exact; above, each power of two has 32 steps.
class histogram {
 public:
  void add(std::uint64_t value) noexcept {
    ++counts_[step_of(value)];
    ++total_;
  }
  void add(histogram const& other) noexcept {
    for (std::size_t i = 0; i < steps; ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
  }
  std::uint64_t total() const noexcept { return total_; }
  // The least value that a `part` of all do not exceed, as the largest of its step. 0: there is none.
  std::uint64_t at_part(double part) const noexcept {
    auto const wanted = part * static_cast<double>(total_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < steps; ++i) {
      seen += counts_[i];
      if (seen != 0 && static_cast<double>(seen) >= wanted) return largest_of(i);
    }
    return 0;
  }

  static constexpr std::size_t step_of(std::uint64_t value) noexcept {
    if (value < fine) return static_cast<std::size_t>(value);
    auto const shift = static_cast<unsigned>(std::bit_width(value)) - 6;
    return static_cast<std::size_t>(shift * fine + (value >> shift));
  }
  static constexpr std::uint64_t largest_of(std::size_t step) noexcept {
    if (step < 2 * fine) return step;
    auto const shift = step / fine - 1;
    return ((step % fine + fine + 1) << shift) - 1;
  }

 private:
  static constexpr std::uint64_t fine = 32;
  static constexpr std::size_t steps = 60 * fine;
  std::array<std::uint64_t, steps> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace stoa::benchmarks
