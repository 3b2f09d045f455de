// What the telemetry example keeps about a series, against the same worked out from all samples.
#include "series.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace telemetry {
namespace {

TEST(histogram, QuantilesAreRightWithinOnePercent) {
  std::mt19937_64 random{7};
  std::lognormal_distribution<double> draw{3, 2};
  std::vector<double> values(10'001);
  histogram counts;
  for (auto& value : values) counts.add(value = draw(random));
  std::ranges::sort(values);
  for (double const q : {0.01, 0.5, 0.99}) {
    auto const exact = values[static_cast<std::size_t>(q * 10'000)];
    EXPECT_NEAR(counts.quantile(q, values.size()), exact, exact * 0.01) << q;
  }
}

TEST(histogram, EveryValueHasABucket) {
  using limits = std::numeric_limits<double>;
  auto const last = histogram{}.buckets.size() - 1;
  for (double const value :
       {-1.0, 0.0, limits::denorm_min(), limits::quiet_NaN(), -limits::infinity()})
    EXPECT_EQ(histogram::bucket_of(value), 0u) << value;
  for (double const value : {limits::max(), limits::infinity()})
    EXPECT_EQ(histogram::bucket_of(value), last) << value;
  EXPECT_EQ(histogram::bucket_of(std::ldexp(1.0, histogram::lowest_power)), 1u);
}

TEST(histogram, BucketsFollowEachOtherWithoutGaps) {
  for (std::size_t bucket = 1; bucket < histogram{}.buckets.size(); ++bucket)
    ASSERT_EQ(histogram::bucket_of(histogram::middle_of(bucket)), bucket);
}

TEST(index_set, CountsEachIndexOnce) {
  index_set seen;
  for (std::uint64_t index = 0; index < 5'000; ++index) {
    seen.add(index);
    seen.add(index);
    if (index >= 1'000) seen.add(index - 1'000);
  }
  EXPECT_EQ(seen.distinct, 5'000u);
}

TEST(index_set, ALeapLeavesGapsThatAreNotCounted) {
  index_set seen;
  for (std::uint64_t const index : {0u, 5u, 100'000u, 100'001u, 99'500u, 99'500u}) seen.add(index);
  EXPECT_EQ(seen.distinct, 5u);
}

TEST(series_summary, ASampleThatComesAgainIsRecognised) {
  series_summary summary;
  sample const first{.number = 3, .time_ns = 1, .value = 2, .series = 2};
  EXPECT_FALSE(summary.has_counted(first));
  summary.count_in(first, 4);
  EXPECT_TRUE(summary.has_counted(first));
  EXPECT_FALSE(summary.has_counted({.number = 7, .time_ns = 2, .value = 5, .series = 2}));
}

TEST(series_summary, KeepsMeanMaximumAndNewest) {
  series_summary summary;
  summary.count_in({.number = 1, .time_ns = 10, .value = -4, .series = 0}, 1);
  EXPECT_EQ(summary.max, -4);
  summary.count_in({.number = 2, .time_ns = 20, .value = 10, .series = 0}, 1);
  EXPECT_EQ(summary.count, 2u);
  EXPECT_EQ(summary.last_number, 2u);
  EXPECT_EQ(summary.last_time_ns, 20);
  EXPECT_EQ(summary.mean, 3);
  EXPECT_EQ(summary.max, 10);
}

}  // namespace
}  // namespace telemetry
