// strategies.hpp: all ways to wait, and what they are called in the names of tests.
#pragma once
#include <array>
#include <stoa/waiting.hpp>
#include <string>

namespace stoa::testing {

inline constexpr std::array strategies{wait_strategy::adaptive, wait_strategy::spin,
                                       wait_strategy::yield, wait_strategy::sleep};

inline std::string name_of(wait_strategy strategy) {
  switch (strategy) {
    case wait_strategy::adaptive:
      return "Adaptive";
    case wait_strategy::spin:
      return "Spin";
    case wait_strategy::yield:
      return "Yield";
    case wait_strategy::sleep:
      return "Sleep";
  }
  return "";
}

}  // namespace stoa::testing
