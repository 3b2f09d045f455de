// table.hpp: the state of the pipeline as lines of text.
#pragma once
#include <stoa/segment.hpp>
#include <string>
#include <vector>

namespace telemetry {

// Reads only, and shows what is there: the pipeline may just be starting.
std::vector<std::string> draw_table(stoa::segment const& segment);

}  // namespace telemetry
