// Random writes through two handles, against std::vector.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using step = std::tuple<std::uint8_t, std::uint16_t, std::uint32_t>;  // what, where, which number

RC_GTEST_PROP(array, BehavesLikeAVector, (std::vector<step> const& steps)) {
  two_views const views;
  auto const size = *rc::gen::inRange<std::size_t>(1, 70);
  auto const first = views.first.publish<stoa::array<std::uint32_t>>("a", size);
  auto const guard = views.first.publish<stoa::array<std::uint32_t>>("behind", 64);
  auto const second = views.second.attach<stoa::array<std::uint32_t>>("a");
  std::vector<std::uint32_t> model(size);
  for (auto const& [what, where, number] : steps) {
    auto const& array = what % 2 == 0 ? first : second;
    auto const i = where % size;
    switch (what / 2 % 4) {
      case 0:
        array[i] = model[i] = number;
        break;
      case 1:
        array.atomic(i).fetch_add(number);
        model[i] += number;
        break;
      case 2:
        array.fill(number);
        std::ranges::fill(model, number);
        break;
      case 3:
        RC_ASSERT(array.at(i) == model[i]);
        break;
    }
    RC_ASSERT(std::ranges::equal(first, model) && std::ranges::equal(second, model));
  }
  RC_ASSERT(std::ranges::all_of(guard, [](auto each) { return each == 0; }));
}

}  // namespace
}  // namespace stoa::testing
