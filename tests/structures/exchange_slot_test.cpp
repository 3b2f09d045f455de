// One slot, and each step in which a caller and a server meet, in every order that matters.
#include <gtest/gtest.h>

#include "elements.hpp"

namespace stoa::testing {
namespace {

// A slot, and who works in it: a caller in the first view, servers in the others.
class exchange_slot_at : public ::testing::TestWithParam<call_generation> {
 protected:
  static exchange_slot slot_in(segment const& home) {
    return exchange_bytes::adopt(home.entries().front().view()).value().way(side::front).slot(0);
  }
  static short_owner self_in(segment const& home) { return short_owner_of(home.attachment().self()); }
  seen_request ask() const {
    slot.ask(generation, 8, 1);
    return slot.pending().value();
  }
  exchange_slot::after give_up() const { return slot.give_up(home.attachment(), generation); }
  response_state answered() const {
    EXPECT_EQ(call_generation_of(slot.response_word()), generation);
    return response_state_of(slot.response_word());
  }

  scratch_name name;
  segment home = segment::create(name, 1u << 16);
  exchange calls = home.publish<exchange>("x", 1, 8, exchange_options{.first_generation = GetParam()});
  exchange_slot slot = slot_in(home);
  call_generation generation = (GetParam() + 1) & call_generation_mask;
};

TEST_P(exchange_slot_at, IsServedOnce) {
  auto const seen = ask();
  ASSERT_TRUE(slot.begin(seen, self_in(home)));
  EXPECT_FALSE(slot.pending()) << "somebody is at it";
  EXPECT_FALSE(slot.begin(seen, self_in(home)));
  slot.answer(generation, response_state::done, 3);
  EXPECT_EQ(answered(), response_state::done);
  EXPECT_FALSE(slot.pending()) << "it was served";
  EXPECT_EQ(give_up(), exchange_slot::after::answered) << "it came in time";
}

TEST_P(exchange_slot_at, WhatIsCancelledBeforeTheServerLooksAgainIsSkipped) {
  auto const seen = ask();
  slot.request().word.store(make_call_word(generation, request_state::cancelled));
  EXPECT_FALSE(slot.pending());
  EXPECT_FALSE(slot.begin(seen, self_in(home)));
  EXPECT_EQ(answered(), response_state::skipped);
  EXPECT_EQ(give_up(), exchange_slot::after::free) << "nobody is in it any more";
}

// A server that stops in the middle of begin() has done the first half of it: the CAS.
TEST_P(exchange_slot_at, WhatIsGivenUpCannotBeBegun) {
  auto seen = ask();
  EXPECT_EQ(give_up(), exchange_slot::after::free) << "nobody is in it";
  EXPECT_EQ(answered(), response_state::skipped);
  EXPECT_FALSE(slot.service().compare_exchange_strong(seen.service, make_service_word(generation, self_in(home))))
      << "who stops there is in the way of the next call";
  auto const service = slot.service().load();
  EXPECT_TRUE(slot.make_free(home.attachment()));
  EXPECT_EQ(slot.service().load(), service) << "once is enough";
}

TEST_P(exchange_slot_at, WhatTheDeadHaveAskedCannotBeBegunOnceItsSlotIsTaken) {
  {
    auto const gone = segment::open(name);
    ASSERT_TRUE(slot_in(gone).take_owner(0, gone.attachment().self()));
  }
  auto seen = ask();
  auto const way = exchange_bytes::adopt(home.entries().front().view()).value().way(side::front);
  ASSERT_TRUE(way.take_slot(home.attachment(), true));
  EXPECT_EQ(answered(), response_state::skipped);
  EXPECT_FALSE(slot.service().compare_exchange_strong(seen.service, make_service_word(generation, self_in(home))));
}

// As it gives up, after it has begun the service of its own call.
TEST_P(exchange_slot_at, IsFreeWhenACallerDiedInIt) {
  auto const seen = ask();
  slot.request().word.store(make_call_word(generation, request_state::cancelled));
  slot.service().store(make_service_word(generation, self_in(segment::open(name))));
  EXPECT_FALSE(slot.begin(seen, self_in(home)));
  EXPECT_TRUE(slot.make_free(home.attachment()));
  EXPECT_EQ(answered(), response_state::skipped);
}

TEST_P(exchange_slot_at, ASkippedGenerationDoesNotHoldUpTheNext) {
  auto const seen = ask();
  EXPECT_EQ(give_up(), exchange_slot::after::free);
  auto const next = (generation + 1) & call_generation_mask;
  slot.ask(next, 8, 1);
  EXPECT_FALSE(slot.begin(seen, self_in(home))) << "it is another request by now";
  auto const seen_next = slot.pending();
  ASSERT_TRUE(seen_next);
  EXPECT_EQ(seen_next->generation, next);
  EXPECT_TRUE(slot.begin(*seen_next, self_in(home)));
}

TEST_P(exchange_slot_at, IsLeftToAServerThatLives) {
  auto const server = segment::open(name);
  ASSERT_TRUE(slot_in(server).begin(ask(), self_in(server)));
  EXPECT_EQ(give_up(), exchange_slot::after::busy);
  EXPECT_FALSE(slot.make_free(home.attachment()));
  slot_in(server).answer(generation, response_state::done, 0);
  EXPECT_TRUE(slot.make_free(home.attachment()));
}

TEST_P(exchange_slot_at, IsFreeWhenItsServerIsDead) {
  {
    auto const server = segment::open(name);
    ASSERT_TRUE(slot_in(server).begin(ask(), self_in(server)));
  }
  EXPECT_EQ(give_up(), exchange_slot::after::free);
  EXPECT_EQ(answered(), response_state::skipped);
}

TEST_P(exchange_slot_at, TheServiceOfTheDeadHasOneHeir) {
  std::uint64_t service = 0;
  {
    auto const server = segment::open(name);
    ASSERT_TRUE(slot_in(server).begin(ask(), self_in(server)));
    service = slot.service().load();
  }
  EXPECT_EQ(slot.take_over(service, self_in(home)), generation);
  EXPECT_EQ(slot.take_over(service, self_in(home)), std::nullopt);
  EXPECT_TRUE(slot.is_requested(generation)) << "it may be served again";
}

TEST_P(exchange_slot_at, WhatTheDeadHaveAnsweredIsNotTakenOver) {
  std::uint64_t service = 0;
  {
    auto const server = segment::open(name);
    ASSERT_TRUE(slot_in(server).begin(ask(), self_in(server)));
    service = slot.service().load();
    slot_in(server).answer(generation, response_state::done, 0);
  }
  EXPECT_EQ(slot.take_over(service, self_in(home)), std::nullopt);
  EXPECT_FALSE(slot.end_service(home.attachment(), service));
  EXPECT_EQ(give_up(), exchange_slot::after::answered);
  EXPECT_EQ(answered(), response_state::done);
}

// No exchange leaves that (I7): the bytes are damaged.
TEST_P(exchange_slot_at, AServiceOfTheDeadThatIsNotTheRequestsIsEndedAsWhatItIs) {
  auto const service = make_service_word(generation, self_in(segment::open(name)));
  slot.service().store(service);
  auto const next = (generation + 1) & call_generation_mask;
  slot.ask(next, 8, 1);
  EXPECT_TRUE(slot.end_service(home.attachment(), service));
  EXPECT_EQ(answered(), response_state::skipped) << "nobody has served the next one";
  auto const seen = slot.pending();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->generation, next);
}

INSTANTIATE_TEST_SUITE_P(generations, exchange_slot_at,
                         ::testing::Values(0, (call_generation{1} << 40) - 2, (call_generation{1} << 40) - 1,
                                           call_generation_mask - 1, call_generation_mask));

}  // namespace
}  // namespace stoa::testing
