// cat, tail and send on message_rings, and tail on a ring: what they print, and that nobody notices those who look.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/describe.hpp>
#include <cstring>
#include <stoa/stoa.hpp>

#include "json.hpp"
#include "running_command.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;
using ::testing::HasSubstr;

struct tick {
  std::uint64_t id;
};
BOOST_DESCRIBE_STRUCT(tick, (), (id))

std::string line(std::uint64_t sequence, std::string const& text, int type = 0) {
  return "{sequence: " + std::to_string(sequence) + ", type: " + std::to_string(type) + ", data: \"" + text + "\"}\n";
}

class command_messages : public ::testing::Test {
 protected:
  static void send(message_ring const& to, std::string const& text, std::uint32_t type = 0) {
    ASSERT_TRUE(to.try_send(std::as_bytes(std::span{text}), type));
  }
  std::string in(std::string const& entry) const { return name.str() + '/' + entry; }
  std::string cat(std::string const& entry) const {
    auto const printed = run_stoa({"cat", in(entry)});
    EXPECT_EQ(printed.status, 0) << printed.err;
    return printed.out;
  }
  std::string bytes() const {
    auto const& mapped = home.attachment().map();
    return {reinterpret_cast<char const*>(mapped.base()), mapped.layout().total_bytes};
  }
  // Prints so many lines, is interrupted, and ends in order.
  std::string tail(std::vector<std::string> arguments, std::size_t lines) const {
    arguments.insert(arguments.begin(), "tail");
    running_command following{arguments};
    following.wait_for_output(lines);
    following.signal(SIGINT);
    auto const ended = following.finish();
    EXPECT_EQ(ended.status, 0) << ended.err;
    return ended.out;
  }

  scratch_name name;
  segment home = segment::create(name, 256_KiB, {.max_entries = 8, .max_participants = 4});
  message_ring jobs = home.publish<message_ring>("jobs", 1024, message_ring_options{.checksum = true});
  message_ring news = home.publish<message_ring>("news", 1024, message_ring_options{.delivery = delivery::broadcast});
  ring<tick> ticks = home.publish<ring<tick>>("ticks", 4);
};

TEST_F(command_messages, CatPrintsThoseThatNobodyHasTaken) {
  for (auto const* each : {"one", "two", "three", "four"}) send(jobs, each, 7);
  auto const consumer = jobs.consumer();
  consumer.try_receive()->commit();
  auto held = consumer.try_receive();
  EXPECT_EQ(cat("jobs"), line(2, "three", 7) + line(3, "four", 7));
  held->abort();
  EXPECT_EQ(cat("jobs"), line(1, "two", 7) + line(2, "three", 7) + line(3, "four", 7));
  consumer.poll([](auto const&) {});
  EXPECT_EQ(cat("jobs"), "");
}

TEST_F(command_messages, CatPrintsAllThatABroadcastRingHolds) {
  auto reader = news.reader();
  for (int i = 0; i < 20; ++i) {
    send(news, std::to_string(i));
    static_cast<void>(reader.try_receive());
  }
  auto const printed = cat("news");
  EXPECT_THAT(printed, HasSubstr(line(19, "19")));
  EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count(printed, '\n')), news.size());
}

TEST_F(command_messages, WhatIsNoTextIsPrintedInHexadecimal) {
  send(jobs, {"\0\xff\x10", 3}, 1);
  send(jobs, "a\tline\n \"\xc3\xa9\"", 2);
  send(jobs, "");
  EXPECT_EQ(cat("jobs"), "{sequence: 0, type: 1, data: x'00ff10'}\n" +
                             line(1, "a\\tline\\n \\\"\xc3\xa9\\\"", 2) + line(2, ""));
  auto const json = parse_json(run_stoa({"cat", in("jobs"), "--json"}).out).as_array();
  ASSERT_EQ(json.size(), 3u);
  EXPECT_EQ(json[0].at("bytes").as_string(), "00ff10");
  EXPECT_EQ(json[1].at("text").as_string(), "a\tline\n \"\xc3\xa9\"");
  EXPECT_EQ(json[1].at("type").to_number<int>(), 2);
  EXPECT_GT(json[1].at("timestamp_ns").to_number<std::uint64_t>(), 0u);
}

TEST_F(command_messages, TailPrintsTheLastAndThenWhatComes) {
  for (int i = 0; i < 5; ++i) send(jobs, std::to_string(i));
  jobs.consumer().poll([](auto const&) {}, 3);  // what was taken can still be read
  running_command following{{"tail", in("jobs"), "-n", "3"}};
  following.wait_for_output(3);
  EXPECT_EQ(following.output(), line(2, "2") + line(3, "3") + line(4, "4"));
  send(jobs, "five");
  following.wait_for_output(4);
  following.signal(SIGTERM);
  auto const ended = following.finish();
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.out, line(2, "2") + line(3, "3") + line(4, "4") + line(5, "five"));
}

TEST_F(command_messages, LargeOnesAreReadInTheirBlocks) {
  message_ring_options const with{.large = {.blocks = 2, .block_bytes = 4096}};
  auto const films = home.publish<message_ring>("films", 1024, with);
  std::string const first(3000, 'a'), second(4000, 'b'), third(2000, 'c');
  send(films, first);
  send(films, second);
  EXPECT_EQ(cat("films"), line(0, first) + line(1, second));
  running_command following{{"tail", in("films")}};
  following.wait_for_output(2);
  films.consumer().poll([](auto const&) {});
  send(films, third);  // where the first was
  following.wait_for_output(3);
  following.signal(SIGINT);
  EXPECT_EQ(following.finish().out, line(0, first) + line(1, second) + line(2, third));
  EXPECT_THAT(tail({in("films")}, 1), HasSubstr(line(2, third)));
  EXPECT_EQ(cat("films"), line(2, third));
}

