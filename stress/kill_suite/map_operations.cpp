// A key is there once or not at all, with a whole value, old or new.
#include <stoa/map.hpp>

#include "keyed_world.hpp"
#include "sealed.hpp"

namespace stoa::kill_suite {
namespace {

using table = stoa::map<std::uint64_t, sealed>;

// Contents: key and value's number, by key. A key's first value is ten times the key.
struct map_policy {
  using type = table;
  static constexpr std::size_t words_each = 2;

  static bool put(table const& map, std::uint64_t key) {
    return static_cast<bool>(map.insert(key, sealed{10 * key}));
  }
  static void add(contents& to, std::uint64_t key) { to.insert(to.end(), {key, 10 * key}); }
  static contents look(table const& map, complaints& bad) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
    map.for_each([&](std::uint64_t key, sealed const& value) {
      bad.expect(value.is_whole(), "a torn value");
      auto const again = map.find(key);
      bad.expect(again && again->is_whole() && again->number() == value.number(), "find() and for_each() differ");
      found.emplace_back(key, value.number());
    });
    std::ranges::sort(found);
    contents out;
    for (auto const& [key, number] : found) out.insert(out.end(), {key, number});
    return out;
  }
};
using row = keyed_row<map_policy>;

void insert(table const& map) { map.insert(5, sealed{50}); }
void insert_or_assign(table const& map) { map.insert_or_assign(2, sealed{99}); }
void update(table const& map) {
  map.update(2, [](sealed& each) { each = sealed{each.number() + 100}; });
}
void erase(table const& map) { map.erase(2); }
void clear(table const& map) { map.clear(); }

// Seven keys of one home bucket, of two in all, in order; 2 is the first.
contents const& crowd() {
  static contents const keys = [] {
    auto const home_of = [](std::uint64_t key) { return (key_image<std::uint64_t>{key}.hash >> 32) * 2 >> 32; };
    contents out;
    for (std::uint64_t key = 2; out.size() < slots_per_bucket; ++key)
      if (home_of(key) == home_of(2)) out.push_back(key);
    return out;
  }();
  return keys;
}
void insert_last(table const& map) { map.insert(crowd().back(), sealed{10 * crowd().back()}); }
contents with_values(contents const& keys) {
  contents out;
  for (auto const key : keys) map_policy::add(out, key);
  return out;
}

}  // namespace

std::vector<operation> map_operations() {
  contents const keys{1, 2, 3};
  contents const before{1, 10, 2, 20, 3, 30};
  std::vector<operation> out;
  for (auto const& each : {
           row{"insert", insert, before, {1, 10, 2, 20, 3, 30, 5, 50}},
           row{"insert_or_assign", insert_or_assign, before, {1, 10, 2, 99, 3, 30}},
           row{"update", update, before, {1, 10, 2, 120, 3, 30}},
           row{"erase", erase, before, {1, 10, 3, 30}},
       })
    out.push_back(keyed_operation("map", each, keys));
  // With an overflow bucket: the seventh element needs one to come, and leaves none when the first goes.
  contents const all_but_last(crowd().begin(), crowd().end() - 1);
  contents const all_but_first(crowd().begin() + 1, crowd().end());
  out.push_back(keyed_operation(
      "map", row{"insert, extending", insert_last, with_values(all_but_last), with_values(crowd())}, all_but_last));
  out.push_back(keyed_operation(
      "map", row{"erase, shortening", erase, with_values(crowd()), with_values(all_but_first)}, crowd()));
  // Goes element by element: of several, some may be left.
  out.push_back(keyed_operation("map", row{"clear of one", clear, {2, 20}, {}}, {2}));
  return out;
}

}  // namespace stoa::kill_suite
