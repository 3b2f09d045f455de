// golden_content.hpp: what the golden segments hold, in the library's own words.
//
//   all_kinds   one of each kind, left in order: nobody is attached, nothing is half done
//   killed      as two processes left it that were killed: one held a lease, one was inside a push
#pragma once
#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <cstring>
#include <stoa/stoa.hpp>

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

inline segment_options golden_options(backing where) {
  return {.max_entries = 4,
          .max_participants = 2,
          .max_lanes = 2,
          .permissions = 0600,
          .lifetime = lifetime::persistent,
          .backing = std::move(where)};
}

}  // namespace stoa::testing
