// clock.hpp: time of day for records that people read. Nothing is ever decided by it.
#pragma once
#include <chrono>
#include <cstdint>

namespace stoa {

inline std::uint64_t now_ns() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace stoa
