// Random stores and updates through two handles, against a plain variable and a counter.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <utility>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using step = std::pair<std::uint8_t, std::uint64_t>;  // what, and the number to store

RC_GTEST_PROP(value, BehavesLikeAVariable, (std::vector<step> const& steps)) {
  two_views const views;
  auto const buffers = *rc::gen::element(2, 3, 8, 255);
  auto const first = views.first.publish<stoa::value<sealed>>("v", buffers);
  auto const second = views.second.attach<stoa::value<sealed>>("v");
  sealed expected;
  expected.words = {};
  std::uint64_t version = 0;
  for (auto const& command : steps) {
    auto const what = command.first;
    auto const number = command.second;
    auto const& value = what % 2 == 0 ? first : second;
    switch (what / 2 % 3) {
      case 0:
        expected = sealed{number};
        value.store(expected);
        ++version;
        break;
      case 1: {
        auto const stored =
            value.update([&](sealed& each) { each = sealed{each.number() + number}; });
        expected = sealed{expected.number() + number};
        RC_ASSERT(stored.words == expected.words);
        ++version;
        break;
      }
      case 2:
        break;
    }
    for (auto const* each : {&first, &second}) {
      auto const [loaded, found] = each->load_versioned();
      RC_ASSERT(loaded.words == expected.words);
      RC_ASSERT(found == version);
    }
  }
}

}  // namespace
}  // namespace stoa::testing
