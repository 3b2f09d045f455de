// seeds.hpp: the segments that are damaged: one for each structure, as a process that was killed leaves it, and the
// golden ones.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "hostile_subjects.hpp"

namespace stoa::fuzz {

struct seed {
  std::string name;
  testing::subject const* what = nullptr;  // nullptr: golden; all that is done with it is to look, publish and erase
  testing::specimen whole;
  std::uint64_t structure_end = 0;
};

// Made once. Inputs choose by number: those of the structures come first, in the order of their names.
std::vector<seed> const& seeds();
std::size_t structure_seeds();

}  // namespace stoa::fuzz
