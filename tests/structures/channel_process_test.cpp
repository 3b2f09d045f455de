// The two sides in processes that are killed, stopped and replaced: nothing that was sent is lost, and whoever waits is
// told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "channel_scene.hpp"
#include "child.hpp"
#include "elements.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using counters = stoa::array<std::uint64_t>;

// --- what children do: the first argument is always the segment ---

// Accepts one client after the other and sends back what each sends; for ever.
int run_echo(child_arguments const& a) {
  auto const listener = segment::open(a.at(0)).publish_or_attach<channel_listener>("service");
  for (;;) {
    auto peer = listener.accept_for(60s);
    if (!peer) return 1;
    try {
      while (auto const request = peer->receive()) peer->send(request->data(), request->type());
    } catch (error const& problem) {
      if (problem.code() != errc::connection_closed) throw;
    }
  }
}
child_program const echo{"echo", run_echo};

// count: accepts, sends 1 to count, says so in signs[0], and stays.
int run_greeter(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const listener = home.attach<channel_listener>("service");
  auto peer = listener.accept(60s);
  for (std::uint64_t n = 1; n <= std::stoull(a.at(1)); ++n) peer.send(n);
  home.attach<counters>("signs").atomic(0).store(1);
  for (;;) ::usleep(1000);
}
child_program const greeter{"greeter", run_greeter};

// Connects, says so in signs[0], and stays.
int run_guest(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  auto const peer = channel::connect(home, "service", 60s);
  home.attach<counters>("signs").atomic(0).store(1);
  for (;;) ::usleep(1000);
}
child_program const guest{"guest", run_guest};

// Asks for a connection that nobody accepts, says so in signs[0], and stays.
int run_asker(child_arguments const& a) {
  auto const home = segment::open(a.at(0));
  channel_offer const offer{home, "service"};
  home.attach<counters>("signs").atomic(0).store(1);
  for (;;) ::usleep(1000);
}
child_program const asker{"asker", run_asker};

class channel_processes : public ::testing::Test {
 protected:
  child started(std::string const& program, child_arguments more = {}) {
    more.insert(more.begin(), name.str());
    return child::start(program, more);
  }
  child started_until_it_signs(std::string const& program, child_arguments more = {}) {
    signs.atomic(0).store(0);
    auto out = started(program, std::move(more));
    EXPECT_TRUE(eventually([&] { return signs.atomic(0).load() == 1; }));
    return out;
  }

  static void greet_next(channel_listener const& listener, std::string_view greeting) {
    auto peer = listener.accept(30s);
    peer.send(bytes_of(greeting));
  }
  void expect_greeting(std::string_view greeting) const {
    auto peer = channel::connect(home, "service", 30s);
    EXPECT_EQ(text_of(peer.receive()->data()), greeting);
  }

  scratch_name name;
  segment home = segment::create(name, 1u << 20);
  channel_options small{.clients = 2, .bytes_per_direction = 1024};
  channel_listener service = home.publish<channel_listener>("service", small);
  counters signs = home.publish<counters>("signs", 1);
};

TEST_F(channel_processes, AreServedOneAfterTheOther) {
  auto const server = started("echo");
  for (int i = 0; i < 3; ++i) {
    auto peer = channel::connect(home, "service", 30s);
    for (std::uint64_t n = 0; n < 100; ++n) {
      peer.send(n, 7);
      ASSERT_EQ(peer.receive_as<std::uint64_t>(7, 30s), n);
    }
  }
}

TEST_F(channel_processes, WhatAKilledServerHadSentIsReceived) {
  auto const starting = [&] { return started("greeter", {"5"}); };
  auto server = starting();
  auto peer = channel::connect(home, "service", 30s);
  ASSERT_TRUE(eventually([&] { return signs.atomic(0).load() == 1; }));
  EXPECT_TRUE(peer.connected());
  server.kill();
  EXPECT_FALSE(peer.connected());
  EXPECT_FALSE(peer.at_end());
  for (std::uint64_t n = 1; n <= 5; ++n) EXPECT_EQ(peer.receive_as<std::uint64_t>(0, 30s), n);
  EXPECT_FALSE(peer.receive());
  EXPECT_TRUE(peer.at_end());
  EXPECT_EQ(refusal([&] { while (peer.send(1, 0, 30s)) {} }), errc::connection_closed) << "at last when it is full";
}

// Nor does another connection begin in its place.
TEST_F(channel_processes, WhatAKilledServerHadSentIsNotOverwritten) {
  auto server = started("greeter", {"3"});
  auto peer = channel::connect(home, "service", 30s);
  EXPECT_TRUE(eventually([&] { return signs.atomic(0).load() == 1; }));
  server.kill();
  channel_offer const next{home, "service"};
  EXPECT_EQ(refusal([&] { channel_offer(home, "service"); }), errc::too_many_connections);
  for (std::uint64_t n = 1; n <= 3; ++n) EXPECT_EQ(peer.try_receive_as<std::uint64_t>(), n);
  peer.close();
  channel_offer const last{home, "service"};
}

