// Many connections at once, two threads at each end: every message arrives once, whole, in order, and at nobody else's.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "channel_scene.hpp"
#include "elements.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

std::uint64_t numbered(std::uint64_t who, std::uint64_t n) { return who << 32 | n; }

// Sends 0 to count - 1 of `who`, in any of the ways there are.
void send_all(channel& through, std::uint64_t who, std::uint64_t count) {
  std::minstd_rand chance{static_cast<unsigned>(who) + 1};
  for (std::uint64_t n = 0; n < count;) {
    auto const bytes = numbered_message(numbered(who, n));
    switch (chance() % 4) {
      case 0:
        through.send(bytes);
        ++n;
        break;
      case 1: n += through.try_send(bytes); break;
      case 2: n += through.send(bytes, 0, 1ms, wait_strategy::yield); break;
      case 3: {
        auto room = through.claim_for(bytes.size(), 0, 1ms);
        if (!room || chance() % 3 == 0) break;  // aborted
        std::memcpy(room.data(), bytes.data(), bytes.size());
        room.commit();
        ++n;
        break;
      }
    }
  }
}

// Receives until the other side has left, or `count` have come. How many came, whole and in order; the first number
// says from whom.
struct received {
  std::uint64_t who = 0;
  std::uint64_t count = 0;
  bool is_right = true;

  void take(message_view const& each) {
    auto const number = number_in(each.data());
    if (count == 0) who = number >> 32;
    is_right = is_right && is_numbered_message(each.data()) && number == numbered(who, count) &&
               each.sequence() == count;
    ++count;
  }
};
received receive_all(channel& from, std::uint64_t count, unsigned seed) {
  std::minstd_rand chance{seed};
  received out;
  std::vector<std::byte> copy;
  while (out.count < count && !from.at_end()) {
    switch (chance() % 4) {
      case 0: from.poll([&](message_view const& each) { out.take(each); }, 3); break;
      case 1:
        if (auto const got = from.receive_for(1ms)) out.take(*got);
        break;
      case 2:
        if (auto const got = from.receive_copy(copy, 1ms, wait_strategy::yield)) out.take(*got);
        break;
      case 3: {
        auto first = from.try_receive();
        auto second = from.try_receive();
        for (auto const* each : {&first, &second})
          if (*each) out.take(**each);
        break;
      }
    }
  }
  return out;
}

constexpr std::uint64_t count = 3000;

void be_client(std::string const& name, std::uint64_t who) {
  auto const home = segment::open(name);
  auto peer = channel::connect(home, "service", 60s);
  std::thread sender{[&] { send_all(peer, who, count); }};
  auto const got = receive_all(peer, count, static_cast<unsigned>(who));
  sender.join();
  EXPECT_TRUE(got.is_right);
  EXPECT_EQ(got.count, count);
  EXPECT_EQ(got.who, who + 1000) << "an answer to somebody else";
}

void serve(channel peer) {
  auto first = peer.receive();
  ASSERT_TRUE(first);
  auto const who = number_in(first->data()) >> 32;
  std::thread sender{[&] { send_all(peer, who + 1000, count); }};
  received got;
  got.take(*first);
  first->release();  // what is held keeps all that comes behind it in the ring
  auto rest = count - 1;
  while (rest > 0) {
    auto const each = peer.receive_for(60s);
    if (!each) break;
    got.take(*each);
    --rest;
  }
  sender.join();
  EXPECT_TRUE(got.is_right);
  EXPECT_EQ(got.count, count);
  while (peer.connected()) std::this_thread::yield();  // until the client has all
}

class channel_threads : public ::testing::TestWithParam<std::uint64_t> {};

// More clients than places: who comes later waits for one.
TEST_P(channel_threads, EveryMessageOnceAndToTheRightOne) {
  constexpr std::uint64_t clients = 6;
  two_views const views;
  auto const listener = views.first.publish<channel_listener>(
      "service", channel_options{.clients = 3,
                                 .bytes_per_direction = GetParam(),
                                 .terms = {.checksums = checksums::required},
                                 .first_position = 0 - 50 * record_align});
  std::vector<std::thread> threads;
  for (std::uint64_t who = 0; who < clients; ++who) threads.emplace_back([&, who] { be_client(views.name(), who); });
  for (std::uint64_t i = 0; i < clients; ++i)
    threads.emplace_back([peer = listener.accept(60s)]() mutable { serve(std::move(peer)); });
  for (auto& each : threads) each.join();
  EXPECT_EQ(listener.statistics().accepted, clients);
  EXPECT_EQ(listener.statistics().open, 0u);
}

INSTANTIATE_TEST_SUITE_P(rings_of_bytes, channel_threads, ::testing::Values(512, 4096));

// Offers and accepts come and go in all orders.
TEST(channel_thread, ConnectionsThatComeAndGoAtOnceMixNothingUp) {
  constexpr std::uint64_t rounds = 400;
  constexpr std::uint64_t clients = 3;
  two_views const views;
  auto const listener =
      views.first.publish<channel_listener>("service", channel_options{.clients = 2, .bytes_per_direction = 256});
  std::atomic<std::uint64_t> left{clients};
  std::vector<std::thread> threads;
  for (std::uint64_t who = 1; who <= clients; ++who)
    threads.emplace_back([&, who] {
      auto const home = segment::open(views.name());
      std::minstd_rand chance{static_cast<unsigned>(who)};
      for (std::uint64_t n = 0; n < rounds; ++n) {
        auto const until = deadline::after(std::chrono::microseconds{chance() % 300});
        auto peer = channel::try_connect(home, "service", until);
        if (!peer) continue;  // gave up
        if (chance() % 4 == 0) continue;
        try {
          peer->send(numbered(who, n));
          auto const got = peer->receive_as<std::uint64_t>(0, 60s);
          EXPECT_TRUE(!got || *got == numbered(who, n)) << "the answer to somebody else";
          EXPECT_TRUE(got) << "a server that answers";
        } catch (error const& problem) {
          ADD_FAILURE() << problem.what();
        }
      }
      --left;
    });
  while (left.load() != 0) {
    auto peer = listener.accept_for(1ms);
    if (!peer) continue;
    if (auto const request = peer->receive()) try {
        peer->send(request->data());
      } catch (error const& problem) {
        EXPECT_EQ(problem.code(), errc::connection_closed);
      }
  }
  for (auto& each : threads) each.join();
  EXPECT_EQ(listener.statistics().open, 0u);
  EXPECT_EQ(listener.statistics().waiting, 0u);
}

}  // namespace
}  // namespace stoa::testing
