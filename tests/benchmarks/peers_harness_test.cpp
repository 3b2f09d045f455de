// The comparison's harness: its arithmetic, that what is wrong with a subject is noticed, and that every case of stoa
// and of the subjects that need nothing runs and gives a record.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/property_tree/json_parser.hpp>
#include <sstream>

#include "cases/latency.hpp"
#include "cases/stream.hpp"
#include "harness/report.hpp"
#include "harness/rounds.hpp"
#include "harness/shared_object.hpp"

namespace stoa::benchmarks {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr round_settings brief{.warm_up = 1ms, .window = 3ms, .most_elements = 1000};

TEST(summary, IsTheMedianAndTheQuartiles) {
  auto const found = summed_up({50, 10, 40, 20, 30});
  EXPECT_EQ(found.median, 30);
  EXPECT_EQ(found.low, 20);
  EXPECT_EQ(found.high, 40);
}

TEST(summary, OfOneValueIsThatValue) {
  auto const found = summed_up({7});
  EXPECT_EQ(found.median, 7);
  EXPECT_EQ(found.low, 7);
  EXPECT_EQ(found.high, 7);
}

TEST(histogram, PutsEveryValueIntoAStepOfAtMostThreePerCent) {
  for (std::uint64_t value = 0; value < (1ull << 50); value = value * 5 / 4 + 1) {
    auto const step = histogram::step_of(value);
    auto const largest = histogram::largest_of(step);
    ASSERT_GE(largest, value);
    ASSERT_LE(static_cast<double>(largest - value), static_cast<double>(value) / 31) << value;
    ASSERT_EQ(histogram::step_of(largest), step) << value;
    ASSERT_EQ(histogram::step_of(largest + 1), step + 1) << value;
  }
}

TEST(histogram, TellsWhatPartOfTheValuesIsBelow) {
  histogram of;
  for (std::uint64_t i = 1; i <= 20; ++i) of.add(i);
  EXPECT_EQ(of.total(), 20u);
  EXPECT_EQ(of.at_part(0), 1u);
  EXPECT_EQ(of.at_part(.5), 10u);
  EXPECT_EQ(of.at_part(.95), 19u);
  EXPECT_EQ(of.at_part(1), 20u);
}

TEST(histogram, OfNothingIsZero) { EXPECT_EQ(histogram{}.at_part(.5), 0u); }

measurement rate(double value) { return {"a \"case\"", "messages/s", better::higher, value}; }

TEST(results, AreWrittenAsJson) {
  results of;
  for (unsigned round = 0; round < 3; ++round) of.add(round, "family", "stoa", rate(1e6 * (round + 1)));
  std::istringstream text{of.json()};
  boost::property_tree::ptree read;
  boost::property_tree::read_json(text, read);
  ASSERT_EQ(read.size(), 1u);
  auto const& record = read.front().second;
  EXPECT_EQ(record.get<std::string>("case"), "a \"case\"");
  EXPECT_EQ(record.get<std::string>("subject"), "stoa");
  EXPECT_EQ(record.get<std::string>("unit"), "messages/s");
  EXPECT_EQ(record.get<double>("median"), 2e6);
  EXPECT_EQ(record.get<double>("low"), 1e6);
  EXPECT_EQ(record.get<double>("high"), 2e6);
  EXPECT_EQ(record.get<std::string>("better"), "higher");
}

// Rounds in which the machine was three times as slow: the ratio is the same in all.
TEST(results, AreComparedRoundByRound) {
  results of;
  for (auto const& [round, speed] : {std::pair{0u, 1.}, {1u, 3.}, {2u, 1.}, {3u, 3.}}) {
    of.add(round, "family", "stoa", rate(10 * speed));
    of.add(round, "family", "peer", rate(5 * speed));
  }
  of.add(4, "family", "peer", rate(1000));  // stoa was not in that one
  EXPECT_EQ(of.against_stoa(of.all().at(1)), .5);
}

TEST(results, AreComparedTheOtherWayRoundWhereLessIsBetter) {
  results of;
  of.add(0, "family", "stoa", {"trip", "ns", better::lower, 100});
  of.add(0, "family", "peer", {"trip", "ns", better::lower, 400});
  EXPECT_EQ(of.against_stoa(of.all().at(1)), .25);
}

// A subject that does something wrong, each in its way.
enum class fault { none, repeats, changes };

template <fault Fault>
struct faulty {
  template <std::size_t Bytes>
  struct peer {
    static constexpr auto where = runs_in::processes;
    struct slot {
      std::atomic<bool> is_full{false};
      message<Bytes> held{};
    };
    struct end {
      slot* shared;
      unsigned calls = 0;
      bool send(message<Bytes> const& each) {
        if (shared->is_full.load(std::memory_order_acquire)) return false;
        shared->held = each;
        if (Fault == fault::changes && ++calls == 1) shared->held.words[8 - 1] ^= 1;
        shared->is_full.store(true, std::memory_order_release);
        return true;
      }
      template <class Use>
      std::size_t receive(std::size_t, Use const& use) {
        if (!shared->is_full.load(std::memory_order_acquire)) return 0;
        use(&shared->held);
        if (Fault == fault::repeats && ++calls == 1) use(&shared->held);
        shared->is_full.store(false, std::memory_order_release);
        return 1;
      }
    };
    explicit peer(stream_plan const&) {}
    end sender(unsigned) { return {&*shared}; }
    end receiver(unsigned) { return {&*shared}; }
    shared_object<slot> shared;
  };
};

template <fault Fault>
double rate_with() {
  using peer = typename faulty<Fault>::template peer<128>;
  return stream_rate<peer, 128>(stream_plan{}, false, brief);
}

TEST(stream, CountsWhatArrives) { EXPECT_GT(rate_with<fault::none>(), 0); }
TEST(stream, RefusesAMessageThatCameTwice) { EXPECT_THROW(rate_with<fault::repeats>(), std::runtime_error); }
TEST(stream, RefusesAMessageThatWasChanged) { EXPECT_THROW(rate_with<fault::changes>(), std::runtime_error); }

TEST(team, EndsWhatDoesNotEnd) {
  auto const forever = [](control& with) {
    wait_for_go(with);
    for (idler idle;;) idle.pause();
  };
  EXPECT_THROW(run_team(runs_in::processes, {forever}, [](control&) {}, 1s), std::runtime_error);
}

TEST(team, TellsWhatFailed) {
  auto const fails = [](control& with) {
    wait_for_go(with);
    throw std::runtime_error{"on purpose"};
  };
  EXPECT_THROW(run_team(runs_in::processes, {fails}, [](control&) {}), std::runtime_error);
  EXPECT_THROW(run_team(runs_in::threads, {fails}, [](control&) {}), std::runtime_error);
}

// Well formed, with all fields, one record for each candidate at least.
TEST(peers, EveryCaseOfStoaRuns) {
  rounds_settings with;
  with.rounds = 1;
  with.each = brief;
  with.wanted = [](candidate const& who) { return who.subject == "stoa" || who.subject == "floor"; };
  with.is_talking = false;
  auto const found = run_rounds(with);
  EXPECT_THAT(found.failures(), IsEmpty());
  std::istringstream text{found.json()};
  boost::property_tree::ptree read;
  boost::property_tree::read_json(text, read);
  EXPECT_GT(read.size(), 30u);
  for (auto const& [key, record] : read) {
    EXPECT_FALSE(record.get<std::string>("case").empty());
    EXPECT_FALSE(record.get<std::string>("unit").empty());
    EXPECT_GT(record.get<double>("median"), 0) << record.get<std::string>("case");
    EXPECT_LE(record.get<double>("low"), record.get<double>("high"));
  }
}

TEST(peers, ThoseThatNeedNothingRun) {
  rounds_settings with;
  with.rounds = 1;
  with.each = brief;
  with.wanted = [](candidate const& who) {
    return who.subject == "pipe" || who.subject == "Unix socket" || who.subject == "Boost.Lockfree";
  };
  with.is_talking = false;
  EXPECT_THAT(run_rounds(with).failures(), IsEmpty());
}

TEST(report, NamesTheFailedAndShowsTheOthers) {
  results of;
  of.add(0, "spsc", "stoa", rate(2e6));
  of.add(0, "spsc", "peer", rate(1e6));
  of.fail("other", "a case", "why");
  auto const text = as_markdown(of, {.directory = "", .commit = "abc", .rounds = 1, .window = 3ms});
  EXPECT_THAT(text, HasSubstr("| **stoa** | 2 M messages/s |"));
  EXPECT_THAT(text, HasSubstr("| peer | 1 M messages/s |"));
  EXPECT_THAT(text, HasSubstr("- a case: other: why"));
  EXPECT_THAT(as_svg(of, "spsc"), HasSubstr("</svg>"));
}

}  // namespace
}  // namespace stoa::benchmarks
