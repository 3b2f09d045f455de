// Callers and servers in other processes that are killed, stopped and replaced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <random>
#include <system_error>

#include "child.hpp"
#include "elements.hpp"
#include "exchange_scene.hpp"

namespace stoa::testing {
namespace {

using counters = stoa::array<std::uint64_t>;

// What children tell, in the segment.
enum sign : std::uint64_t { is_in_handler, may_go_on, answers, wrong, servers_that_came, signs };

constexpr std::uint32_t holding_type = 7;  // the handler says that it has it, and waits to be let go
constexpr std::uint32_t killing_type = 8;  // the handler's process dies of it, once

counters signs_in(segment const& home) { return home.attach<counters>("signs"); }

// --- what children do: the first argument is always the segment ---

int run_server(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const signs = signs_in(home);
  auto service = home.attach<exchange>("x").server();
  signs.atomic(servers_that_came).fetch_add(1);
  for (;;)
    service.serve_for(1s, [&](call_request const& request, std::span<std::byte> response) {
      if (request.type() == holding_type) {
        signs.atomic(is_in_handler).store(1);
        while (signs.atomic(may_go_on).load() == 0) ::usleep(100);
      }
      if (request.type() == killing_type && signs.atomic(is_in_handler).exchange(1) == 0) ::raise(SIGKILL);
      return answer_numbers(request, response);
    });
}
child_program const server_program{"exchange server", run_server};

// Calls until it is killed, sometimes without patience; counts its answers, and those of others.
int run_caller(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const signs = signs_in(home);
  auto const calls = home.attach<exchange>("x");
  std::minstd_rand chance{static_cast<unsigned>(::getpid())};
  auto caller = calls.client();
  for (std::uint64_t n = static_cast<std::uint64_t>(::getpid()) << 20;; ++n) {
    auto const patience = std::chrono::microseconds{chance() % 4 == 0 ? chance() % 50 : 1'000'000};
    auto const reply = caller.call(numbered_message(n), 1, patience);
    if (reply) signs.atomic(is_answer_to(n, reply->data()) ? answers : wrong).fetch_add(1);
  }
}
child_program const caller_program{"exchange caller", run_caller};

// Takes all slots, asks in all, says so and waits to be killed.
int run_hoarder(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const calls = home.attach<exchange>("x");
  auto caller = calls.client();
  std::vector<pending_call> all;
  while (auto pending = caller.start(numbered_message(1), 1)) all.push_back(std::move(*pending));
  signs_in(home).atomic(is_in_handler).store(all.size());
  for (;;) ::pause();
}
child_program const hoarder_program{"exchange hoarder", run_hoarder};

class exchange_processes : public ::testing::Test {
 protected:
  void publish(exchange_options const& with = {}) { calls_.emplace(home.publish<exchange>("x", 4, 200, with)); }
  exchange const& calls() const { return *calls_; }
  child start_server() const {
    auto const before = told.atomic(servers_that_came).load();
    auto made = child::start("exchange server", {name});
    EXPECT_TRUE(is_in(servers_that_came, before + 1));
    return made;
  }
  bool is_in(sign which, std::uint64_t value = 1) const {
    return eventually([&] { return told.atomic(which).load() == value; });
  }

  scratch_name name;
  segment home = segment::create(name, 1u << 20);
  counters told = home.publish<counters>("signs", std::uint64_t{signs});

