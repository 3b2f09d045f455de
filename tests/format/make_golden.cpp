// Writes the golden segments anew: make_golden DIRECTORY, or the target remake_golden for those of this tree. By
// hand, and only when the format gets a new version: then its segments are added, and those of the versions
// before stay.
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "golden_segments.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_golden DIRECTORY\n";
    return 2;
  }
  for (auto const& [file, bytes] : stoa::testing::make_golden_segments()) {
    auto const path = std::filesystem::path{argv[1]} / file;
    std::ofstream out{path};
    out << stoa::testing::to_golden_text(bytes);
    if (!out.flush()) throw std::runtime_error{"cannot write " + path.string()};
    std::cout << path.string() << '\n';
  }
}
