// How a connection begins and ends, and what its two sides agree on.
#include <gtest/gtest.h>
#include <poll.h>

#include <map>
#include <optional>
#include <stoa/waitable_fd.hpp>
#include <string>
#include <vector>

#include "channel_fixture.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

// --- connecting ---

TEST_F(a_channel, ConnectsAndAcceptsSeveralAtOnce) {
  auto one = pair();
  auto two = pair();
  EXPECT_TRUE(one.client.connected() && one.server.connected() && two.client.connected());
  one.client.send(bytes_of("one"));
  two.client.send(bytes_of("two"));
  EXPECT_EQ(text_of(two.server.try_receive()->data()), "two");
  EXPECT_EQ(text_of(one.server.try_receive()->data()), "one");
  EXPECT_EQ(listener.statistics().open, 2u);
  EXPECT_EQ(listener.statistics().accepted, 2u);
  EXPECT_FALSE(listener.try_accept());
}

TEST_F(a_channel, RefusesMoreClientsThanPlaces) {
  auto one = pair();
  auto two = pair();
  EXPECT_EQ(refusal([&] { channel_offer(views.second, "service"); }), errc::too_many_connections);
  EXPECT_EQ(refusal([&] { channel::connect(views.second, "service", 1ms); }), errc::too_many_connections);
  one.client.close();
  EXPECT_EQ(refusal([&] { channel_offer(views.second, "service"); }), errc::too_many_connections)
      << "the server is still in it";
  one.server.close();
  auto three = pair();
  EXPECT_TRUE(three.client.connected());
}

TEST_F(a_channel, TellsWhyItDidNotConnect) {
  EXPECT_EQ(refusal([&] { channel::connect(views.second, "nothing", 1ms); }), errc::no_such_name);
  views.first.publish<array<int>>("numbers", 3);
  EXPECT_EQ(refusal([&] { channel::connect(views.second, "numbers", 10s); }), errc::kind_mismatch) << "at once";
  EXPECT_EQ(refusal([&] { channel::connect(views.second, "service", 1ms); }), errc::not_listening);
  ASSERT_TRUE(listener.try_become_listener());
  EXPECT_EQ(refusal([&] { channel::connect(views.second, "service", 1ms); }), errc::timed_out);
  auto const reader = segment::open_read_only(views.name());
  EXPECT_EQ(refusal([&] { channel::connect(reader, "service", 10s); }), errc::read_only) << "at once";
  EXPECT_EQ(listener.statistics().waiting, 0u) << "who gave up is not there";
  EXPECT_EQ(refusal([&] { static_cast<void>(listener.accept(1ms)); }), errc::timed_out);
}

TEST_F(a_channel, IsAcceptedByOneProcessAtATime) {
  auto const other = views.second.attach<channel_listener>("service");
  EXPECT_FALSE(listener.try_accept());
  EXPECT_TRUE(listener.has_listener());
  EXPECT_EQ(refusal([&] { static_cast<void>(other.try_accept()); }), errc::role_taken);
}

TEST_F(a_channel, TheRoleGoesOnWhenItIsGivenBack) {
  auto const other = views.second.attach<channel_listener>("service");
  {
    auto const first = views.first.attach<channel_listener>("service");
    EXPECT_FALSE(first.try_accept());
  }
  channel_offer offer{views.first, "service"};
  EXPECT_FALSE(offer.has_listener());
  auto const accepted = other.try_accept();
  ASSERT_TRUE(accepted) << "an offer waits for whoever comes";
  EXPECT_TRUE(offer.try_finish()->connected());
}

TEST_F(a_channel, AnOfferIsWithdrawnWithItsObject) {
  std::optional<channel_offer> offer{std::in_place, views.second, "service"};
  EXPECT_FALSE(offer->try_finish());
  EXPECT_EQ(listener.statistics().waiting, 1u);
  offer.reset();
  EXPECT_FALSE(listener.try_accept());
  channel_offer moved{views.second, "service"};
  moved = channel_offer{views.second, "service"};
  EXPECT_EQ(listener.statistics().waiting, 1u);
  auto const accepted = listener.try_accept();
  EXPECT_TRUE(moved.try_finish());
  EXPECT_EQ(refusal([&] { moved.try_finish(); }), errc::connection_closed) << "used up";
}

TEST_F(a_channel, AServerWhoseClientGaveUpMeanwhileIsAlone) {
  std::optional<channel_offer> offer{std::in_place, views.second, "service"};
  server = listener.accept(1s);
  offer.reset();
  EXPECT_FALSE(server.connected());
  EXPECT_TRUE(server.at_end());
}

TEST_F(a_channel, OfOneProcessWithItselfWorksAsWell) {
  auto both = connected(views.first, listener);
  both.client.send(bytes_of("to me"));
  EXPECT_EQ(text_of(both.server.receive()->data()), "to me");
  both.client.close();
  EXPECT_FALSE(both.server.receive());
}

// --- terms ---

