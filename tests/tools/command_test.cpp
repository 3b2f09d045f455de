// The stoa command as a process, on segments that live, died or were damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stoa/stoa.hpp>
#include <thread>

#include "child.hpp"
#include "json.hpp"
#include "running_command.hpp"
#include "scratch.hpp"

namespace {

using namespace stoa::literals;
using namespace stoa::testing;
using ::testing::HasSubstr;
using ::testing::Not;

struct point {
  std::int32_t x;
  std::array<float, 2> yz;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, yz))
struct trade {
  std::uint64_t id;
  double price;
  std::array<char, 8> venue;
  point where;
};
BOOST_DESCRIBE_STRUCT(trade, (), (id, price, venue, where))
struct undescribed {
  std::array<unsigned char, 3> bytes;
};

constexpr trade sample{7, 99.5, {"A\"B\n"}, {-1, {0.5F, 2}}};

// Attaches, holds "numbers" and a lease, says so, and waits for its end.
child_program const user{"user", [](child_arguments const& arguments) {
  auto const segment = stoa::segment::open(arguments.at(0));
  auto const numbers = segment.attach<stoa::queue<int>>("numbers");
  auto const lease = numbers.claim();
  segment.publish<stoa::value<int>>("ready");
  for (;;) std::this_thread::sleep_for(std::chrono::seconds{1});
  return 0;
}};

struct command : ::testing::Test {
  scratch_name name;
  stoa::segment segment = stoa::segment::create(name, 256_KiB, {.max_entries = 16, .max_participants = 4});

  command_result run(std::vector<std::string> const& arguments) { return run_stoa(arguments); }
  std::string cat(std::string const& entry) {
    auto const printed = run({"cat", name.str() + "/" + entry});
    EXPECT_EQ(printed.status, 0) << printed.err;
    return printed.out;
  }
  boost::json::value json(std::vector<std::string> const& arguments) {
    auto const printed = run(arguments);
    EXPECT_EQ(printed.status, 0) << printed.err;
    return parse_json(printed.out);
  }
};

TEST_F(command, CatPrintsElementsOfAnyKind) {
  segment.publish<stoa::array<double>>("prices", 2)[1] = 2.5;
  segment.publish<stoa::value<point>>("a place/with a slash").store({3, {1, 2}});
  segment.publish<stoa::queue<trade>>("trades", 4).push(sample);
  segment.publish<stoa::spsc_queue<std::uint8_t>>("bytes", 4).push(200);
  segment.publish<stoa::array<undescribed>>("opaque", 1);
  EXPECT_EQ(cat("prices"), "0\n2.5\n");
  EXPECT_EQ(cat("a place/with a slash"), "{x: 3, yz: [1, 2]}\n");
  EXPECT_EQ(cat("bytes"), "200\n");
  EXPECT_THAT(cat("trades"), HasSubstr("{id: 7, price: 99.5, venue: \"A\\\"B\\n\", where: {x: -1, yz: [0.5, 2]}}"));
  EXPECT_THAT(cat("opaque"), Not(HasSubstr("error")));
}

TEST_F(command, CatDisturbsNobody) {
  auto const queue = segment.publish<stoa::queue<trade>>("trades", 4);
  queue.push(sample);
  cat("trades");
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.try_pop()->id, 7u);
  EXPECT_EQ(segment.reference_count(), 1u);
}

TEST_F(command, JsonIsJsonAndSaysTheSame) {
  segment.publish<stoa::queue<trade>>("trades", 4).push(sample);
  auto const elements = json({"cat", "--json", name.str() + "/trades"});
  EXPECT_EQ(elements.at(0).at("venue").as_string(), "A\"B\n");
  auto const shown = json({"show", "--json", name});
  EXPECT_EQ(shown.at("name").as_string(), name.str());
  EXPECT_EQ(shown.at("entries").at(0).at("capacity").as_int64(), 4);
  EXPECT_EQ(shown.at("entries").at(0).at("totals").at("pushed").as_int64(), 1);
  auto const listed = json({"ls", "--json"});
  auto const found = std::ranges::count_if(listed.as_array(), [&](auto& each) { return each.at("name").as_string() == name.str(); });
  EXPECT_EQ(found, 1);
}

