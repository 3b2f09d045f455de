// ls, show, rm and gc where processes live, died and were stopped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/describe.hpp>
#include <fstream>
#include <sstream>
#include <stoa/stoa.hpp>

#include "child.hpp"
#include "json.hpp"
#include "running_command.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

struct trade {
  std::uint64_t id;
  double price;
};
BOOST_DESCRIBE_STRUCT(trade, (), (id, price))

segment_options options_for(std::string const& directory, stoa::lifetime lifetime) {
  segment_options options;
  options.backing = backing::directory(directory);
  options.lifetime = lifetime;
  return options;
}

// Attaches to `name` in a directory and takes an element, tells so by a file, and stays until it is killed.
child_program const resident{"resident", [](child_arguments const& a) -> int {
  ::prctl(PR_SET_NAME, "resident");
  auto const lifetime = a.at(2) == "persistent" ? lifetime::persistent : lifetime::reference_counted;
  auto const home = segment::open_or_create(a.at(1), 64_KiB, options_for(a.at(0), lifetime));
  auto const jobs = home.publish_or_attach<queue<trade>>("jobs", 8);
  jobs.push({1, 2.5});
  auto const lease = jobs.claim();
  std::ofstream{a.at(0) + "/.ready"};
  for (;;) ::pause();
}};

// A directory of segments of its own: `ls` and `gc` of parallel tests do not see each other's.
class place {
 public:
  std::string path() const { return directory_.path().string(); }
  segment create(std::string_view name, stoa::lifetime lifetime = lifetime::reference_counted) const {
    return segment::create(name, 64_KiB, options_for(path(), lifetime));
  }
  // Returns when the child lives in the segment.
  child inhabit(std::string const& name, std::string const& lifetime = "counted") const {
    auto made = child::start("resident", {path(), name, lifetime});
    EXPECT_TRUE(eventually([&] { return std::filesystem::remove(directory_.path() / ".ready"); }));
    return made;
  }
  // What is left behind by a process that was killed.
  void abandon(std::string const& name, std::string const& lifetime = "counted") const {
    inhabit(name, lifetime).kill();
  }
  command_result run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--dir", path()});
    return run_stoa(arguments);
  }
  boost::json::value run_json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    auto const result = run(std::move(arguments));
    EXPECT_EQ(result.status, 0) << result.err;
    return parse_json(result.out);
  }
  bool has(std::string const& name) const { return std::filesystem::exists(directory_.path() / name); }

 private:
  scratch_directory directory_;
};

// The element of a JSON array whose "name" is `name`.
boost::json::object const& named(boost::json::value const& list, std::string_view name) {
  for (auto const& each : list.as_array())
    if (each.at("name").as_string() == name) return each.as_object();
  throw std::runtime_error{"no " + std::string{name}};
}

std::uint64_t number(boost::json::value const& value) { return value.to_number<std::uint64_t>(); }

