#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "elements.hpp"
#include "exchange_scene.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t payload = 200;

// Callers through one mapping, servers through the other; generations wrap after three calls.
class exchange_test : public ::testing::Test {
 protected:
  two_views views;
  exchange calls = views.first.publish<exchange>(
      "x", 4, payload, exchange_options{.two_way = true, .first_generation = call_generation_mask - 3});
  exchange other = views.second.attach<exchange>("x");
};

TEST_F(exchange_test, HasTheShapeThatWasAskedFor) {
  for (auto const& each : {calls, other}) {
    EXPECT_EQ(each.slots(), 4u);
    EXPECT_EQ(each.payload_bytes(), payload);
    EXPECT_TRUE(each.is_two_way());
  }
  EXPECT_EQ(calls.client().payload_bytes(), payload);
}

TEST_F(exchange_test, ACallHasItsAnswer) {
  serving const server{other, echo};
  auto caller = calls.client();
  for (int i = 0; i < 10; ++i) {
    auto const words = "number " + std::to_string(i);
    auto const reply = caller.call(text(words), 200, 10s);
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_EQ(text_in(reply->data()), words);
  }
}

TEST_F(exchange_test, EverySizeGoesThrough) {
  serving const server{other, echo};
  auto caller = calls.client();
  for (std::size_t size = 0; size <= payload; ++size) {
    auto const bytes = numbered_message(size, size);
    auto const reply = caller.call(bytes, 1, 10s);
    ASSERT_TRUE(reply) << size;
    EXPECT_EQ(text_in(reply->data()), text_in(bytes)) << size;
  }
}

TEST_F(exchange_test, AReplyThatIsMovedToAnotherGivesThatOnesSlotBack) {
  serving const server{other, echo};
  auto caller = calls.client();
  auto kept = caller.call(text("first"), 1, 10s).value();
  for (int i = 0; i < 12; ++i) {
    auto const words = "number " + std::to_string(i);
    kept = caller.call(text(words), 1, 10s).value();
    ASSERT_EQ(text_in(kept.data()), words);
    ASSERT_LE(calls.statistics().taken, 2u) << "the one before is free, or for the next call";
  }
  auto& same = kept;
  kept = std::move(same);
  EXPECT_EQ(text_in(kept.data()), "number 11") << "moved to itself";
}

TEST_F(exchange_test, TheHandlerSeesTypeAndBytes) {
  serving const server{other, [](auto const& request, std::span<std::byte> response) {
                         EXPECT_EQ(request.type(), first_reserved_type - 1);
                         EXPECT_EQ(text_in(request.data()), "question");
                         EXPECT_EQ(response.size(), payload);
                       }};
  auto const reply = calls.client().call(text("question"), first_reserved_type - 1, 10s);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->size(), 0u) << "a handler that returns nothing";
}

TEST_F(exchange_test, WhatIsTooLargeIsRefused) {
  auto caller = calls.client();
  std::vector<std::byte> const bytes(payload + 1);
  EXPECT_EQ(code_of(caller.call(bytes, 1, 10s)), errc::too_large);
  EXPECT_EQ(code_of(caller.start(bytes, 1)), errc::too_large);
  EXPECT_EQ(code_of(caller.claim(payload + 1, 1)), errc::too_large);
  EXPECT_EQ(code_of(caller.claim(~std::size_t{0}, 1)), errc::too_large);
  EXPECT_EQ(calls.statistics().calls, 0u);
}

TEST_F(exchange_test, TypesOfTheLibraryAreRefused) {
  auto caller = calls.client();
  for (auto const type : {first_reserved_type, ping_type, ~std::uint32_t{0}}) {
    EXPECT_EQ(code_of(caller.call({}, type, 10s)), errc::reserved_type);
    EXPECT_EQ(code_of(caller.start({}, type)), errc::reserved_type);
    EXPECT_EQ(code_of(caller.claim(0, type)), errc::reserved_type);
  }
}

TEST_F(exchange_test, APingIsAnsweredWithoutTheHandler) {
  auto caller = calls.client();
  EXPECT_EQ(code_of(caller.ping(1ms)), errc::timed_out);
  serving const server{other, [](auto const&, auto) { ADD_FAILURE() << "the handler was called"; }};
  EXPECT_TRUE(caller.ping(10s));
}

TEST_F(exchange_test, WithoutAServerACallWaitsForItsTimeout) {
  auto caller = calls.client();
  EXPECT_EQ(code_of(caller.call(text("is anybody there"), 1, 2ms)), errc::timed_out);
  { auto const left_in_order = other.server(); }
  EXPECT_EQ(code_of(caller.call(text("is anybody there"), 1, 2ms)), errc::timed_out);
  EXPECT_EQ(calls.statistics().timeouts, 2u);
}

TEST_F(exchange_test, AServerThatComesLaterAnswers) {
  std::optional<serving> server;
  auto later = calls.client().start(text("early"), 1);
  ASSERT_TRUE(later);
  EXPECT_FALSE(later->ready());
  server.emplace(other, echo);
  auto const reply = later->get_for(10s);
  ASSERT_TRUE(reply);
  EXPECT_EQ(text_in(reply->data()), "early");
}

