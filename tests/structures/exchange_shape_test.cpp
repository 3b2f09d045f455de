// Exchanges of every shape: one way, one slot, those that cannot be, as many servers as fit; and what tools see of them.
#include <gtest/gtest.h>

#include <map>
#include <stoa/kinds.hpp>
#include <string>
#include <vector>

#include "elements.hpp"
#include "exchange_scene.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

TEST(exchange_one_way, HasNoCallsFromTheBack) {
  two_views const views;
  auto const calls = views.first.publish<exchange>("x", 1, 8);
  EXPECT_EQ(refusal([&] { calls.client(side::back); }), make_error_code(errc::invalid_argument));
  EXPECT_EQ(refusal([&] { calls.server(side::back); }), make_error_code(errc::invalid_argument));
}

TEST(exchange_of_one_slot, Works) {
  two_views const views;
  auto const calls = views.first.publish<exchange>("x", 1, 1);
  serving const server{views.second.attach<exchange>("x"), echo};
  for (int i = 0; i < 5; ++i) {
    auto caller = calls.client();
    auto const reply = caller.call(text("x"), 1, 10s);
    ASSERT_TRUE(reply);
    EXPECT_EQ(code_of(calls.client().call(text("y"), 1, 1ms)), errc::no_free_slot);
    EXPECT_EQ(text_in(reply->data()), "x");
  }
  EXPECT_EQ(calls.statistics().refusals, 5u);
}

TEST(exchange_shapes, ThatCannotBeAreRefused) {
  two_views const views;
  auto const code = [&](auto slots, auto bytes, exchange_options const& with = {}) {
    return code_of(views.first.try_publish<exchange>("x", slots, bytes, with));
  };
  EXPECT_EQ(code(0, 10), errc::invalid_argument);
  EXPECT_EQ(code(-1, 10), errc::invalid_argument);
  EXPECT_EQ(code(1, 0), errc::invalid_argument);
  EXPECT_EQ(code(1, -1), errc::invalid_argument);
  EXPECT_EQ(code(most_exchange_slots + 1, 1), errc::invalid_argument);
  EXPECT_EQ(code(1, most_payload_bytes + 1), errc::invalid_argument);
  EXPECT_EQ(code(1, 1, {.first_generation = call_generation_mask + 1}), errc::invalid_argument);
  EXPECT_EQ(code(1, 1, {.after_server_death = static_cast<after_server_death>(2)}), errc::invalid_argument);
  EXPECT_EQ(code(most_exchange_slots, most_payload_bytes), errc::no_space);
}

TEST(exchange_servers, AreAsManyAsThereArePlaces) {
  two_views const views;
  auto const calls = views.first.publish<exchange>("x", 1, 8);
  std::vector<exchange_server> all;
  for (std::size_t i = 0; i < servers_per_direction; ++i) all.push_back(calls.server());
  EXPECT_EQ(calls.statistics().servers, servers_per_direction);
  EXPECT_EQ(refusal([&] { calls.server(); }), make_error_code(errc::no_space));
  all.pop_back();
  EXPECT_NO_THROW(calls.server());
  all.front().close();
  EXPECT_EQ(refusal([&] { all.front().try_serve(echo); }), make_error_code(errc::closed));
  EXPECT_EQ(refusal([&] { all.front().serve_for(1ms, echo); }), make_error_code(errc::closed));
}

TEST(exchange_seen_by_tools, SaysWhatGoesOn) {
  two_views const views;
  auto const calls = views.first.publish<exchange>("x", 4, 8);
  auto const service = calls.server();
  auto caller = calls.client();
  auto const pending = caller.start({}, 1);
  static_cast<void>(caller.call({}, 1, 0ms));
  auto const looker = segment::open_read_only(views.name());
  auto const found = exchange_operations().statistics(looker.entries().front().view());
  ASSERT_TRUE(found);
  std::map<std::string, std::uint64_t> counts;
  for (auto const& each : *found) counts[each.name] = each.value;
  EXPECT_EQ(counts["capacity"], 4u);
  EXPECT_EQ(counts["size"], 1u);
  EXPECT_EQ(counts["servers"], 1u);
  EXPECT_EQ(counts["calls"], 2u);
  EXPECT_EQ(counts["timeouts"], 1u);
  EXPECT_EQ(counts["taken"], 2u);
  auto const read_only = looker.attach<exchange>("x");
  EXPECT_EQ(read_only.statistics().calls, 2u);
  EXPECT_EQ(refusal([&] { read_only.client(); }), make_error_code(errc::read_only));
  EXPECT_EQ(refusal([&] { read_only.server(); }), make_error_code(errc::read_only));
}

}  // namespace
}  // namespace stoa::testing
