// The telemetry pipeline, with its programs killed in the middle of their work: exact to the
// sample.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <stoa/stoa.hpp>

#include "example_program.hpp"
#include "sample.hpp"
#include "scratch.hpp"
#include "series.hpp"

namespace telemetry {
namespace {

using stoa::testing::child;
using stoa::testing::eventually;
using ::testing::HasSubstr;

class telemetry_pipeline : public ::testing::Test {
 protected:
  child start(std::string const& program, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"--segment", name_.str()});
    return stoa::testing::start_example(TELEMETRY_PROGRAMS + program, output_file(), arguments);
  }
  child start_aggregator() { return start("aggregator", {"--work-us", "10"}); }
  std::string output() const { return stoa::testing::content_of(output_file()); }
  std::uint64_t produced() const {
    auto const segment = stoa::segment::try_open_read_only(name_);
    if (!segment) return 0;
    auto const value = segment->try_attach<stoa::value<production>>(produced_name);
    return value ? value->load().newest : 0;
  }
  std::uint64_t aggregated() const {
    auto const segment = stoa::segment::open_read_only(name_);
    auto const series = segment.attach<stoa::value<series_list>>(series_name).load();
    std::uint64_t sum = 0;
    for (std::size_t id = 0; id < series.count; ++id) {
      auto const summary =
          segment.try_attach<stoa::value<series_summary>>(view_of(series.labels.at(id).name));
      if (summary) sum += summary->load().count;
    }
    return sum;
  }
  // Waits until the pipeline has moved on by as much as a kill between two such waits must leave
  // behind.
  bool moves_on(std::uint64_t samples) {
    if (!eventually([&] { return produced() > 0; })) return false;
    auto const before = aggregated();
    return eventually([&] { return aggregated() >= before + samples; });
  }
  // What the program says that looks for lost and double samples.
  void expect_exact() {
    EXPECT_TRUE(start("accounting", {"--within", "30"}).wait().is_success());
    EXPECT_THAT(output(), HasSubstr("lost 0, twice 0"));
  }

  stoa::testing::scratch_name name_;
  stoa::testing::scratch_directory directory_;

 private:
  std::string output_file() const { return directory_.path() / "output"; }
};

TEST_F(telemetry_pipeline, LosesAndDoublesNothingWhenTheAggregatorIsKilled) {
  auto sampler = start("sampler");
  auto aggregator = start_aggregator();
  for (int kill = 0; kill < 20; ++kill) {
    ASSERT_TRUE(moves_on(100));
    EXPECT_EQ(aggregator.kill().signal, SIGKILL);
    aggregator = start_aggregator();
  }
  sampler.signal(SIGTERM);
  EXPECT_TRUE(sampler.wait().is_success());
  expect_exact();
}

TEST_F(telemetry_pipeline, LosesAndDoublesNothingWhenTheSamplerIsKilled) {
  auto sampler = start("sampler", {"--rate", "2000"});
  auto aggregator = start("aggregator");
  for (int kill = 0; kill < 5; ++kill) {
    ASSERT_TRUE(moves_on(500));
    EXPECT_EQ(sampler.kill().signal, SIGKILL);
    sampler = start("sampler", {"--rate", "2000"});
  }
  ASSERT_TRUE(moves_on(500));
  sampler.signal(SIGTERM);
  EXPECT_TRUE(sampler.wait().is_success());
  expect_exact();
}

TEST_F(telemetry_pipeline, GoesOnAfterAllOfItWasKilled) {
  for (int round = 0; round < 2; ++round) {
    auto sampler = start("sampler");
    auto aggregator = start_aggregator();
    ASSERT_TRUE(moves_on(200));
    aggregator.kill();
    sampler.kill();
  }
  auto aggregator = start_aggregator();
  auto const before = produced();
  EXPECT_TRUE(start("sampler", {"--seconds", "0.1"}).wait().is_success());
  EXPECT_GT(produced(), before);
  expect_exact();
}

TEST_F(telemetry_pipeline, AccountingFindsWhatIsMissingAndWhatIsDouble) {
  auto aggregator = start_aggregator();
  EXPECT_TRUE(start("sampler", {"--seconds", "0.2"}).wait().is_success());
  expect_exact();
  auto const segment = stoa::segment::open(name_);
  auto const series = segment.attach<stoa::value<series_list>>(series_name).load();
  auto const summary = segment.attach<stoa::value<series_summary>>(view_of(series.labels[0].name));
  summary.update([](series_summary& state) { ++state.count; });  // one sample counted again
  EXPECT_EQ(start("accounting").wait().exit_code, 1);
  EXPECT_THAT(output(), HasSubstr("lost 0, twice 1"));
  segment.attach<stoa::value<production>>(produced_name).update([](production& made) {
    ++made.newest;
  });
  EXPECT_EQ(start("accounting").wait().exit_code, 1);
  EXPECT_THAT(output(), HasSubstr("lost 1, twice 1"));
}

TEST_F(telemetry_pipeline, ViewerPrintsEverySeriesOnce) {
  auto aggregator = start_aggregator();
  EXPECT_TRUE(start("sampler", {"--seconds", "0.2"}).wait().is_success());
  expect_exact();
  EXPECT_TRUE(start("viewer", {"--once"}).wait().is_success());
  auto const series =
      stoa::segment::open_read_only(name_).attach<stoa::value<series_list>>(series_name).load();
  ASSERT_GT(series.count, 0u);
  for (std::size_t id = 0; id < series.count; ++id)
    EXPECT_THAT(output(), HasSubstr(std::string{view_of(series.labels.at(id).name)}));
}

TEST_F(telemetry_pipeline, SamplesWaitForAnAggregatorThatComesLater) {
  EXPECT_TRUE(start("sampler", {"--seconds", "0.2"}).wait().is_success());
  EXPECT_GT(produced(), 0u);
  EXPECT_EQ(aggregated(), 0u);
  auto aggregator = start_aggregator();
  expect_exact();
}

}  // namespace
}  // namespace telemetry
