// Many threads on one mapping: every answer reaches the request it is for, also where callers lose patience.
#include <gtest/gtest.h>

#include <random>

#include "elements.hpp"
#include "exchange_scene.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

struct tally {
  std::uint64_t answers = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t refusals = 0;
  std::uint64_t failures = 0;
};

// The end of the call with that number.
void note(tally& counts, std::uint64_t number, result<call_reply> const& reply) {
  if (reply) {
    ASSERT_TRUE(is_answer_to(number, reply->data())) << "the answer to something else";
    ++counts.answers;
    return;
  }
  switch (reply.error().code()) {
    case errc::timed_out: ++counts.timeouts; break;
    case errc::no_free_slot: ++counts.refusals; break;
    case errc::handler_failed: ++counts.failures; break;
    default: FAIL() << reply.error().message();
  }
}

// Calls 0 to count - 1, in any of the ways there are, as chance wants it.
tally call_in_all_ways(exchange const& calls, std::uint64_t who, std::uint64_t count) {
  tally counts;
  std::minstd_rand chance{static_cast<unsigned>(who) + 1};
  auto caller = calls.client();
  for (std::uint64_t i = 0; i < count; ++i) {
    auto const number = who << 20 | i;
    auto const bytes = numbered_message(number);
    switch (chance() % 8) {
      case 0: note(counts, number, caller.call(bytes, 1, 0ms)); break;
      case 1: note(counts, number, caller.call(bytes, 1, std::chrono::microseconds{chance() % 20})); break;
      case 2: note(counts, number, caller.call(bytes, throwing_type, 10s)); break;
      case 3: {
        auto first = caller.start(bytes, 1);
        auto second = caller.start(numbered_message(number + 1), 1);
        if (second && chance() % 2 == 0) note(counts, number + 1, second->get());
        if (first) note(counts, number, first->get());
        break;  // the second one, perhaps, is cancelled
      }
      case 4: {
        auto request = caller.claim(bytes.size(), 1);
        if (!request) break;
        std::memcpy(request->bytes().data(), bytes.data(), bytes.size());
        if (chance() % 3 != 0) note(counts, number, request->call(10s, strategies[chance() % strategies.size()]));
        break;
      }
      case 5: caller = calls.client(); break;
      default: note(counts, number, caller.call(bytes, 1, 10s, strategies[chance() % strategies.size()]));
    }
    if (::testing::Test::HasFatalFailure()) break;
  }
  return counts;
}

TEST(exchange_threads, EveryAnswerReachesItsRequest) {
  constexpr std::uint64_t callers = 4;
  two_views const views;
  auto const calls = views.first.publish<exchange>(
      "x", 5, 200, exchange_options{.first_generation = call_generation_mask - 100});
  std::vector<tally> counts(callers);
  {
    serving const one{calls, answer_numbers};
    serving const another{calls, answer_numbers};
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < callers; ++i)
      threads.emplace_back([&, i] { counts[i] = call_in_all_ways(calls, i, 3000); });
    for (auto& each : threads) each.join();
  }
  for (auto const& each : counts) {
    EXPECT_GT(each.answers, 100u);
    EXPECT_GT(each.failures, 100u);
  }
  EXPECT_EQ(calls.statistics().waiting, 0u);
  EXPECT_EQ(calls.statistics().taken, 0u);
  auto caller = calls.client();
  std::vector<claimed_request> all;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(all.emplace_back(caller.claim(200, 1).value()));
}

TEST(exchange_threads, ServersComeAndGoInOrder) {
  two_views const views;
  auto const calls = views.first.publish<exchange>("x", 2, 200);
  std::atomic<bool> is_over{false};
  std::vector<std::thread> servers;
  for (int i = 0; i < 2; ++i)
    servers.emplace_back([&] {
      while (!is_over) calls.server().serve_one_for(1ms, answer_numbers);
    });
  auto caller = calls.client();
  for (std::uint64_t n = 0; n < 2000; ++n) {
    auto const reply = caller.call(numbered_message(n), 1, 30s);
    ASSERT_TRUE(reply) << reply.error().message();
    ASSERT_TRUE(is_answer_to(n, reply->data()));
  }
  is_over = true;
  for (auto& each : servers) each.join();
  EXPECT_EQ(calls.statistics().servers, 0u);
}

}  // namespace
}  // namespace stoa::testing