TEST_F(command, ShowTellsTheLivingFromTheDead) {
  auto const numbers = segment.publish<stoa::queue<int>>("numbers", 4);
  numbers.push(1);
  auto other = child::start("user", {name});
  ASSERT_TRUE(eventually([&] { return bool{segment.try_attach<stoa::value<int>>("ready")}; }));
  auto const pid = std::to_string(other.pid());
  auto const living = run({"show", name}).out;
  EXPECT_THAT(living, HasSubstr("2 attached, 0 dead"));
  EXPECT_THAT(living, HasSubstr(pid));
  EXPECT_THAT(living, HasSubstr("numbers"));
  other.kill();
  EXPECT_THAT(run({"show", name}).out, HasSubstr("1 attached, 1 dead"));
}

TEST_F(command, GcRemovesOnlyWhatNobodyLivesIn) {
  scratch_directory place;
  auto const where = stoa::backing::directory(place.path());
  auto const keep = stoa::segment::create("used", 64_KiB, {.backing = where});
  auto const make_orphan = [&](char const* called, stoa::lifetime lifetime) {
    // A copy of a segment's file is a segment that nobody lives in.
    auto const made = stoa::segment::create("source", 64_KiB, {.lifetime = lifetime, .backing = where});
    std::filesystem::copy_file(place.path() / "source", place.path() / called);
    stoa::segment::remove("source", where);
  };
  make_orphan("orphan", stoa::lifetime::reference_counted);
  make_orphan("archive", stoa::lifetime::persistent);
  auto const exists = [&](char const* called) { return std::filesystem::exists(place.path() / called); };
  auto const collected = run({"gc", "--dir", place.path()});
  EXPECT_EQ(collected.status, 0) << collected.err;
  EXPECT_THAT(collected.out, HasSubstr("orphan"));
  EXPECT_TRUE(exists("used") && exists("archive") && !exists("orphan"));
  EXPECT_EQ(run({"gc", "--persistent", "--dir", place.path()}).status, 0);
  EXPECT_TRUE(exists("used") && !exists("archive"));
}

TEST_F(command, RmRemovesTheNameFromItsUsers) {
  EXPECT_EQ(run({"rm", name}).status, 0);
  EXPECT_FALSE(stoa::segment::try_open(name));
  EXPECT_EQ(run({"rm", name}).status, 1);
}

TEST_F(command, WhatIsNotThereIsAnErrorAndWhatIsWrongIsUsage) {
  auto const missing = run({"cat", name.str() + "/nothing"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("nothing"));
  EXPECT_EQ(run({"show", "no-such-segment-at-all"}).status, 1);
  EXPECT_EQ(run({"no-such-subcommand"}).status, 2);
}

// Every eighth byte of the tables and of a queue's header set to 0xff: the command says what it can.
TEST_F(command, DamagedSegmentsEndInOutputOrAnError) {
  segment.publish<stoa::queue<trade>>("trades", 4).push(sample);
  std::ifstream file{name.path(), std::ios::binary};
  std::string const bytes{std::istreambuf_iterator<char>{file}, {}};
  scratch_name damaged;
  auto const end = segment.attachment().map().layout().extents_offset + sizeof(stoa::queue_header);
  for (std::size_t at = 0; at < end; at += at < 256 ? 8 : 1009) {
    auto copy = bytes;
    copy.at(at) = '\xff';
    std::ofstream{damaged.path(), std::ios::binary | std::ios::trunc} << copy;
    for (auto const& arguments : {std::vector<std::string>{"show", damaged},
                                  std::vector<std::string>{"cat", damaged.str() + "/trades"}}) {
      auto const status = run(arguments).status;
      EXPECT_TRUE(status == 0 || status == 1) << arguments[0] << " with byte " << at << " ended with " << status;
    }
  }
}

TEST_F(command, ThePageHasEverySubcommand) {
  std::ifstream file{STOA_COMMAND_PAGE};
  std::string const page{std::istreambuf_iterator<char>{file}, {}};
  auto const help = run({"--help"}).out;
  for (std::string const each : {"ls", "show", "cat", "rm", "gc"}) {
    EXPECT_THAT(help, HasSubstr("  " + each + " "));
    EXPECT_THAT(page, HasSubstr("stoa " + each));
  }
}

}  // namespace
