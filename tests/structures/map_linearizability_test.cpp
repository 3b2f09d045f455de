// Short histories of threads that change three keys of a map: each can be explained by a table that does one thing
// at a time.
#include <gtest/gtest.h>

#include <random>
#include <stoa/map.hpp>
#include <stoa/segment.hpp>

#include "rounds_of_history.hpp"
#include "scratch.hpp"
#include "sealed.hpp"
#include "sequential_models.hpp"

namespace stoa::testing {
namespace {

using table = stoa::map<std::uint64_t, sealed>;
using kind = keyed_model::kind;
using call = keyed_model::operation;

call call_one(table const& map, kind what, std::uint64_t key, std::uint64_t number) {
  switch (what) {
    case kind::find: {
      auto const got = map.find(key);
      EXPECT_TRUE(!got || got->is_whole());
      return {what, key, 0, got ? got->number() : 0, got.has_value()};
    }
    case kind::insert: return {what, key, number, 0, !static_cast<bool>(map.insert(key, sealed{number}))};
    case kind::assign: map.insert_or_assign(key, sealed{number}); return {what, key, number, 0, false};
    case kind::update:
      return {what, key, number, 0,
              map.update(key, [&](sealed& each) { each = sealed{each.number() + number}; })};
    case kind::erase: break;
  }
  return {what, key, 0, 0, map.erase(key)};
}

void run_threads(std::size_t members, std::uint64_t keys) {
  scratch_name const name;
  auto const home = segment::create(name, 1u << 16);
  auto const map = home.publish<table>("m", 8);
  for_rounds_of_history<call>(
      members, 10'000,
      [&](int round, std::size_t member, auto& notes) {
        std::minstd_rand chance{static_cast<unsigned>(round * 8) + static_cast<unsigned>(member) + 1};
        for (std::uint64_t i = 0; i < 5; ++i)
          notes.record(member, [&] {
            std::uint64_t const number = static_cast<std::uint64_t>(round) << 16 | member << 8 | i;
            auto const what = static_cast<kind>(chance() % 5);
            return call_one(map, what, chance() % keys, number);
          });
      },
      [&](history<call> const& all) {
        EXPECT_TRUE(is_linearizable<keyed_model>(all));
        map.clear();
      });
}

TEST(map_linearizability, OfThreeThreadsAndOneKey) { run_threads(3, 1); }
TEST(map_linearizability, OfFourThreadsAndThreeKeys) { run_threads(4, keyed_model::keys); }

}  // namespace
}  // namespace stoa::testing
