// mending.hpp: damage that ends.
//
// Who forges what a living process would hold makes others wait for it, as they must for one that lives: for ever, if
// nothing happens. So after some time of a call's waiting the bytes are what they were, and then it must end.
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>

#include "hostile.hpp"

namespace stoa::fuzz {

// As long as it exists, and one at a time.
class mending {
 public:
  // Of the segment in that file. `first`: what is to be done before.
  mending(std::filesystem::path file, testing::specimen const& whole, std::function<void()> first = {});
  ~mending();
  mending(mending const&) = delete;
  mending& operator=(mending const&) = delete;

  // Whenever somebody sleeps.
  static void look();

 private:
  void mend();

  std::filesystem::path file_;
  testing::specimen const& whole_;
  std::function<void()> first_;
  std::chrono::nanoseconds last_{};
};

}  // namespace stoa::fuzz
