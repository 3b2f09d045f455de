// golden_segments.hpp: makes the golden segments anew.
#pragma once
#include <vector>

#include "golden_file.hpp"

namespace stoa::testing {

struct golden_segment {
  std::string file;
  golden_bytes bytes;
};

// Those of the current version. What differs from run to run (times, processes, the random identity) is replaced,
// so that the same content gives the same bytes.
std::vector<golden_segment> make_golden_segments();

}  // namespace stoa::testing