TEST_F(channel_processes, WhoWaitsForAMessageIsToldOfTheDeath) {
  auto server = started("greeter", {"0"});
  auto peer = channel::connect(home, "service", 30s);
  std::thread killer{[&] { server.kill(); }};
  EXPECT_FALSE(peer.receive());
  killer.join();
}

TEST_F(channel_processes, WhoWaitsForRoomIsToldOfTheDeath) {
  auto server = started("greeter", {"0"});
  auto peer = channel::connect(home, "service", 30s);
  while (peer.try_send(1)) {}
  std::thread killer{[&] { server.kill(); }};
  EXPECT_EQ(refusal([&] { peer.send(1); }), errc::connection_closed);
  killer.join();
}

TEST_F(channel_processes, AServerThatWaitsIsToldOfItsClientsDeath) {
  ASSERT_TRUE(service.try_become_listener());
  auto client = started("guest");
  auto peer = service.accept(30s);
  std::thread killer{[&] { client.kill(); }};
  EXPECT_FALSE(peer.receive());
  killer.join();
  EXPECT_FALSE(peer.connected());
}

// Of several connections that are looked after in turn, none keeps the others from a look at the other side.
TEST_F(channel_processes, WhoNeverWaitsIsToldOfEachClientsDeath) {
  ASSERT_TRUE(service.try_become_listener());
  auto const one = started("guest");
  auto first = service.accept(30s);
  auto other = started("guest");
  auto second = service.accept(30s);
  for (auto* const each : {&first, &second})
    while (each->try_send(1)) {}
  other.kill();
  for (auto const later = deadline::after(wait_slice); !later.has_passed();) {}
  EXPECT_FALSE(first.try_send(1)) << "it is full, and its client lives";
  EXPECT_EQ(refusal([&] { second.try_send(1); }), errc::connection_closed);
}

// How fast is told, not asked for.
TEST_F(channel_processes, NoticesADeath) {
  std::vector<std::int64_t> took_us;
  for (int round = 0; round < 21; ++round) {
    auto server = started("greeter", {"0"});
    auto peer = channel::connect(home, "service", 30s);
    wait_clock::time_point killed;
    std::thread killer{[&] {
      std::this_thread::yield();
      server.signal(SIGKILL);
      killed = wait_clock::now();
    }};
    EXPECT_FALSE(peer.receive());
    auto const noticed = wait_clock::now();
    killer.join();
    took_us.push_back(std::chrono::duration_cast<std::chrono::microseconds>(noticed - killed).count());
  }
  std::ranges::sort(took_us);
  RecordProperty("median_us", static_cast<int>(took_us[took_us.size() / 2]));
  RecordProperty("longest_us", static_cast<int>(took_us.back()));
}

TEST_F(channel_processes, AStoppedServerIsNotDead) {
  auto server = started("greeter", {"1"});
  auto peer = channel::connect(home, "service", 30s);
  ASSERT_TRUE(eventually([&] { return signs.atomic(0).load() == 1; }));
  server.stop();
  EXPECT_EQ(peer.receive_as<std::uint64_t>(0, 30s), 1u);
  EXPECT_FALSE(peer.receive_for(50ms));
  EXPECT_TRUE(peer.connected()) << "slow is not dead";
  EXPECT_FALSE(peer.at_end());
  EXPECT_EQ(refusal([&] { channel::connect(home, "service", 20ms); }), errc::timed_out) << "it accepts nobody";
  EXPECT_EQ(refusal([&] { static_cast<void>(service.try_accept()); }), errc::role_taken);
}

TEST_F(channel_processes, ConnectingWaitsForTheListenerToAppear) {
  ASSERT_TRUE(home.erase("service"));
  std::thread late{[&] {
    auto const other = segment::open(name);
    auto const listener = other.publish_or_attach<channel_listener>("service", small);
    greet_next(listener, "here");
  }};
  expect_greeting("here");
  late.join();
}

TEST_F(channel_processes, ConnectingWaitsForTheNameToBePublishedAgain) {
  std::thread late{[&] {
    EXPECT_TRUE(eventually([&] { return service.statistics().waiting == 1; }));
    auto const other = segment::open(name);
    EXPECT_TRUE(other.erase("service"));
    auto const listener = other.publish<channel_listener>("service", small);
    greet_next(listener, "the new one");
  }};
  expect_greeting("the new one");
  late.join();
}

