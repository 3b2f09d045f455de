// table.hpp: a map from 64-bit keys to 64-bit values, by one process, with nobody else in the way.
//
//   struct peer {
//     peer(std::string const& name, std::uint64_t elements);     room for so many
//     bool insert(std::uint64_t key, std::uint64_t value);       false: it was there
//     std::optional<std::uint64_t> find(std::uint64_t key);
//     bool increment(std::uint64_t key);                         atomically, for whoever else has the map
//     bool erase(std::uint64_t key);
//     std::uint64_t bytes();                                     all it takes
//     void fill(std::uint64_t from, std::uint64_t to);           keys of these numbers; if many at once go faster
//   };
#pragma once
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <concepts>
#include <optional>

#include "../harness/registry.hpp"
#include "../harness/team.hpp"

namespace stoa::benchmarks {

// A bijection: key of number i, in no order.
constexpr std::uint64_t table_key(std::uint64_t i) noexcept {
  i = (i ^ (i >> 30)) * 0xBF58'476D'1CE4'E5B9;
  i = (i ^ (i >> 27)) * 0x94D0'49BB'1331'11EB;
  return i ^ (i >> 31);
}

namespace internal {

class random_numbers {
 public:
  // Requires: end < 2^32.
  std::uint64_t below(std::uint64_t end) noexcept {
    state_ += 0x9E37'79B9'7F4A'7C15;
    return ((table_key(state_) >> 32) * end) >> 32;
  }

 private:
  std::uint64_t state_ = 1;
};

struct table_times {
  double insert = 0, find = 0, update = 0, mixed = 0, bytes = 0;
};

// Nanoseconds for each of what `each` does, for the time.
template <class Each>
double time_each(std::chrono::microseconds time, Each each) {
  std::uint64_t done = 0;
  auto const begin = now_ns();
  auto now = begin;
  auto const end = begin + static_cast<std::uint64_t>(std::chrono::nanoseconds{time}.count());
  for (; now < end; now = now_ns())
    for (int i = 0; i < 32; ++i, ++done)
      if (!each()) throw std::runtime_error{"a key was not there"};
  return static_cast<double>(now - begin) / static_cast<double>(done);
}

// Keys that were not there, a few at a time; those are erased again, which is not measured.
template <class Peer>
double time_insertions(Peer& peer, std::uint64_t elements, std::chrono::microseconds time) {
  auto const some = elements / 8;
  auto const limit = static_cast<std::uint64_t>(std::chrono::nanoseconds{time}.count());
  std::uint64_t done = 0, spent = 0;
  while (spent < limit) {
    std::uint64_t i = 0;
    auto const begin = now_ns();
    for (; i < some && (i % 32 != 0 || spent + now_ns() - begin < limit); ++i)
      if (!peer.insert(table_key(elements + i), i)) throw std::runtime_error{"a key was there already"};
    spent += now_ns() - begin;
    done += i;
    if (spent >= limit) break;
    while (i-- > 0)
      if (!peer.erase(table_key(elements + i))) throw std::runtime_error{"an inserted key is gone"};
  }
  return static_cast<double>(spent) / static_cast<double>(done);
}

template <class Peer>
table_times measure_table(std::string const& name, std::uint64_t elements, round_settings const& settings) {
  Peer peer{name, elements + elements / 4};
  if constexpr (requires { peer.fill(elements, elements); })
    peer.fill(0, elements);
  else
    for (std::uint64_t i = 0; i < elements; ++i)
      if (!peer.insert(table_key(i), i)) throw std::runtime_error{"a key was there already"};
  table_times out;
  random_numbers random;
  auto const look = [&] {
    auto const i = random.below(elements);
    return peer.find(table_key(i)) == i;
  };
  auto const look_again = [&] { return peer.find(table_key(random.below(elements))).has_value(); };
  auto const change = [&] { return peer.increment(table_key(random.below(elements))); };
  auto const part = settings.window / 3;
  time_each(settings.warm_up / 4, look);
  out.find = time_each(part, look);
  out.update = time_each(part, change);
  unsigned turn = 0;
  out.mixed = time_each(part, [&] { return ++turn % 10 == 0 ? change() : look_again(); });
  out.insert = time_insertions(peer, elements, part);
  out.bytes = static_cast<double>(peer.bytes()) / static_cast<double>(elements);
  return out;
}

}  // namespace internal

template <class Peer>
bool enter_table(std::string const& subject, std::uint64_t most = 10'000'000) {
  for (std::uint64_t const elements : {1'000u, 1'000'000u, 10'000'000u}) {
    if (elements > most) break;
    auto const heading = fmt::format("map of 10^{}", std::lround(std::log10(elements)));
    enter({"map", heading, subject, [=](round_settings const& settings) {
             std::vector<measurement> out;
             if (elements > settings.most_elements) return out;
             auto& found = last_control();
             run_alone(
                 [&](control& with) {
                   auto const times = internal::measure_table<Peer>(fresh_name() + "-map", elements, settings);
                   auto const all = {times.find, times.update, times.mixed, times.insert, times.bytes};
                   for (std::size_t i = 0; i < all.size(); ++i)
                     with.receivers[i].sum.store(std::bit_cast<std::uint64_t>(all.begin()[i]));
                 },
                 std::chrono::seconds{300});
             auto const value = [&](std::size_t i) { return std::bit_cast<double>(found.receivers[i].sum.load()); };
             std::size_t i = 0;
             for (auto const* what : {"find", "update", "9 find : 1 update", "insert"})
               out.push_back({fmt::format("{}, {}", heading, what), "ns", better::lower, value(i++)});
             out.push_back({fmt::format("{}, memory for an element", heading), "bytes", better::lower, value(i)});
             return out;
           }});
  }
  return true;
}

}  // namespace stoa::benchmarks