TEST_F(exchange_test, ARequestThatTimedOutIsNotServed) {
  auto caller = calls.client();
  EXPECT_EQ(code_of(caller.call(text("late"), 1, 0ms)), errc::timed_out);
  auto service = other.server();
  EXPECT_FALSE(service.try_serve(echo));
}

TEST_F(exchange_test, TheSlotOfACallThatTimedOutIsUsedAgainAtOnceIfNobodyIsInIt) {
  auto caller = calls.client();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(code_of(caller.call({}, 1, 0ms)), errc::timed_out);
  EXPECT_EQ(calls.statistics().taken, 1u);
  serving const server{other, echo};
  EXPECT_TRUE(caller.call(text("again"), 1, 10s));
}

TEST_F(exchange_test, TheSlotsOfOthersWhoLiveAreNotTaken) {
  auto caller = calls.client();
  std::vector<pending_call> all;
  for (int i = 0; i < 4; ++i) all.push_back(caller.start(text("call " + std::to_string(i)), 1).value());
  EXPECT_EQ(code_of(other.client().call(text("one more"), 1, 20ms)), errc::no_free_slot);
  serving const server{other, echo};
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(text_in(all[i].get_for(10s).value().data()), "call " + std::to_string(i));
}

TEST_F(exchange_test, AnAnswerThatComesTooLateReachesNobody) {
  auto caller = calls.client();
  auto service = other.server();
  auto late = caller.start(text("late"), 1);
  ASSERT_TRUE(late);
  ASSERT_TRUE(service.try_serve([&](auto const& request, std::span<std::byte> response) {
    late->cancel();
    EXPECT_FALSE(*late);
    // The slot is this server's until it is done: others get the other three, and a fourth one waits.
    std::vector<claimed_request> rest;
    for (int i = 0; i < 3; ++i) rest.push_back(caller.claim(payload, 1).value());
    for (auto& each : rest) std::memset(each.bytes().data(), 0xAB, payload);
    EXPECT_EQ(code_of(caller.claim(1, 1)), errc::no_free_slot);
    EXPECT_EQ(text_in(request.data()), "late") << "its bytes were overwritten while it was served";
    return echo(request, response);
  }));
  serving const server{other, echo};
  std::vector<pending_call> all;
  for (int i = 0; i < 4; ++i) all.push_back(caller.start(text("new " + std::to_string(i)), 1).value());
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(text_in(all[i].get().value().data()), "new " + std::to_string(i));
}

TEST_F(exchange_test, AnAnswerThatCameInTimeIsNotLostToATimeout) {
  auto caller = calls.client();
  auto service = other.server();
  auto pending = caller.start(text("served"), 1).value();
  ASSERT_TRUE(service.try_serve(echo));
  EXPECT_TRUE(pending.ready());
  auto const reply = pending.get_for(0ms);
  ASSERT_TRUE(reply);
  EXPECT_EQ(text_in(reply->data()), "served");
}

TEST_F(exchange_test, SeveralCallsAreUnderWayAtOnce) {
  auto caller = calls.client();
  std::vector<pending_call> all;
  for (std::size_t i = 0; i < 4; ++i) all.push_back(caller.start(text(std::string(i, 'x')), 1).value());
  EXPECT_EQ(code_of(caller.start({}, 1)), errc::no_free_slot);
  EXPECT_EQ(calls.statistics().waiting, 4u);
  EXPECT_EQ(code_of(all[2].get_for(0ms)), errc::timed_out);
  ASSERT_TRUE(all[2]) << "it goes on";
  auto service = other.server();
  while (service.try_serve(echo)) {}
  for (std::size_t i = 4; i-- > 0;) {
    auto const reply = all[i].get();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->size(), i);
    EXPECT_FALSE(all[i]);
    EXPECT_EQ(code_of(all[i].get()), errc::closed);
  }
  EXPECT_EQ(calls.statistics().waiting, 0u);
  EXPECT_EQ(calls.statistics().taken, 1u) << "one is kept for the next call";
}

TEST_F(exchange_test, ARequestIsWrittenInPlace) {
  serving const server{other, echo};
  auto caller = calls.client();
  auto request = caller.claim(100, 3);
  ASSERT_TRUE(request);
  auto const bytes = numbered_message(7, 100);
  std::memcpy(request->bytes().data(), bytes.data(), bytes.size());
  EXPECT_EQ(calls.statistics().calls, 0u) << "asked before it was complete";
  auto const reply = request->call(10s);
  ASSERT_TRUE(reply);
  EXPECT_EQ(text_in(reply->data()), text_in(bytes));
  EXPECT_FALSE(*request);
  EXPECT_EQ(code_of(request->start()), errc::closed);
  EXPECT_EQ(code_of(request->call(1ms)), errc::closed);
  EXPECT_EQ(refusal([&] { request->bytes(); }), make_error_code(errc::closed));
  auto aborted = caller.claim(1, 1);
  aborted->abort();
  EXPECT_EQ(refusal([&] { aborted->bytes(); }), make_error_code(errc::closed));
}