TEST_F(command_messages, TailPrintsOneJsonObjectOnALine) {
  send(jobs, "first", 3);
  send(jobs, "second", 4);
  auto const printed = tail({in("jobs"), "--json"}, 2);
  auto const second = printed.find('\n') + 1;
  EXPECT_EQ(parse_json(printed.substr(0, second)).at("text").as_string(), "first");
  EXPECT_EQ(parse_json(printed.substr(second)).at("type").to_number<int>(), 4);
}

TEST_F(command_messages, TailFollowsARing) {
  for (std::uint64_t id = 1; id <= 6; ++id) ticks.push({id});
  EXPECT_EQ(tail({in("ticks")}, 4), "{id: 3}\n{id: 4}\n{id: 5}\n{id: 6}\n");
  EXPECT_EQ(tail({in("ticks"), "-n", "1", "--json"}, 1), "{\"id\": 6}\n");
}

// A full ring that waits for its readers takes more while it is followed, and no byte is changed.
TEST_F(command_messages, TailHoldsNobodyUpAndWritesNothing) {
  send(news, "a");
  running_command following{{"tail", in("news")}};
  following.wait_for_output(1);
  auto const before = bytes();
  following.signal(SIGSTOP);
  EXPECT_TRUE(bytes() == before);
  EXPECT_EQ(home.reference_count(), 1u);
  for (int i = 0; i < 100; ++i) send(news, "overwritten");
  following.signal(SIGCONT);
  following.wait_for_output(2);
  following.signal(SIGINT);
  auto const ended = following.finish();
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.out, HasSubstr(line(100, "overwritten")));
  EXPECT_THAT(ended.err, HasSubstr("overwritten before they could be read"));
}

TEST_F(command_messages, TailEndsWithWhatItFollows) {
  send(jobs, "last");
  running_command following{{"tail", in("jobs")}};
  following.wait_for_output(1);
  ASSERT_TRUE(home.erase("jobs"));
  EXPECT_EQ(following.finish().status, 0);
  send(news, "last");
  running_command other{{"tail", in("news")}};
  other.wait_for_output(1);
  ASSERT_TRUE(segment::remove(name));
  EXPECT_EQ(other.finish().status, 0);
}

TEST_F(command_messages, TailRefusesWhatIsNoStream) {
  home.publish<array<int>>("numbers", 3);
  auto const refused = run_stoa({"tail", in("numbers")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("'numbers' is of kind array"));
  EXPECT_EQ(run_stoa({"tail", in("absent")}).status, 1);
}

TEST_F(command_messages, SendSendsTheTextOrEachLine) {
  EXPECT_EQ(run_stoa({"send", in("jobs"), "--type", "9", "two words"}).status, 0);
  EXPECT_EQ(run_stoa({"send", in("jobs")}, "one\n\nlast").status, 0);
  EXPECT_EQ(run_stoa({"send", in("jobs"), "--type", "4", "-"}, "dash\n").status, 0);
  EXPECT_EQ(cat("jobs"),
            line(0, "two words", 9) + line(1, "one") + line(2, "") + line(3, "last") + line(4, "dash", 4));
  EXPECT_EQ(home.reference_count(), 1u);
}

TEST_F(command_messages, SendWaitsForRoom) {
  std::string const text(jobs.largest_message(), 'x');
  send(jobs, text);
  running_command sending{{"send", in("jobs"), text}};
  sending.give({});
  auto const consumer = jobs.consumer();
  EXPECT_TRUE(eventually([&] { return jobs.statistics().send_refusals > 0 || home.reference_count() > 1; }));
  consumer.receive().commit();
  EXPECT_EQ(sending.finish().status, 0);
  EXPECT_EQ(consumer.receive().size(), text.size());
}

TEST_F(command_messages, SendRefusesWhatItCannotSend) {
  auto const refused = run_stoa({"send", in("ticks"), "text"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("ring"));
  EXPECT_EQ(run_stoa({"send", in("jobs"), std::string(jobs.largest_message() + 1, 'x')}).status, 1);
  EXPECT_EQ(run_stoa({"send", in("jobs"), "--type", "no", "x"}).status, 2);
  EXPECT_EQ(cat("jobs"), "");
}

// Each word, one at a time: all of them end.
TEST_F(command_messages, DamagedWordsEndInOutputOrAnError) {
  for (int i = 0; i < 6; ++i) send(jobs, std::to_string(i));
  static_cast<void>(jobs.consumer().try_receive());
  for (auto const& each : home.entries()) {
    if (each.name() != "jobs") continue;
    auto const body = each.view().body;
    for (std::size_t at = 0; at < body.size(); at += 8) {
      std::uint64_t good = 0;
      std::memcpy(&good, body.data() + at, sizeof(good));
      std::memset(body.data() + at, 0xFF, sizeof(good));
      auto const status = run_stoa({"cat", in("jobs")}).status;
      EXPECT_TRUE(status == 0 || status == 1) << "word " << at << ": " << status;
      std::memcpy(body.data() + at, &good, sizeof(good));
    }
  }
}

}  // namespace
}  // namespace stoa::testing
