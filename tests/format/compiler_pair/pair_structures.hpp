// pair_structures.hpp: rings, stacks, pools, maps, sets, bits and a heap: one program fills them, the other changes
// them, and each finds what the other did.
#pragma once
#include <boost/container/vector.hpp>

#include "pair_types.hpp"

namespace stoa::testing {

// Twelve bytes, a word and a half, without padding: a compiler need not be able to clear that.
struct place_key {
  std::uint32_t area;
  std::int16_t row;
  std::array<char, 6> code;
  friend bool operator==(place_key const&, place_key const&) = default;
};
BOOST_DESCRIBE_STRUCT(place_key, (), (area, row, code))

inline place_key make_key(std::uint32_t number) {
  return {number, static_cast<std::int16_t>(-7), {'k', 'e', 'y', static_cast<char>('a' + number % 26)}};
}

using attic_numbers = boost::container::vector<std::uint32_t, heap_allocator<std::uint32_t>>;

// Keys 0 to pair_keys - 1 are filled in; then the first half is erased, the second gets other values, and as many as
// were erased are new.
inline constexpr std::uint32_t pair_keys = 200;
inline constexpr std::uint64_t pair_bits = 130;

// All of them, attached in the order of their names.
struct pair_structures {
  explicit pair_structures(segment const& where)
      : attic{where.attach<heap>("attic")},
        by_key{where.attach<map<place_key, wide>>("by_key")},
        by_number{where.attach<map<std::uint64_t, letter>>("by_number")},
        desk_handles{where.attach<array<pool_handle>>("desk_handles")},
        desks{where.attach<object_pool<letter>>("desks")},
        feed{where.attach<ring<letter>>("feed")},
        marks{where.attach<bitset>("marks")},
        pile{where.attach<stack<letter>>("pile")},
        tape{where.attach<ring<wide>>("tape")},
        visitors{where.attach<set<std::uint32_t>>("visitors")},
        wide_pile{where.attach<stack<wide>>("wide_pile")} {}

  static void publish(segment const& where) {
    where.publish<heap>("attic", 1 << 14);
    where.publish<map<place_key, wide>>("by_key", 2 * pair_keys);
    where.publish<map<std::uint64_t, letter>>("by_number", 2 * pair_keys);
    where.publish<array<pool_handle>>("desk_handles", 4);
    where.publish<object_pool<letter>>("desks", 4);
    where.publish<ring<letter>>("feed", ring_shape{4, ring_mode::overwrite, ~std::uint64_t{0} - 1});
    where.publish<bitset>("marks", pair_bits);
    where.publish<stack<letter>>("pile", stack_shape{8, ~std::uint64_t{0} - 1});
    where.publish<ring<wide>>("tape", ring_shape{3, ring_mode::bounded});
    where.publish<set<std::uint32_t>>("visitors", 2 * pair_keys);
    where.publish<stack<wide>>("wide_pile", 2);
  }