TEST_F(channel_processes, ConnectingWaitsForAPlace) {
  auto const server = started("echo");
  auto one = started_until_it_signs("guest");
  auto two = started("guest");  // not accepted, as the server serves one
  ASSERT_TRUE(eventually([&] { return service.statistics().waiting == 1; }));
  EXPECT_EQ(refusal([&] { channel::connect(home, "service", 1ms); }), errc::too_many_connections);
  std::thread killer{[&] {
    two.kill();
    one.kill();
  }};
  auto peer = channel::connect(home, "service", 30s);
  peer.send(3);
  EXPECT_EQ(peer.receive_as<int>(0, 30s), 3);
  killer.join();
}

TEST_F(channel_processes, AnOfferOfTheDeadIsNotAccepted) {
  started_until_it_signs("asker").kill();
  EXPECT_EQ(service.statistics().waiting, 1u);
  EXPECT_FALSE(service.try_accept());
  channel_offer one{home, "service"};
  channel_offer two{home, "service"};
  EXPECT_TRUE(service.try_accept() && service.try_accept()) << "its place is for the next";
}

TEST_F(channel_processes, AKilledListenerIsNoListener) {
  auto server = started("greeter", {"0"});
  auto const peer = channel::connect(home, "service", 30s);
  EXPECT_TRUE(service.has_listener());
  server.kill();
  EXPECT_FALSE(service.has_listener());
  EXPECT_EQ(refusal([&] { channel::connect(home, "service", 1ms); }), errc::not_listening);
}

// Of those who had been accepted by one who listened before.
TEST_F(channel_processes, ConnectionsOfOthersStayWhenTheListenerIsKilled) {
  std::optional first{home.attach<channel_listener>("service")};
  auto const client_side = segment::open(name);
  auto mine = connected(client_side, *first);
  ASSERT_TRUE(first->has_listener());
  first.reset();  // gives the role back
  ASSERT_FALSE(service.has_listener());
  auto server = started("greeter", {"1"});
  auto other = channel::connect(client_side, "service", 30s);
  EXPECT_EQ(other.receive_as<std::uint64_t>(0, 30s), 1u);
  ASSERT_TRUE(service.has_listener()) << "the second one";
  mine.client.send(1);
  server.kill();
  ASSERT_FALSE(service.has_listener());
  EXPECT_FALSE(other.receive()) << "this one was the listener's";
  mine.client.send(2);
  EXPECT_EQ(mine.server.receive_as<int>(0, 30s), 1);
  EXPECT_EQ(mine.server.receive_as<int>(0, 30s), 2);
  mine.server.send(3);
  EXPECT_EQ(mine.client.receive_as<int>(0, 30s), 3);
  EXPECT_TRUE(mine.client.connected() && mine.server.connected());
}

// Clients go on with each successor: what was answered is answered once.
TEST_F(channel_processes, GoOnWhenTheListenerIsKilledAndReplaced) {
  constexpr int kills = 30;
  auto server = started("echo");
  std::minstd_rand chance{3};
  std::uint64_t number = 0;
  for (int round = 0; round < kills; ++round) {
    auto peer = channel::connect(home, "service", 30s);
    for (auto left = chance() % 50; left > 0; --left, ++number) {
      peer.send(number);
      ASSERT_EQ(peer.receive_as<std::uint64_t>(0, 30s), number);
    }
    std::thread killer{[&] { server.kill(); }};
    try {
      for (;; ++number) {
        peer.send(number);
        auto const got = peer.receive();
        if (!got) break;
        ASSERT_EQ(number_in(got->data()), number);
      }
    } catch (error const& problem) {
      EXPECT_EQ(problem.code(), errc::connection_closed);
    }
    killer.join();
    server = started("echo");
  }
  channel_offer const one{home, "service"};
  channel_offer const two{home, "service"};  // no place was lost
}

TEST_F(channel_processes, AForkedChildMustConnectForItself) {
  auto server = started("echo");
  auto peer = channel::connect(home, "service", 30s);
  peer.send(1);
  auto held = peer.receive();
  auto claim = peer.claim(8);
  auto const pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    bool const is_refused = refusal([&] { peer.try_send(1); }) == errc::forked &&
                            refusal([&] { static_cast<void>(peer.try_receive()); }) == errc::forked &&
                            refusal([&] { static_cast<void>(service.try_accept()); }) == errc::forked &&
                            !peer.connected();
    held.reset();
    claim.commit();
    peer.close();
    ::_exit(is_refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(peer.connected()) << "the child closed nothing";
  held.reset();
  claim.abort();
  peer.send(2);
  EXPECT_EQ(peer.receive_as<int>(0, 30s), 2);
}

}  // namespace
}  // namespace stoa::testing
