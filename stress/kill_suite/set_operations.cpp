// A key is there once or not at all.
#include <stoa/set.hpp>

#include "keyed_world.hpp"

namespace stoa::kill_suite {
namespace {

using keys_type = stoa::set<std::uint64_t>;

struct set_policy {
  using type = keys_type;
  static constexpr std::size_t words_each = 1;

  static bool put(keys_type const& set, std::uint64_t key) { return static_cast<bool>(set.insert(key)); }
  static void add(contents& to, std::uint64_t key) { to.push_back(key); }
  static contents look(keys_type const& set, complaints& bad) {
    contents out;
    set.for_each([&](std::uint64_t key) {
      bad.expect(set.contains(key), "contains() and for_each() differ");
      out.push_back(key);
    });
    std::ranges::sort(out);
    return out;
  }
};
using row = keyed_row<set_policy>;

}  // namespace

std::vector<operation> set_operations() {
  contents const keys{1, 2, 3};
  std::vector<operation> out;
  for (auto const& each : {
           row{"insert", [](keys_type const& set) { set.insert(5); }, keys, {1, 2, 3, 5}},
           row{"erase", [](keys_type const& set) { set.erase(2); }, keys, {1, 3}},
       })
    out.push_back(keyed_operation("set", each, keys));
  return out;
}

}  // namespace stoa::kill_suite