TEST(command_ls, TellsThatThereIsNothing) {
  place const here;
  auto const result = here.run({"ls"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, "no segments in " + here.path() + "\n");
  EXPECT_TRUE(here.run_json({"ls"}).as_array().empty());
}

TEST(command_ls, CountsTheLivingAndTheDead) {
  place const here;
  auto const market = here.create("market");
  auto const living = here.inhabit("market");
  here.abandon("orphan");
  auto const listed = here.run_json({"ls"});
  auto const& of_market = named(listed, "market");
  EXPECT_EQ(number(of_market.at("attached")), 2u);
  EXPECT_EQ(number(of_market.at("dead")), 0u);
  EXPECT_EQ(number(of_market.at("size")), market.size());
  EXPECT_EQ(number(of_market.at("used")), market.size() - market.free_bytes());
  auto const& of_orphan = named(listed, "orphan");
  EXPECT_EQ(number(of_orphan.at("attached")), 0u);
  EXPECT_EQ(number(of_orphan.at("dead")), 1u);
}

TEST(command_show, TellsAboutEntries) {
  place const here;
  auto const market = here.create("market");
  auto const trades = market.publish<queue<trade>>("trades", 5);
  ASSERT_TRUE(trades.try_push({1, 1.5}));
  ASSERT_TRUE(trades.try_push({2, 2.5}));
  ASSERT_TRUE(trades.try_pop().has_value());
  market.publish<value<double>>("state").store(1);
  auto const shown = here.run_json({"show", "market"});
  auto const& of_trades = named(shown.at("entries"), "trades");
  EXPECT_EQ(of_trades.at("kind").as_string(), "queue");
  EXPECT_EQ(of_trades.at("type").as_string(), "{id:<u8@0,price:<f8@8}16");
  EXPECT_EQ(number(of_trades.at("capacity")), trades.capacity());
  EXPECT_EQ(number(of_trades.at("fill")), 1u);
  EXPECT_EQ(number(of_trades.at("totals").at("pushed")), 2u);
  EXPECT_EQ(number(of_trades.at("totals").at("popped")), 1u);
  EXPECT_EQ(number(named(shown.at("entries"), "state").at("totals").at("stores")), 1u);
}

TEST(command_show, TellsAboutParticipants) {
  place const here;
  auto const market = here.create("market");
  auto const prices = market.publish<array<float>>("prices", 3);
  auto const living = here.inhabit("market");
  auto dying = here.inhabit("market");
  auto const dead_pid = static_cast<std::uint64_t>(dying.pid());
  dying.kill();
  auto const shown = here.run_json({"show", "market"});
  ASSERT_EQ(shown.at("participants").as_array().size(), 3u);
  for (auto const& who : shown.at("participants").as_array()) {
    auto const pid = number(who.at("pid"));
    EXPECT_EQ(who.at("alive").as_bool(), pid != dead_pid);
    bool const is_us = pid == static_cast<std::uint64_t>(::getpid());
    EXPECT_EQ(who.at("command").as_string() == "resident", !is_us);
    EXPECT_EQ(who.at("holds"), boost::json::array{is_us ? "prices" : "jobs"});
    EXPECT_EQ(number(who.at("leases")), is_us ? 0u : 1u);
  }
}

TEST(command_show, PrintsTablesThatFitAPage) {
  place const here;
  auto const market = here.create("market");
  market.publish<queue<trade>>("trades", 4);
  here.abandon("market");
  auto const result = here.run({"show", "market"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("trades +queue +4 +0 .*\\{id:<u8@0,price:<f8@8\\}16\n"
                                        " +pushed 0, popped 0"));
  EXPECT_THAT(result.out, ContainsRegex("[0-9]+  resident +dead +[-0-9]+ [:0-9]+ +1 +1 +jobs\n"));
  std::istringstream lines{result.out};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(command_show, ShowsASegmentThatIsEmpty) {
  place const here;
  { auto const idle = here.create("idle", lifetime::persistent); }
  auto const result = here.run({"show", "idle"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("no entries\n\nno participants\n"));
  EXPECT_TRUE(here.run_json({"show", "idle"}).at("participants").as_array().empty());
}

TEST(command_show, MakesNamesHarmless) {
  place const here;
  auto const market = here.create("market");
  market.publish<array<int>>("a\x1b[31m\"\xff", 1);
  EXPECT_THAT(here.run({"show", "market"}).out, HasSubstr("a\\x1b[31m\"\\xff"));
  EXPECT_EQ(here.run_json({"show", "market"}).at("entries").at(0).at("name").as_string(),
            "a\x1b[31m\"\xef\xbf\xbd");
}

TEST(command_rm, LeavesUsersAlone) {
  place const here;
  auto const market = here.create("market");
  auto const prices = market.publish<array<int>>("prices", 4);
  EXPECT_EQ(here.run({"rm", "market"}).out, "removed market\n");
  EXPECT_FALSE(here.has("market"));
  prices[0] = 7;
  EXPECT_EQ(prices[0], 7);
}

TEST(command_rm, RemovesTheOthersWhenOneIsMissing) {
  place const here;
  auto const a = here.create("a");
  auto const b = here.create("b");
  auto const result = here.run({"rm", "a", "missing", "b", "--json"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(parse_json(result.out).at("removed"), (boost::json::array{"a", "b"}));
  EXPECT_THAT(result.err, HasSubstr("'missing'"));
}

TEST(command_rm, LeavesForeignFilesAlone) {
  place const here;
  std::ofstream{here.path() + "/notes"} << "these are not the bytes of a segment";
  auto const result = here.run({"rm", "notes"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("expected a stoa segment"));
  EXPECT_TRUE(here.has("notes"));
}

TEST(command_gc, RemovesWhatTheKilledLeft) {
  place const here;
  auto const living = here.inhabit("inhabited");
  here.abandon("orphan");
  here.abandon("keeper", "persistent");
  std::ofstream{here.path() + "/notes"} << "these are not the bytes of a segment";
  auto const result = here.run({"gc"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "removed orphan\n");
  for (auto const* kept : {"inhabited", "keeper", "notes"}) EXPECT_TRUE(here.has(kept)) << kept;
  EXPECT_FALSE(here.has("orphan"));
  EXPECT_EQ(here.run({"gc"}).out, "");
}

TEST(command_gc, RemovesPersistentOnesWhenAsked) {
  place const here;
  auto const living = here.inhabit("inhabited", "persistent");
  here.abandon("keeper", "persistent");
  here.abandon("orphan");
  EXPECT_EQ(here.run_json({"gc", "--persistent"}).at("removed"),
            (boost::json::array{"keeper", "orphan"}));
  EXPECT_TRUE(here.has("inhabited"));
}

TEST(command_gc, SparesAStoppedProcess) {
  place const here;
  auto const stopped = here.inhabit("slow");
  stopped.stop();
  EXPECT_EQ(here.run({"gc"}).out, "");
  EXPECT_TRUE(here.has("slow"));
}

TEST(command_usage, WrongArgumentsHaveStatusTwo) {
  for (std::vector<std::string> const& arguments :
       {std::vector<std::string>{}, {"unknown"}, {"show"}, {"cat"}, {"cat", "market"}, {"cat", "/entry"},
        {"cat", "market/"}, {"rm"}, {"ls", "--unknown"}, {"ls", "--dir", "/no such directory"}}) {
    auto const result = run_stoa(arguments);
    EXPECT_EQ(result.status, 2) << ::testing::PrintToString(arguments);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err, "");
  }
}

TEST(command_usage, HelpAndVersionSucceed) {
  for (std::vector<std::string> const& arguments :
       {std::vector<std::string>{"--help"}, {"gc", "--help"}, {"--version"}}) {
    auto const result = run_stoa(arguments);
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.out, "");
  }
}

}  // namespace
}  // namespace stoa::testing