  heap attic;
  map<place_key, wide> by_key;
  map<std::uint64_t, letter> by_number;
  array<pool_handle> desk_handles;
  object_pool<letter> desks;
  ring<letter> feed;
  bitset marks;
  stack<letter> pile;
  ring<wide> tape;
  set<std::uint32_t> visitors;
  stack<wide> wide_pile;
};

// Each of these says which structure was not as it should be; empty: all were.

inline std::string fill_structures(segment const& where) {
  pair_structures::publish(where);
  pair_structures const in{where};
  for (std::uint32_t i = 0; i < pair_keys; ++i) {
    if (!in.by_key.insert(make_key(i), make_wide(i))) return "by_key";
    if (!in.by_number.insert(i, make_letter(i))) return "by_number";
    if (!in.visitors.insert(i)) return "visitors";
  }
  for (std::size_t i = 0; i < 3; ++i) {
    in.desk_handles[i] = in.desks.acquire();
    in.desks[in.desk_handles[i]] = make_letter(i);
  }
  for (std::uint64_t i = 0; i < 6; ++i) in.feed.push(make_letter(i));
  for (std::uint64_t i = 0; i < pair_bits; i += 3) in.marks.set(i);
  for (std::uint64_t i = 0; i < 5; ++i) in.pile.push(make_letter(i));
  for (std::uint32_t i = 0; i < 3; ++i) in.tape.push(make_wide(i));
  for (std::uint32_t i = 0; i < 2; ++i) in.wide_pile.push(make_wide(i));
  auto* const numbers =
      in.attic.construct<attic_numbers>("numbers", in.attic.allocator<std::uint32_t>());
  for (std::uint32_t i = 0; i < 100; ++i) numbers->push_back(i);
  return {};
}

inline std::string change_maps(pair_structures const& in) {
  auto const half = pair_keys / 2;
  for (std::uint32_t i = 0; i < half; ++i) {
    if (in.by_key.find(make_key(i)) != make_wide(i) || !in.by_key.erase(make_key(i))) return "by_key";
    if (in.by_number.find(i) != make_letter(i) || !in.by_number.erase(i)) return "by_number";
    if (!in.visitors.contains(i) || !in.visitors.erase(i)) return "visitors";
  }
  for (auto i = half; i < pair_keys; ++i) {
    if (!in.by_key.update(make_key(i), [](wide& each) { ++each.numbers[19]; })) return "by_key";
    if (in.by_number.insert_or_assign(i, make_letter(i + 1)) != insertion::replaced) return "by_number";
    if (in.visitors.insert(i) != insertion::present) return "visitors";
  }
  for (auto i = pair_keys; i < pair_keys + half; ++i) {
    if (!in.by_key.insert(make_key(i), make_wide(i))) return "by_key";
    if (!in.by_number.insert(i, make_letter(i + 1))) return "by_number";
    if (!in.visitors.insert(i)) return "visitors";
  }
  return {};
}

inline std::string change_streams(pair_structures const& in) {
  for (std::uint64_t i = 2; i < 6; ++i)
    if (in.feed.at(in.feed.held().begin + i - 2) != make_letter(i)) return "feed";
  in.feed.push(make_letter(6));
  if (in.tape.try_push(make_wide(3)) || in.tape.try_pop() != make_wide(0) || !in.tape.try_push(make_wide(3)))
    return "tape";
  for (std::uint64_t i = 5; i-- > 2;)
    if (in.pile.try_pop() != make_letter(i)) return "pile";
  for (std::uint64_t i = 10; i < 16; ++i)
    if (!in.pile.try_push(make_letter(i))) return "pile";
  if (in.wide_pile.try_push(make_wide(2)) || in.wide_pile.try_pop() != make_wide(1)) return "wide_pile";
  return {};
}

inline std::string change_structures(segment const& where) {
  pair_structures const in{where};
  if (auto const wrong = change_maps(in) + change_streams(in); !wrong.empty()) return wrong;
  for (std::size_t i = 0; i < 3; ++i) {
    auto const* const found = in.desks.get(in.desk_handles[i]);
    if (found == nullptr || *found != make_letter(i)) return "desks";
  }
  if (!in.desks.release(in.desk_handles[1]) || !in.desks.adopt(in.desk_handles[2])) return "desks";
  in.desk_handles[3] = in.desks.acquire();
  in.desks[in.desk_handles[3]] = make_letter(3);
  for (std::uint64_t i = 0; i < pair_bits; ++i)
    if (in.marks.flip(i) != (i % 3 == 0)) return "marks";
  auto* const numbers = in.attic.find<attic_numbers>("numbers");
  if (numbers == nullptr || numbers->size() != 100) return "attic";
  for (std::uint32_t i = 100; i < 300; ++i) numbers->push_back(i);
  return {};
}

inline std::string unchanged_maps(pair_structures const& in) {
  auto const half = pair_keys / 2;
  if (in.by_key.size() != pair_keys || in.by_number.size() != pair_keys || in.visitors.size() != pair_keys)
    return "size of a map";
  for (auto i = half; i < pair_keys + half; ++i) {
    auto expected = make_wide(i);
    if (i < pair_keys) ++expected.numbers[19];
    if (in.by_key.find(make_key(i)) != expected) return "by_key";
    if (in.by_number.find(i) != make_letter(i + 1)) return "by_number";
    if (!in.visitors.contains(i)) return "visitors";
  }
  return {};
}

inline std::string unchanged_streams(pair_structures const& in) {
  auto reader = in.feed.reader();
  for (std::uint64_t i = 3; i < 7; ++i)
    if (reader.try_read() != make_letter(i)) return "feed";
  if (reader.try_read()) return "feed";
  for (std::uint32_t i = 1; i < 4; ++i)
    if (in.tape.try_pop() != make_wide(i)) return "tape";
  for (std::uint64_t i = 16; i-- > 10;)
    if (in.pile.try_pop() != make_letter(i)) return "pile";
  if (in.pile.size() != 2 || in.pile.top() != make_letter(1)) return "pile";
  if (in.wide_pile.try_pop() != make_wide(0) || in.wide_pile.try_pop()) return "wide_pile";
  return {};
}

// Takes out what it looks at where that is how one looks.
inline std::string unchanged_structures(segment const& where) {
  pair_structures const in{where};
  if (auto const wrong = unchanged_maps(in) + unchanged_streams(in); !wrong.empty()) return wrong;
  if (in.desks.get(in.desk_handles[1]) != nullptr || in.desks.size() != 3) return "desks";
  for (std::size_t i : {0u, 2u, 3u})
    if (auto const* const found = in.desks.get(in.desk_handles[i]); found == nullptr || *found != make_letter(i))
      return "desks";
  for (std::uint64_t i = 0; i < pair_bits; ++i)
    if (in.marks.test(i) == (i % 3 == 0)) return "marks";
  auto const* const numbers = in.attic.find<attic_numbers>("numbers");
  if (numbers == nullptr || numbers->size() != 300 || !in.attic.is_sane()) return "attic";
  for (std::uint32_t i = 0; i < 300; ++i)
    if ((*numbers)[i] != i) return "attic";
  return {};
}

// Counts `count` times in a map, and as often takes tokens from a stack and puts them back; others may do the same.
inline void tally(segment const& where, std::uint64_t count) {
  auto const counts = where.attach<map<std::uint32_t, std::uint64_t>>("counts");
  auto const tokens = where.attach<stack<std::uint64_t>>("tokens");
  for (std::uint64_t i = 0; i < count; ++i) {
    counts.update_or_insert(static_cast<std::uint32_t>(i % 16), 1, [](std::uint64_t& n) { ++n; });
    tokens.push(tokens.pop() + 1);
  }
}

}  // namespace stoa::testing
