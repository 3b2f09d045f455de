// stoa verify as a process: what it says, and its exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stoa/stoa.hpp>

#include "json.hpp"
#include "running_command.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;
using ::testing::HasSubstr;

struct command_verify : ::testing::Test {
  scratch_name name;
  segment home = segment::create(name, 64_KiB, {.max_entries = 16, .max_participants = 4});
  queue<int> numbers = home.publish<queue<int>>("numbers", 4);
  void spoil() { queue_bytes::adopt(home.entries().front().view()).value().header().tail.store(99); }
};

TEST_F(command_verify, ACleanSegmentIsStatus0) {
  numbers.push(1);
  auto const result = run_stoa({"verify", name});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("clean, structures 1, notes 0, looked at while others were attached"));
}

TEST_F(command_verify, DamageIsNamedAndStatus1) {
  spoil();
  auto const result = run_stoa({"verify", name});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out, HasSubstr("damage: queue 'numbers', tail at 0x"));
  EXPECT_THAT(result.out, HasSubstr("found 99"));
  EXPECT_THAT(result.out, HasSubstr("damages 1"));
}

TEST_F(command_verify, AsJson) {
  spoil();
  auto const result = run_stoa({"verify", name, "--json"});
  EXPECT_EQ(result.status, 1);
  auto const told = parse_json(result.out);
  EXPECT_EQ(told.at("clean"), false);
  EXPECT_EQ(told.at("structures"), 1);
  auto const& found = told.at("findings").at(0);
  EXPECT_EQ(found.at("severity"), "damage");
  EXPECT_EQ(found.at("structure"), "numbers");
  EXPECT_EQ(found.at("kind"), "queue");
  EXPECT_EQ(found.at("field"), "tail");
  EXPECT_EQ(found.at("found"), "99");
  EXPECT_EQ(found.at("offset"), home.entries().front().offset() + offsetof(queue_header, tail));
}

TEST_F(command_verify, WhatCannotBeOpenedIsStatus2) {
  auto const missing = run_stoa({"verify", "no-such-segment"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_EQ(missing.out, "");
  EXPECT_THAT(missing.err, HasSubstr("stoa: "));
  home.attachment().map().header().checksum ^= 1;
  EXPECT_EQ(run_stoa({"verify", name}).status, 2);
}

}  // namespace
}  // namespace stoa::testing
