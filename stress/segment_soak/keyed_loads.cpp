#include "load.hpp"

namespace stoa::stress {
namespace {

constexpr std::uint64_t keys = 96;
constexpr std::uint64_t bits = 200;

void use_map(map<std::uint64_t, token> const& it, random_source& random) {
  auto const key = random() % (2 * keys);  // more than there is room for
  switch (random() % 6) {
    case 0: it.insert(key, token::of(key)); break;
    case 1: it.insert_or_assign(key, token::of(random())); break;
    case 2: it.update(key, [](token const& before) { return token::of(before.number + 1); }); break;
    case 3: it.erase(key); break;
    default:
      if (auto const found = it.find(key)) require(found->is_whole(), "map", "a value is torn");
  }
}

void use_set(set<std::uint64_t> const& it, random_source& random) {
  auto const key = random() % (2 * keys);
  switch (random() % 3) {
    case 0: it.insert(key); break;
    case 1: it.erase(key); break;
    default: static_cast<void>(it.contains(key));
  }
}

void use_bitset(bitset const& it, random_source& random) {
  if (auto const mine = it.claim_first_unset()) require(it.reset(*mine), "bitset", "a bit that was claimed was not set");
  if (random() % 1024 == 0) static_cast<void>(it.count());
}

template <class S, class Insert>
void expect_room_for_keys(S const& it, std::string const& name, Insert insert) {
  it.recover();
  it.clear();
  require(it.empty() && it.size() == 0, name, "it is not empty when it was cleared");
  for (std::uint64_t key = 0; key < it.capacity(); ++key)
    require(static_cast<bool>(insert(key)), name, "not every place can be used again");
  require(it.size() == it.capacity(), name, "it has another size than was inserted");
  it.clear();
}

}  // namespace

void add_keyed_loads(loads& to) {
  to.push_back(std::make_unique<load_of<map<std::uint64_t, token>>>(
      "map", [](auto const& in, auto const& name) { in.template publish<map<std::uint64_t, token>>(name, keys); },
      use_map, [](auto const& it, auto const&) {
        it.for_each([](auto, token const& each) { require(each.is_whole(), "map", "a value is torn"); });
        expect_room_for_keys(it, "map", [&](std::uint64_t key) { return it.insert(key, token::of(key)); });
      }));
  to.push_back(std::make_unique<load_of<set<std::uint64_t>>>(
      "set", [](auto const& in, auto const& name) { in.template publish<set<std::uint64_t>>(name, keys); }, use_set,
      [](auto const& it, auto const&) {
        expect_room_for_keys(it, "set", [&](std::uint64_t key) { return it.insert(key); });
      }));
  to.push_back(std::make_unique<load_of<bitset>>(
      "bitset", [](auto const& in, auto const& name) { in.template publish<bitset>(name, bits); }, use_bitset,
      [](auto const& it, auto const&) {
        it.reset_all();  // bits have no owner: what a dead process had claimed is claimed
        require(it.none() && it.count() == 0, "bitset", "bits are set that were reset");
      }));
}

}  // namespace stoa::stress
