// Random commands through two handles, against a std::map.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <tuple>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using step = std::tuple<std::uint8_t, std::uint8_t, std::uint64_t>;  // what, the key, a number

RC_GTEST_PROP(map, BehavesLikeAStandardMap, ()) {
  two_views const views;
  auto const capacity = *rc::gen::element(1, 2, 7, 24, 100);
  auto const steps = *rc::gen::container<std::vector<step>>(rc::gen::arbitrary<step>());
  using map = stoa::map<std::uint64_t, sealed>;
  auto const first = views.first.publish<map>("m", capacity);
  auto const second = views.second.attach<map>("m");
  std::map<std::uint64_t, std::uint64_t> expected;
  for (auto const& command : steps) {
    auto const what = std::get<0>(command);
    auto const key = std::uint64_t{std::get<1>(command)} & 0x3F;
    auto const number = std::get<2>(command);
    auto const& self = what % 2 == 0 ? first : second;
    bool const was_there = expected.contains(key);
    bool const must_fit = expected.size() < static_cast<std::size_t>(capacity);
    switch (what / 2 % 5) {
      case 0: {
        auto const done = self.insert(key, sealed{number});
        RC_ASSERT((was_there ? done == insertion::present : done || done.is_full()));
        RC_ASSERT((done || was_there || !must_fit));
        if (done) expected.emplace(key, number);
        break;
      }
      case 1: {
        auto const done = self.insert_or_assign(key, sealed{number});
        RC_ASSERT((done || (!was_there && !must_fit)));
        if (done) expected[key] = number;
        break;
      }
      case 2:
        RC_ASSERT(self.update(key, [&](sealed& each) { each = sealed{each.number() + number}; }) == was_there);
        if (was_there) expected[key] += number;
        break;
      case 3:
        RC_ASSERT(self.erase(key) == was_there);
        expected.erase(key);
        break;
      default:
        if (number % 16 == 0) {
          self.clear();
          expected.clear();
        }
    }
    for (auto const* each : {&first, &second}) {
      auto const found = each->find(key);
      RC_ASSERT(found.has_value() == expected.contains(key));
      RC_ASSERT((!found || (found->is_whole() && found->number() == expected.at(key))));
      RC_ASSERT(each->size() == expected.size());
    }
  }
  std::map<std::uint64_t, std::uint64_t> found;
  for (auto const& each : second.snapshot()) RC_ASSERT(found.emplace(each.first, each.second.number()).second);
  RC_ASSERT(found == expected);
  first.clear();
  RC_ASSERT(second.statistics().overflows_used == 0u);
}

}  // namespace
}  // namespace stoa::testing
