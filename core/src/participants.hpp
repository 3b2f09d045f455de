// participants.hpp: who this process is, as its place in a segment tells others.
#pragma once
#include <array>
#include <cstdint>

namespace stoa {

struct process_identity {
  std::uint64_t pid = 0;
  std::uint64_t start_time = 0;      // clock ticks after boot
  std::array<char, 32> command{};    // zero padded
};

// Read from /proc once per process (and again in a forked child).
process_identity const& this_process();

}  // namespace stoa