 private:
  std::optional<exchange> calls_;
};

TEST_F(exchange_processes, AServerThatIsKilledWithARequestIsAnErrorToItsCallerAndToThoseWhoCome) {
  publish();
  auto killed = start_server();
  auto caller = calls().client();
  auto pending = caller.start(numbered_message(1), holding_type).value();
  ASSERT_TRUE(is_in(is_in_handler));
  EXPECT_EQ(code_of(pending.get_for(20ms)), errc::timed_out) << "it lives";
  killed.kill();
  EXPECT_EQ(code_of(pending.get_for(30s)), errc::server_died);
  EXPECT_EQ(code_of(caller.call(numbered_message(2), 1, 30s)), errc::server_died);
  EXPECT_EQ(calls().statistics().lost, 2u);
  auto const successor = start_server();
  auto const reply = caller.call(numbered_message(3), 1, 30s);
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_TRUE(is_answer_to(3, reply->data()));
}

TEST_F(exchange_processes, AWaitingCallerLearnsOfAKill) {
  publish();
  auto killed = start_server();
  std::thread waiting{[&] {
    EXPECT_EQ(code_of(calls().client().call(numbered_message(1), holding_type, 60s)), errc::server_died);
  }};
  ASSERT_TRUE(is_in(is_in_handler));
  killed.kill();
  waiting.join();
}

TEST_F(exchange_processes, ASuccessorServesAgainIfAskedTo) {
  publish({.after_server_death = after_server_death::serve_again});
  auto killed = start_server();
  auto caller = calls().client();
  auto pending = caller.start(numbered_message(1), killing_type).value();
  EXPECT_EQ(killed.wait().signal, SIGKILL);
  EXPECT_EQ(code_of(pending.get_for(20ms)), errc::timed_out);
  auto const successor = start_server();
  auto const reply = pending.get_for(30s);
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_TRUE(is_answer_to(1, reply->data()));
}

TEST_F(exchange_processes, WhatIsServedAgainCountsAsServed) {
  publish({.after_server_death = after_server_death::serve_again});
  std::size_t handled = 0;
  auto const handler = [&](call_request const& request, std::span<std::byte> response) {
    ++handled;
    return answer_numbers(request, response);
  };
  using serve = std::function<std::size_t(exchange_server&)>;
  for (serve const& way : {serve{[&](auto& service) { return service.try_serve(handler); }},
                           serve{[&](auto& service) { return service.serve_one_for(10s, handler); }},
                           serve{[&](auto& service) { return service.serve_for(0s, handler); }}}) {
    auto caller = calls().client();
    auto pending = caller.start(numbered_message(1), killing_type).value();
    told.atomic(is_in_handler).store(0);
    EXPECT_EQ(start_server().wait().signal, SIGKILL);
    handled = 0;
    auto service = calls().server();
    EXPECT_EQ(way(service), 1u);
    EXPECT_EQ(handled, 1u);
    EXPECT_TRUE(is_answer_to(1, pending.get().value().data()));
  }
}

TEST_F(exchange_processes, AnotherServerTakesOverBesideALiveCaller) {
  publish();
  auto const stays = start_server();
  auto const other = start_server();
  auto caller = calls().client();
  EXPECT_EQ(code_of(caller.call(numbered_message(1), killing_type, 30s)), errc::server_died) << "one of the two had it";
  auto const reply = caller.call(numbered_message(30), 1, 30s);
  ASSERT_TRUE(reply) << "the other one goes on";
  EXPECT_TRUE(eventually([&] { return calls().statistics().servers == 1; })) << "the dead one's place is not cleared";
}

TEST_F(exchange_processes, AStoppedServerIsNotTakenForADeadOne) {
  publish();
  auto const stopped = start_server();
  auto caller = calls().client();
  auto pending = caller.start(numbered_message(1), holding_type).value();
  ASSERT_TRUE(is_in(is_in_handler));
  stopped.stop();
  auto const other = start_server();
  for (std::uint64_t n = 2; n < 50; ++n) {
    auto const reply = caller.call(numbered_message(n), 1, 30s);
    ASSERT_TRUE(reply);
    ASSERT_TRUE(is_answer_to(n, reply->data()));
  }
  EXPECT_EQ(code_of(pending.get_for(20ms)), errc::timed_out);
  pending.cancel();
  // Its slot is still in its hands: three are left.
  {
    std::vector<claimed_request> rest;
    while (auto request = caller.claim(1, 1)) rest.push_back(std::move(*request));
    EXPECT_EQ(rest.size(), 3u);
  }
  told.atomic(may_go_on).store(1);
  stopped.go_on();
  EXPECT_TRUE(eventually([&] {
    std::vector<claimed_request> all;
    while (auto request = caller.claim(1, 1)) all.push_back(std::move(*request));
    return all.size() == 4;
  })) << "the slot came back when that server was done";
}

TEST_F(exchange_processes, SlotsOfKilledCallersAreUsedAgain) {
  publish();
  for (int round = 0; round < 5; ++round) {
    told.atomic(is_in_handler).store(0);
    auto killed = child::start("exchange hoarder", {name});
    ASSERT_TRUE(is_in(is_in_handler, 4));
    EXPECT_EQ(code_of(calls().client().claim(1, 1)), errc::no_free_slot);
    killed.kill();
    std::vector<claimed_request> all;
    auto caller = calls().client();
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(all.emplace_back(caller.claim(200, 1).value()));
    EXPECT_EQ(calls().statistics().waiting, 0u) << "requests of the dead are not served any more";
  }
}

TEST_F(exchange_processes, KilledCallersAndServersLeaveEveryAnswerToItsRequest) {
  publish({.first_generation = call_generation_mask - 50});
  std::minstd_rand chance{1};
  std::vector<child> callers;
  std::vector<child> servers;
  for (int i = 0; i < 2; ++i) callers.push_back(child::start("exchange caller", {name}));
  for (int i = 0; i < 2; ++i) servers.push_back(child::start("exchange server", {name}));
  std::uint64_t before = 0;
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(eventually([&] { return told.atomic(answers).load() >= before + 50; })) << "they stand still";
    auto& victim = chance() % 2 == 0 ? callers[chance() % 2] : servers[chance() % 2];
    bool const is_caller = &victim >= callers.data() && &victim < callers.data() + callers.size();
    victim.kill();
    victim = child::start(is_caller ? "exchange caller" : "exchange server", {name});
    before = told.atomic(answers).load();
  }
  for (auto& each : callers) each.kill();
  for (auto& each : servers) each.kill();
  EXPECT_EQ(told.atomic(wrong).load(), 0u);
  auto service = calls().server();
  while (service.try_serve(answer_numbers)) {}
  auto caller = calls().client();
  std::vector<pending_call> all;
  for (std::uint64_t i = 0; i < 4; ++i) all.push_back(caller.start(numbered_message(i), 1).value());
  while (service.try_serve(answer_numbers)) {}
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(is_answer_to(i, all[i].get().value().data()));
}

TEST_F(exchange_processes, AForkedChildIsRefused) {
  publish();
  auto caller = calls().client();
  auto service = calls().server();
  auto pending = caller.start(numbered_message(1), 1).value();
  auto const child = ::fork();
  if (child == 0) {
    bool is_right = code_of(caller.call({}, 1, 1ms)) == errc::forked && code_of(caller.claim(0, 1)) == errc::forked;
    try {
      service.try_serve(answer_numbers);
      is_right = false;
    } catch (error const& problem) {
      is_right = is_right && problem.code() == errc::forked;
    }
    is_right = is_right && code_of(pending.get_for(1ms)) == errc::forked;
    pending.cancel();
    service.close();
    ::_exit(is_right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(calls().statistics().servers, 1u);
  EXPECT_EQ(calls().statistics().lost, 0u);
  ASSERT_TRUE(service.try_serve(answer_numbers)) << "the parent's request was cancelled by the child";
  EXPECT_TRUE(is_answer_to(1, pending.get().value().data()));
}

// To a child even the parent itself looks dead.
TEST_F(exchange_processes, AForkedChildLeavesTheServerThatIsAtACallAlone) {
  publish();
  auto pending = calls().client().start(numbered_message(1), 1).value();
  auto service = calls().server();
  ASSERT_TRUE(service.try_serve([&](call_request const& request, std::span<std::byte> response) {
    auto const child = ::fork();
    if (child == 0) ::_exit(code_of(pending.get_for(20ms)) == errc::forked ? 0 : 1);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    return answer_numbers(request, response);
  }));
  EXPECT_EQ(calls().statistics().lost, 0u);
  EXPECT_TRUE(is_answer_to(1, pending.get().value().data()));
}

TEST_F(exchange_processes, AChildThatAHandlerForksDoesNotAnswer) {
  publish();
  auto service = calls().server();
  auto const parent = ::getpid();
  for (bool const is_throwing : {false, true}) {
    auto pending = calls().client().start(numbered_message(1), 1).value();
    auto const answer = [&](call_request const& request, std::span<std::byte> response) {
      int status = 0;
      auto const child = ::fork();
      if (child == 0 && is_throwing) throw std::runtime_error{"this is the child"};
      if (child == 0) return std::uint64_t{0};
      EXPECT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
      EXPECT_FALSE(pending.ready());
      return answer_numbers(request, response);
    };
    std::error_code how;
    try {
      service.try_serve(answer);
    } catch (error const& problem) {
      how = problem.code();
    }
    if (::getpid() != parent) ::_exit(how == errc::forked ? 0 : 1);
    EXPECT_FALSE(how) << how.message();
    EXPECT_TRUE(is_answer_to(1, pending.get().value().data()));
  }
}

}  // namespace
}  // namespace stoa::testing