TEST_F(exchange_test, AReplyHoldsItsSlotUntilItIsClosed) {
  serving const server{other, echo};
  auto caller = calls.client();
  std::vector<call_reply> all;
  for (int i = 0; i < 4; ++i) all.push_back(caller.call(text(std::to_string(i)), 1, 10s).value());
  EXPECT_EQ(code_of(caller.call(text("one more"), 1, 1ms)), errc::no_free_slot);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(text_in(all[i].data()), std::to_string(i));
  all[1].close();
  EXPECT_EQ(refusal([&] { all[1].data(); }), make_error_code(errc::closed));
  EXPECT_EQ(all[1].size(), 0u);
  auto const next = caller.call(text("one more"), 1, 10s);
  ASSERT_TRUE(next);
  EXPECT_EQ(text_in(all[0].data()), "0");
}

TEST_F(exchange_test, OneWhoWaitsForASlotGetsTheFirstThatIsFree) {
  serving const server{other, echo};
  auto first = calls.client();
  std::vector<claimed_request> all;
  for (int i = 0; i < 4; ++i) all.push_back(first.claim(1, 1).value());
  std::thread waiting{[&] {
    auto const reply = calls.client().call(text("patience"), 1, 30s);
    ASSERT_TRUE(reply);
    EXPECT_EQ(text_in(reply->data()), "patience");
  }};
  all.clear();
  { auto const gone = std::move(first); }  // with it the slot that it keeps
  waiting.join();
}

TEST_F(exchange_test, WhatIsGivenOutOutlivesItsClient) {
  serving const server{other, echo};
  auto reply = calls.client().call(text("still here"), 1, 10s);
  ASSERT_TRUE(reply);
  EXPECT_EQ(text_in(reply->data()), "still here");
  reply->close();
  { auto const moved = std::move(*reply); }
  EXPECT_EQ(calls.statistics().taken, 0u);
}

TEST_F(exchange_test, WhatAHandlerThrowsIsItsCallersError) {
  serving const server{other, [](call_request const& request, std::span<std::byte> response) -> std::uint64_t {
                         switch (request.type()) {
                           case 1: throw std::runtime_error{"out of paper"};
                           case 2: throw 42;
                           case 3: throw std::runtime_error{std::string(10 * payload, 'x')};
                           case 4: return response.size() + 1;
                           default: return echo(request, response);
                         }
                       }};
  auto caller = calls.client();
  for (std::uint32_t type = 1; type <= 4; ++type) {
    auto const reply = caller.call({}, type, 10s);
    ASSERT_EQ(code_of(reply), errc::handler_failed) << type;
    if (type == 1) {
      EXPECT_THAT(reply.error().message(), HasSubstr("out of paper"));
    }
  }
  EXPECT_TRUE(caller.call(text("and on it goes"), 5, 10s));
  EXPECT_EQ(calls.statistics().failures, 4u);
}

TEST_F(exchange_test, BothDirectionsAreApart) {
  serving const front{other, [](auto const&, auto) { return 1u; }};
  serving const back{calls, [](auto const&, auto) { return 2u; }, side::back};
  auto from_front = calls.client();
  auto from_back = other.client(side::back);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(from_front.call({}, 1, 10s).value().size(), 1u);
    EXPECT_EQ(from_back.call({}, 1, 10s).value().size(), 2u);
  }
}

TEST_F(exchange_test, AHandlerMayCallBack) {
  serving const back{calls, echo, side::back};
  serving const front{other, [caller = std::make_shared<exchange_client>(other.client(side::back))](
                                 call_request const& request, std::span<std::byte> response) {
                        auto const reply = caller->call(request.data(), 1, 10s).value();
                        std::memcpy(response.data(), reply.data().data(), reply.size());
                        return reply.size();
                      }};
  EXPECT_EQ(text_in(calls.client().call(text("there and back"), 1, 10s).value().data()), "there and back");
}

class exchange_waiting : public exchange_test, public ::testing::WithParamInterface<wait_strategy> {};

TEST_P(exchange_waiting, CallsAreAnswered) {
  std::atomic<bool> is_over{false};
  std::thread server{[&] {
    auto service = other.server();
    while (!is_over) service.serve_for(1ms, answer_numbers, GetParam());
  }};
  auto caller = calls.client();
  for (std::uint64_t n = 0; n < 300; ++n) {
    auto const reply = caller.call(numbered_message(n), 1, 10s, GetParam());
    ASSERT_TRUE(reply);
    EXPECT_TRUE(is_answer_to(n, reply->data()));
  }
  is_over = true;
  server.join();
  EXPECT_EQ(code_of(caller.call({}, 1, 1ms, GetParam())), errc::timed_out);
}

INSTANTIATE_TEST_SUITE_P(, exchange_waiting, ::testing::ValuesIn(strategies),
                         [](auto const& each) { return name_of(each.param); });

}  // namespace
}  // namespace stoa::testing
