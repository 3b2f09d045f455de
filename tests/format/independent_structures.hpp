// independent_structures.hpp: how the independent reader reads the elements of each kind that has a file of its own.
#pragma once
#include "independent_reader.hpp"

namespace independent {

std::vector<blob> elements_of_ring(entry const& from);
std::vector<blob> elements_of_stack(entry const& from);
std::vector<blob> elements_of_pool(entry const& from);
std::vector<blob> elements_of_map(entry const& from);
std::vector<blob> elements_of_bitset(entry const& from);
std::vector<blob> elements_of_heap(entry const& from);
std::vector<blob> elements_of_future(entry const& from);

}  // namespace independent
