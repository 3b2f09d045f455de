// Random commands through two handles at different addresses, against a std::vector<bool>.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using step = std::pair<std::uint8_t, std::uint16_t>;  // what, and which

class bitset_machine {
 public:
  explicit bitset_machine(std::uint64_t size)
      : handles_{views_.first.publish<stoa::bitset>("b", size), views_.second.attach<stoa::bitset>("b")},
        model_(size) {}

  void run(step const& what) {
    auto const& bits = handles_[what.first & 1u];
    std::uint64_t const i = what.second % model_.size();
    bool const before = model_[i];
    switch (what.first / 2 % 16) {
      case 0:
        bits.reset_all();
        std::fill(model_.begin(), model_.end(), false);
        break;
      case 1:
        bits.set_all();
        std::fill(model_.begin(), model_.end(), true);
        break;
      case 2:
      case 3:
        bits.set(i);
        model_[i] = true;
        break;
      case 4:
      case 5:
        RC_ASSERT(bits.test_and_set(i) == before);
        model_[i] = true;
        break;
      case 6:
      case 7:
      case 8:
        RC_ASSERT(bits.reset(i) == before);
        model_[i] = false;
        break;
      case 9:
      case 10:
        RC_ASSERT(bits.flip(i) == before);
        model_[i] = !before;
        break;
      default: {
        auto const unset = found(false, 0);
        RC_ASSERT(bits.claim_first_unset() == unset);
        if (unset) model_[*unset] = true;
      }
    }
    for (auto const& each : handles_) {
      RC_ASSERT(each.count() == static_cast<std::uint64_t>(std::count(model_.begin(), model_.end(), true)));
      RC_ASSERT(each.any() == found(true, 0).has_value());
      RC_ASSERT(each.none() == !found(true, 0).has_value());
      RC_ASSERT(each.all() == !found(false, 0).has_value());
      RC_ASSERT(each.test(i) == model_[i]);
      RC_ASSERT(each.find_first() == found(true, 0));
      RC_ASSERT(each.find_next(i) == found(true, i + 1));
      RC_ASSERT(each.find_first_unset() == found(false, 0));
    }
  }

 private:
  std::optional<std::uint64_t> found(bool wanted, std::uint64_t from) const {
    for (auto i = from; i < model_.size(); ++i)
      if (model_[i] == wanted) return i;
    return std::nullopt;
  }

  two_views views_;
  std::array<stoa::bitset, 2> handles_;
  std::vector<bool> model_;
};

RC_GTEST_PROP(bitset, BehavesLikeAVectorOfBits, (std::vector<step> const& steps)) {
  bitset_machine machine{*rc::gen::element<std::uint64_t>(1, 2, 63, 64, 65, 130, 200)};
  for (auto const& each : steps) machine.run(each);
}

}  // namespace
}  // namespace stoa::testing
