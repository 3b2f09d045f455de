// golden_content.hpp: what the golden segments hold, in the library's own words.
//
//   all_kinds    array, value, queue and spsc_queue, left in order: nobody is attached, nothing is half done
//   more_kinds   other kinds, left in order (messages, locks: golden_messages.hpp)
//   killed       as two processes left it that were killed: one held a lease, one was inside a push
//                (connections, streams: golden_connections.hpp)
#pragma once
#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <cstring>
#include <stoa/stoa.hpp>
#include <vector>

namespace stoa::testing {

enum class side : std::uint8_t { buy = 1, sell = 2 };

struct leg {
  std::int16_t strike;
  std::uint16_t count;
  friend bool operator==(leg const&, leg const&) = default;
};
BOOST_DESCRIBE_STRUCT(leg, (), (strike, count))

struct trade {
  std::uint64_t id;
  double price;
  std::array<char, 8> venue;
  std::array<leg, 2> legs;
  side way;
  bool is_final;
  friend bool operator==(trade const&, trade const&) = default;
};
BOOST_DESCRIBE_STRUCT(trade, (), (id, price, venue, legs, way, is_final))

inline constexpr char trade_type[] =
    "{id:<u8@0,price:<f8@8,venue:|S8@16,legs:{strike:<i2@0,count:<u2@2}4[2]@24,way:|u1@32,"
    "is_final:|b1@33}40";

// Every byte of it is written: what pads a trade is zero.
inline trade make_trade(std::uint64_t id) {
  trade made;
  std::memset(static_cast<void*>(&made), 0, sizeof(made));
  made.id = id;
  made.price = static_cast<double>(id) + 0.5;
  made.venue = {'X', 'N', 'Y', 'S'};
  made.legs[0] = {static_cast<std::int16_t>(-100), 1};
  made.legs[1] = {static_cast<std::int16_t>(id), 2};
  made.way = id % 2 == 0 ? side::buy : side::sell;
  made.is_final = id == 3;
  return made;
}

inline constexpr std::array<double, 4> golden_prices{1.5, -2.25, 0.0, 1e300};
// Queues start three tickets before 2^64, so that their counters have wrapped.
inline constexpr std::uint64_t golden_first_ticket = ~std::uint64_t{0} - 2;

// Fills one word and a half, without padding.
struct tick {
  std::uint32_t id;
  float price;
  std::array<char, 4> venue;
  friend bool operator==(tick const&, tick const&) = default;
};
BOOST_DESCRIBE_STRUCT(tick, (), (id, price, venue))

inline tick make_tick(std::uint32_t id) {
  return {id, static_cast<float>(id) / 2, {'X', 'P', 'A', 'R'}};
}

using frame = std::array<std::uint16_t, 3>;
inline constexpr frame make_frame(std::uint16_t first) {
  return {first, static_cast<std::uint16_t>(first + 1), static_cast<std::uint16_t>(first + 2)};
}

using symbol = std::array<char, 12>;
// Requires: number < 100.
inline symbol make_symbol(std::uint32_t number) {
  auto const tens = static_cast<char>('0' + number / 10), ones = static_cast<char>('0' + number % 10);
  return {'s', 'y', 'm', 'b', 'o', 'l', '-', tens, ones};
}

// What counts in other structures starts just before it wraps, too. A stack's tags have 40 bits, as have a pool's
// generations; above those stands the pool's tag.
inline constexpr std::uint64_t golden_first_tag = (std::uint64_t{1} << 40) - 3;
inline constexpr std::uint64_t golden_first_generation = 0xABCDEF'FFFFFFFFFF;
// Of the handles that were given out, those that still match.
inline constexpr std::array<std::uint16_t, 3> golden_live_handles{0, 2, 3};
// Map and set have the keys from 1 on, without the erased one, as many as there was room for: so their overflow buckets
// are in use, whatever the hash is.
inline constexpr std::uint32_t golden_map_capacity = 7;
inline constexpr std::uint32_t golden_erased_key = 3;
inline constexpr std::uint32_t golden_assigned_key = 5;
inline constexpr std::array<std::uint64_t, 5> golden_bits{0, 3, 63, 64, 69};
inline constexpr std::uint64_t golden_bitset_size = 70;
inline constexpr std::uint64_t golden_heap_bytes = 2048;

// The keys of a map or set that holds `size`.
inline std::vector<std::uint32_t> golden_keys(std::uint64_t size) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t key = 1; out.size() < size; ++key)
    if (key != golden_erased_key) out.push_back(key);
  return out;
}

inline tick golden_user(std::uint32_t key) {
  return make_tick(key == golden_assigned_key ? 1000 : key);
}

inline segment_options golden_options(backing where, std::uint32_t max_entries = 4) {
  return {.max_entries = max_entries,
          .max_participants = 2,
          .max_lanes = 2,
          .permissions = 0600,
          .lifetime = lifetime::persistent,
          .backing = std::move(where)};
}

}  // namespace stoa::testing
