// complaints.hpp: what is wrong with what a trial left. None: all is well.
#pragma once
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoa::kill_suite {

using contents = std::vector<std::uint64_t>;

class complaints {
 public:
  bool expect(bool holds, std::string_view otherwise) {
    if (!holds) add(std::string{otherwise});
    return holds;
  }
  void expect_same(contents const& found, contents const& expected, std::string_view what) {
    if (found != expected) add(fmt::format("{}: expected {}, found {}", what, expected, found));
  }
  void add(std::string text) { texts_.push_back(std::move(text)); }
  bool empty() const noexcept { return texts_.empty(); }
  std::string text() const { return fmt::format("{}", fmt::join(texts_, "; ")); }

 private:
  std::vector<std::string> texts_;
};

}  // namespace stoa::kill_suite
