// golden_copy.hpp: a golden segment to be opened and changed.
#pragma once
#include <stoa/segment.hpp>
#include <string>

#include "golden_file.hpp"
#include "scratch.hpp"

namespace stoa::testing {

// A copy of a golden segment under a name of its own.
class golden_copy {
 public:
  explicit golden_copy(golden_bytes const& bytes) { write_file(directory_.path() / "golden", bytes); }
  explicit golden_copy(std::string const& file)
      : golden_copy{read_golden(std::filesystem::path{STOA_GOLDEN_DIRECTORY} / file)} {}
  segment open() const { return segment::open("golden", where()); }
  backing where() const { return backing::directory(directory_.path()); }

 private:
  scratch_directory directory_;
};

}  // namespace stoa::testing