TEST_F(a_channel, AgreesOnTheHighestCommonVersion) {
  listener.set_terms({.lowest_version = 2, .highest_version = 5});
  EXPECT_EQ(pair({.lowest_version = 1, .highest_version = 3}).client.version(), 3u);
  EXPECT_EQ(pair({.lowest_version = 5, .highest_version = 9}).server.version(), 5u);
}

TEST_F(a_channel, RefusesAClientWithoutACommonVersion) {
  listener.set_terms({.lowest_version = 2, .highest_version = 5});
  channel_offer offer{views.second, "service", {.lowest_version = 6, .highest_version = 7}};
  EXPECT_FALSE(listener.try_accept());
  EXPECT_EQ(refusal([&] { offer.try_finish(); }), errc::version_mismatch);
  EXPECT_EQ(listener.statistics().refused, 1u);
  EXPECT_TRUE(pair({.lowest_version = 2, .highest_version = 2}).client.connected()) << "the place is free again";
}

TEST_F(a_channel, AgreesOnTheSmallerLargestMessage) {
  listener.set_terms({.largest_message = 100});
  meet({.largest_message = 200});
  EXPECT_EQ(client.largest_message(), 100u);
  EXPECT_EQ(server.largest_message(), 100u);
  EXPECT_TRUE(client.try_send(numbered_message(0, 100)));
  EXPECT_EQ(refusal([&] { client.try_send(numbered_message(0, 101)); }), errc::invalid_argument);
  channel_offer needy{views.second, "service", {.needed_message = 101}};
  EXPECT_FALSE(listener.try_accept());
  EXPECT_EQ(refusal([&] { needy.try_finish(); }), errc::terms_mismatch);
}

TEST_F(a_channel, HasChecksumsIfOneSideRequiresThem) {
  EXPECT_FALSE(pair().client.has_checksums());
  EXPECT_TRUE(pair({.checksums = checksums::required}).server.has_checksums());
  listener.set_terms({.checksums = checksums::refused});
  EXPECT_FALSE(pair().server.has_checksums());
  channel_offer offer{views.second, "service", {.checksums = checksums::required}};
  EXPECT_FALSE(listener.try_accept());
  EXPECT_EQ(refusal([&] { offer.try_finish(); }), errc::terms_mismatch);
}

TEST_F(a_channel, FindsADamagedMessageByItsChecksum) {
  meet({.checksums = checksums::required});
  client.send(bytes_of("will be damaged"));
  client.send(bytes_of("is whole"));
  {
    auto const seen = server.try_receive();
    ASSERT_TRUE(seen);
    auto* const in_other_view = const_cast<std::byte*>(seen->data().data());
    client.send(numbered_message(1, 20));
    in_other_view[1] ^= std::byte{1};  // read already: nobody minds
  }
  EXPECT_EQ(text_of(server.try_receive()->data()), "is whole");
  auto* const record = const_cast<std::byte*>(server.try_receive()->data().data());
  client.send(bytes_of("damaged"));
  client.send(bytes_of("behind it"));
  record[align_up(20, record_align) + record_align] ^= std::byte{1};
  EXPECT_EQ(refusal([&] { static_cast<void>(server.try_receive()); }), errc::corrupt_structure);
  EXPECT_EQ(text_of(server.try_receive()->data()), "behind it") << "the damaged one is gone";
}

// --- the end ---

TEST_F(a_channel, WhatWasSentBeforeLeavingIsReceived) {
  meet();
  for (std::uint64_t n = 0; n < 5; ++n) server.send(n);
  server.close();
  EXPECT_FALSE(client.connected());
  EXPECT_FALSE(client.at_end());
  for (std::uint64_t n = 0; n < 5; ++n) EXPECT_EQ(client.receive_as<std::uint64_t>(0, 30s), n);
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.receive()) << "does not wait";
  EXPECT_EQ(refusal([&] { client.try_send(1); }), errc::connection_closed);
  EXPECT_EQ(refusal([&] { client.send(1, 0, 10s); }), errc::connection_closed);
  EXPECT_EQ(refusal([&] { static_cast<void>(client.claim(1)); }), errc::connection_closed);
}

TEST_F(a_channel, WhatAServerSentBeforeItsClientLookedIsReceived) {
  channel_offer offer{views.second, "service"};
  {
    auto accepted = listener.accept(1s);
    accepted.send(bytes_of("come later"));
  }
  auto finished = offer.try_finish();
  ASSERT_TRUE(finished);
  EXPECT_FALSE(finished->connected());
  EXPECT_EQ(text_of(finished->receive()->data()), "come later");
  EXPECT_FALSE(finished->receive());
}

TEST_F(a_channel, IsOfNoUseWhenClosed) {
  meet();
  client.close();
  EXPECT_FALSE(client.is_open());
  EXPECT_FALSE(client.connected());
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(refusal([&] { client.try_send(1); }), errc::connection_closed);
  EXPECT_EQ(refusal([&] { static_cast<void>(client.try_receive()); }), errc::connection_closed);
  EXPECT_EQ(refusal([&] { static_cast<void>(client.largest_message()); }), errc::connection_closed);
  EXPECT_FALSE(channel{}.is_open());
}

