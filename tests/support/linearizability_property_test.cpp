// The search against trying every order, on random histories of which about half have an explanation.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>

#include "linearizability.hpp"
#include "sequential_models.hpp"

namespace stoa::testing {
namespace {

template <class Model>
bool is_explained_by_some_order(history<typename Model::operation> const& all) {
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  do {
    Model state;
    bool is_good = true;
    for (std::size_t i = 0; is_good && i < order.size(); ++i) {
      for (std::size_t later = i + 1; later < order.size(); ++later)
        is_good = is_good && !all[order[later]].is_before(all[order[i]]);
      is_good = is_good && state.apply(all[order[i]].what);
    }
    if (is_good) return true;
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

template <class Operation>
void set_times(recorded<Operation>& each) {
  each.called = *rc::gen::inRange<std::uint64_t>(0, 12);
  each.returned = each.called + *rc::gen::inRange<std::uint64_t>(1, 8);
}

RC_GTEST_PROP(linearizability_search, OfARegisterIsWhatSomeOrderExplains, ()) {
  history<register_model::operation> all(*rc::gen::inRange<std::size_t>(1, 7));
  for (auto& each : all) {
    set_times(each);
    each.what = {*rc::gen::element(register_model::kind::load, register_model::kind::store,
                                   register_model::kind::update),
                 *rc::gen::inRange<std::uint64_t>(0, 3), *rc::gen::inRange<std::uint64_t>(0, 4)};
  }
  auto const expected = is_explained_by_some_order<register_model>(all);
  RC_CLASSIFY(expected, "explained");
  RC_ASSERT(is_linearizable<register_model>(all) == expected);
}

RC_GTEST_PROP(linearizability_search, OfAQueueIsWhatSomeOrderExplains, ()) {
  history<transfer> all(*rc::gen::inRange<std::size_t>(1, 7));
  std::uint64_t pushed = 0;
  for (auto& each : all) {
    set_times(each);
    bool const is_push = pushed == 0 || *rc::gen::arbitrary<bool>();
    each.what = {is_push, !is_push && *rc::gen::inRange(0, 4) == 0,
                 is_push ? ++pushed : *rc::gen::inRange<std::uint64_t>(1, pushed + 1)};
  }
  auto const expected = is_explained_by_some_order<fifo_model>(all);
  RC_CLASSIFY(expected, "explained");
  RC_ASSERT(is_linearizable<fifo_model>(all) == expected);
}

}  // namespace
}  // namespace stoa::testing
