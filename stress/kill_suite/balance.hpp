// balance.hpp: what went into a structure and what came out of it, by all who lived to tell.
#pragma once
#include <algorithm>

#include "world.hpp"

namespace stoa::kill_suite {

class balance {
 public:
  void note_in(std::uint64_t number) { in_.push_back(number); }
  void note_out(std::uint64_t number) { out_.push_back(number); }
  void add(report const& told) {
    in_.insert(in_.end(), told.pushed.begin(), told.pushed.begin() + static_cast<std::ptrdiff_t>(told.pushes));
    out_.insert(out_.end(), told.popped.begin(), told.popped.begin() + static_cast<std::ptrdiff_t>(told.pops));
  }
  void add_rest(contents const& left) { out_.insert(out_.end(), left.begin(), left.end()); }
  // Whatever went in is there once.
  void expect_even(complaints& bad) {
    std::ranges::sort(in_);
    std::ranges::sort(out_);
    bad.expect_same(out_, in_, "what came out against what went in");
  }
  // But for that many, which are not there.
  void expect_even_but(std::uint64_t lost, complaints& bad) {
    std::ranges::sort(in_);
    std::ranges::sort(out_);
    bool const is_once = std::ranges::includes(in_, out_);
    if (!is_once || out_.size() + lost != in_.size())
      bad.add(fmt::format("{} went in, {} came out, {} are said to be lost", in_, out_, lost));
  }

 private:
  contents in_;
  contents out_;
};

}  // namespace stoa::kill_suite
