// rendered.hpp: what the independent reader finds, as text.
#pragma once
#include <string>
#include <vector>

#include "golden_file.hpp"
#include "independent_reader.hpp"

namespace stoa::testing {

inline golden_bytes golden(std::string const& file) {
  return read_golden(std::filesystem::path{STOA_GOLDEN_DIRECTORY} / file);
}

inline std::vector<std::string> rendered(independent::entry const& from,
                                         std::vector<independent::blob> const& elements) {
  std::vector<std::string> out;
  for (auto const& each : elements) out.push_back(independent::render(from.type, each));
  return out;
}
inline std::vector<std::string> rendered(independent::entry const& from) {
  return rendered(from, independent::elements_of(from));
}

}  // namespace stoa::testing