TEST_F(a_channel, WhoHoldsAMessageIsStillThere) {
  meet();
  client.send(bytes_of("held"));
  auto got = server.try_receive();
  server.close();
  EXPECT_TRUE(client.connected());
  EXPECT_EQ(text_of(got->data()), "held");
  got.reset();
  EXPECT_FALSE(client.connected());
}

TEST_F(a_channel, ANewConnectionHasNothingOfTheOldOne) {
  for (int round = 0; round < 50; ++round) {
    meet();
    ASSERT_FALSE(client.try_receive() || server.try_receive());
    while (client.try_send(numbered_message(7, 50))) {}
    while (server.try_send(numbered_message(8, 20))) {}
    EXPECT_EQ(server.try_receive()->sequence(), 0u);
    client.close();
    server.close();
  }
  EXPECT_EQ(listener.statistics().open, 0u);
  EXPECT_EQ(listener.statistics().accepted, 50u);
}

// --- in a loop of somebody else's ---

bool is_readable(waitable_fd const& ready, int most_ms) {
  pollfd one{ready.get(), POLLIN, 0};
  return ::poll(&one, 1, most_ms) == 1;
}

TEST_F(a_channel, WakesWhoPollsForAClientAMessageOrTheEnd) {
  waitable_fd ready{listener};
  EXPECT_FALSE(is_readable(ready, 0));
  channel_offer offer{views.second, "service"};
  EXPECT_TRUE(is_readable(ready, 30'000));
  server = listener.accept(1s);
  client = offer.try_finish().value();
  ready.watch(server);
  EXPECT_FALSE(is_readable(ready, 0));
  client.send(1);
  EXPECT_TRUE(is_readable(ready, 30'000));
  EXPECT_TRUE(server.try_receive());
  ready.watch(server);
  EXPECT_FALSE(is_readable(ready, 0));
  client.close();
  EXPECT_TRUE(is_readable(ready, 30'000));
  EXPECT_TRUE(server.at_end());
}

TEST_F(a_channel, IsLeftAlsoWhenItIsWatched) {
  meet();
  waitable_fd const ready{server};
  server.close();
  EXPECT_FALSE(client.connected());
}

// --- what it is made with ---

TEST_F(a_channel, RefusesImpossibleOptions) {
  auto const publish = [&](channel_options const& with) {
    return refusal([&] { views.first.publish<channel_listener>("x", with); });
  };
  EXPECT_EQ(publish({.clients = 0}), errc::invalid_argument);
  EXPECT_EQ(publish({.clients = 1, .bytes_per_direction = std::uint64_t{1} << 40}), errc::invalid_argument);
  EXPECT_EQ(publish({.terms = {.lowest_version = 2, .highest_version = 1}}), errc::invalid_argument);
  EXPECT_EQ(publish({.first_position = 8}), errc::invalid_argument);
  EXPECT_EQ(publish({.clients = 60'000}), errc::no_space);
}

TEST_F(a_channel, CanBeAsSmallAsOnePlaceAndOneSmallMessage) {
  channel_options const smallest{.clients = 1, .bytes_per_direction = 1};
  auto const tiny = views.first.publish<channel_listener>("tiny", smallest);
  EXPECT_EQ(tiny.clients(), 1u);
  EXPECT_EQ(tiny.bytes_per_direction(), 128u);
  for (int round = 0; round < 3; ++round) {
    channel_offer offer{views.second, "tiny"};
    server = tiny.accept(1s);
    client = offer.try_finish().value();
    for (std::uint64_t n = 0; n < 30; ++n) {
      ASSERT_TRUE(client.try_send(numbered_message(n, 48)));
      EXPECT_EQ(number_in(server.try_receive()->data()), n);
    }
    client.close();
    server.close();
  }
}

TEST_F(a_channel, IsShownWithoutBeingDisturbed) {
  meet();
  client.send(bytes_of("one"));
  channel_offer waiting{views.second, "service"};
  auto const reader = segment::open_read_only(views.name());
  for (auto const& each : reader.entries()) {
    auto const* const kind = find_kind(each.kind());
    ASSERT_NE(kind, nullptr);
    std::map<std::string, std::uint64_t> shown;
    for (auto const& [name, value] : kind->statistics(each.view()).value()) shown[name] = value;
    EXPECT_EQ(shown["capacity"], 2u);
    EXPECT_EQ(shown["size"], 1u);
    EXPECT_EQ(shown["waiting"], 1u);
    EXPECT_EQ(shown["to_server"], 1u);
    EXPECT_EQ(shown["to_client"], 0u);
  }
  EXPECT_EQ(refusal([&] { static_cast<void>(reader.attach<channel_listener>("service").try_accept()); }),
            errc::read_only);
}

}  // namespace
}  // namespace stoa::testing
