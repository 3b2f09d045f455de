// Random commands through handles of three participants, of whom one comes and goes, against a plain map.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using pool_of_sealed = stoa::object_pool<sealed>;
using step = std::pair<std::uint8_t, std::uint16_t>;  // what, and a number

struct holding {
  pool_handle handle;
  unsigned owner;
};

RC_GTEST_PROP(object_pool, BehavesLikeAMapOfWhatIsInUse, (std::vector<step> const& steps)) {
  two_views const views;
  auto const capacity = *rc::gen::element(1, 2, 5, 64, 70);
  std::vector<std::optional<pool_of_sealed>> pools{views.first.publish<pool_of_sealed>("p", capacity),
                                                   views.second.attach<pool_of_sealed>("p"), std::nullopt};
  std::map<std::uint64_t, holding> in_use;  // by the number that the object holds
  std::vector<pool_handle> stale;
  std::uint64_t next = 1;
  auto const arrive = [&] {
    if (!pools[2]) pools[2] = segment::open(views.name()).attach<pool_of_sealed>("p");
  };
  for (auto const& command : steps) {
    std::uint64_t const number = command.second;
    auto const who = static_cast<unsigned>(number % 3);
    arrive();
    auto const& pool = *pools[who];
    auto const some = [&] { return std::next(in_use.begin(), static_cast<long>(number / 3 % in_use.size())); };
    switch (command.first % 8) {
      case 0:
      case 1:
      case 2:
      case 3: {
        auto const got = pool.acquire();
        RC_ASSERT(static_cast<bool>(got) == (in_use.size() < pool.capacity()));
        if (!got) break;
        pool[got] = sealed{next};
        in_use[next++] = {got, who};
        break;
      }
      case 4:
      case 5:
        if (in_use.empty()) break;
        if (auto const one = some(); true) {
          RC_ASSERT(pool.release(one->second.handle));
          stale.push_back(one->second.handle);
          in_use.erase(one);
        }
        break;
      case 6:
        if (in_use.empty()) break;
        if (auto const one = some(); true) {
          RC_ASSERT(pool.adopt(one->second.handle));
          one->second.owner = who;
        }
        break;
      case 7: {  // the third leaves with all that it owns
        pools[2].reset();
        auto const gone = std::erase_if(in_use, [&](auto const& each) {
          if (each.second.owner != 2) return false;
          stale.push_back(each.second.handle);
          return true;
        });
        RC_ASSERT(pools[0]->reclaim() == gone);
        arrive();
        break;
      }
    }
    auto const& looker = *pools[number % 2];
    RC_ASSERT(looker.size() == in_use.size());
    for (auto const& [content, held] : in_use) {
      RC_ASSERT(looker.get(held.handle) != nullptr);
      RC_ASSERT(looker[held.handle].words == sealed{content}.words);
    }
    for (auto const& each : stale) RC_ASSERT(looker.get(each) == nullptr && !looker.release(each));
  }
  auto const counts = pools[0]->statistics();
  RC_ASSERT(counts.acquired == next - 1);
  RC_ASSERT(counts.released + counts.reclaimed == stale.size());
}

}  // namespace
}  // namespace stoa::testing
