// sample.hpp: what the sampler gives to the others, and the names it goes by.
#pragma once
#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <stoa/segment.hpp>
#include <string_view>

#include "text.hpp"

namespace telemetry {

using examples::to_text;
using examples::view_of;

// Names in the segment. Beside them each series has a value<series_summary> under its own name.
inline constexpr std::string_view samples_name = "samples";        // queue<sample>
inline constexpr std::string_view series_name = "series";          // value<series_list>
inline constexpr std::string_view produced_name = "produced";      // value<production>
inline constexpr std::string_view aggregator_name = "aggregator";  // value<aggregator_record>

inline constexpr std::size_t segment_bytes = 8 << 20;
inline constexpr std::size_t queue_capacity = 16384;  // a few seconds without an aggregator
inline constexpr std::size_t max_series = 64;

// Persistent: samples wait for the next aggregator also when nobody is attached for a while.
inline stoa::segment open_or_create_segment(std::string_view name) {
  return stoa::segment::open_or_create(name, segment_bytes,
                                       {.lifetime = stoa::lifetime::persistent});
}

// Samples are numbered from 1, whatever their series, and the series take turns: number n belongs
// to series (n - 1) % count, whoever produced it. So a number alone says which piece of work this
// is.
struct sample {
  std::uint64_t number = 0;
  std::int64_t time_ns = 0;  // since 1970
  double value = 0;
  std::uint64_t series = 0;  // index into the series_list
};
BOOST_DESCRIBE_STRUCT(sample, (), (number, time_ns, value, series))

struct series_label {
  std::array<char, 32> name{};
  std::array<char, 8> unit{};
};
BOOST_DESCRIBE_STRUCT(series_label, (), (name, unit))

// Stored once, by the first sampler.
struct series_list {
  std::uint64_t count = 0;
  std::array<series_label, max_series> labels{};
};
BOOST_DESCRIBE_STRUCT(series_list, (), (count, labels))

struct production {
  std::uint64_t newest = 0;  // number of the newest sample that was surely pushed
  std::uint64_t starts = 0;  // samplers so far
};
BOOST_DESCRIBE_STRUCT(production, (), (newest, starts))

struct aggregator_record {
  std::uint64_t starts = 0;  // aggregators so far
  // Samples that came again after they had been counted: their aggregator died before it committed
  // them, or their sampler before it could note that it had pushed them.
  std::uint64_t recognised = 0;
};
BOOST_DESCRIBE_STRUCT(aggregator_record, (), (starts, recognised))

}  // namespace telemetry
