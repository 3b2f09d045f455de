// series.hpp: what the aggregator knows about one series: the state of its work, whole in one
// value.
//
// Everything that must change together when a sample is counted is in series_summary: one store
// counts it, and nothing else does. Killed before that store, the aggregator never saw the sample;
// killed after it, last_number says that the sample was counted. There is no third case.
#pragma once
#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <cmath>
#include <cstdint>

#include "sample.hpp"

namespace telemetry {

// How often which magnitude came. Buckets grow with the value, 64 to a power of two, so that a
// quantile is right within 1 %; their number is fixed, so that they can live in shared memory.
struct histogram {
  static constexpr int lowest_power = -4;  // below 2^-4 lies bucket 0
  static constexpr int powers = 44;
  static constexpr int steps = 64;

  std::array<std::uint32_t, 1 + powers * steps> buckets{};

  static std::size_t bucket_of(double value) {
    if (!(value >= std::ldexp(1.0, lowest_power))) return 0;  // written so that NaN goes there too
    if (value >= std::ldexp(1.0, lowest_power + powers)) return powers * steps;
    int exponent = 0;
    double const fraction = std::frexp(value, &exponent);  // in [0.5, 1)
    int const power = exponent - 1 - lowest_power;
    return static_cast<std::size_t>(1 + power * steps +
                                    static_cast<int>((2 * fraction - 1) * steps));
  }
  static double middle_of(std::size_t bucket) {
    if (bucket == 0) return 0;
    auto const place = static_cast<int>(bucket) - 1;
    return std::ldexp(1 + (place % steps + 0.5) / steps, lowest_power + place / steps);
  }

  void add(double value) { ++buckets[bucket_of(value)]; }
  // The value that a share `q` of the `count` values does not exceed.
  double quantile(double q, std::uint64_t count) const {
    double const rank = q * static_cast<double>(count);
    std::uint64_t passed = 0;
    for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket)
      if (passed += buckets[bucket]; static_cast<double>(passed) >= rank && passed != 0)
        return middle_of(bucket);
    return 0;
  }
};
BOOST_DESCRIBE_STRUCT(histogram, (), (buckets))

// Which samples of a series were counted: a second opinion, beside last_number, for the accounting.
// It remembers the newest ones one by one, and how many different ones there were in all.
struct index_set {
  static constexpr std::uint64_t remembered = 1024;

  std::uint64_t distinct = 0;
  std::uint64_t end = 0;  // one past the highest
  std::array<std::uint64_t, remembered / 64> bits{};

  void add(std::uint64_t index) {
    if (end > remembered && index < end - remembered) return;  // too old to tell: not a new one
    if (index >= end + remembered) bits = {}, end = index;
    for (; end <= index; ++end) word(end) &= ~bit(end);
    if ((word(index) & bit(index)) == 0) ++distinct;
    word(index) |= bit(index);
  }

 private:
  std::uint64_t& word(std::uint64_t index) { return bits[index % remembered / 64]; }
  static std::uint64_t bit(std::uint64_t index) { return std::uint64_t{1} << index % 64; }
};
BOOST_DESCRIBE_STRUCT(index_set, (), (distinct, end, bits))

// The course of the last seconds, for the viewer: each bar is the highest of some samples.
struct history {
  static constexpr std::uint64_t bars = 32;
  static constexpr std::uint64_t samples_per_bar = 40;

  std::array<float, bars> highest{};

  void add(double value, std::uint64_t index) {
    auto& bar = highest[index / samples_per_bar % bars];
    auto const height = static_cast<float>(value);
    bar = index % samples_per_bar == 0 ? height : std::max(bar, height);
  }
};
BOOST_DESCRIBE_STRUCT(history, (), (highest))

struct series_summary {
  std::uint64_t count = 0;
  std::uint64_t last_number = 0;
  std::int64_t last_time_ns = 0;
  double last = 0;
  double mean = 0;
  double max = 0;
  history recent;
  index_set counted;
  histogram distribution;

  // The samples of a series come in the order of their numbers, and one that a dead aggregator had
  // leased comes before all newer ones.
  bool has_counted(sample const& next) const { return next.number <= last_number; }

  void count_in(sample const& next, std::uint64_t series_count) {
    max = count == 0 ? next.value : std::max(max, next.value);
    recent.add(next.value, count);
    ++count;
    last_number = next.number;
    last_time_ns = next.time_ns;
    last = next.value;
    mean += (next.value - mean) / static_cast<double>(count);
    distribution.add(next.value);
    counted.add((next.number - 1) / series_count);
  }
  double quantile(double q) const { return std::min(distribution.quantile(q, count), max); }
};
BOOST_DESCRIBE_STRUCT(series_summary, (),
                      (count, last_number, last_time_ns, last, mean, max, recent, counted,
                       distribution))

}  // namespace telemetry
