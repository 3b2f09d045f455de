#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <stdexcept>
#include <vector>

#include "channel_scene.hpp"
#include "elements.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

class a_channel : public ::testing::Test {
 protected:
  static constexpr std::uint64_t ring = 512;
  static channel_options options(std::uint32_t clients = 2) {
    return {.clients = clients, .bytes_per_direction = ring, .first_position = 0 - 5 * record_align};
  }
  connected_pair pair(channel_terms const& terms = {}) { return connected(views.second, listener, terms); }

  two_views views;
  channel_listener listener = views.first.publish<channel_listener>("service", options());
};

// --- messages ---

TEST_F(a_channel, CarriesMessagesBothWaysInOrder) {
  auto [client, server] = pair();
  for (std::uint64_t n = 0; n < 100; ++n) {
    ASSERT_TRUE(send_number(client, n));
    ASSERT_TRUE(send_number(server, n + 1000));
    auto const request = server.try_receive();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->type(), n);
    EXPECT_EQ(request->sequence(), n);
    EXPECT_TRUE(is_numbered_message(request->data()));
    EXPECT_EQ(number_in(request->data()), n);
    EXPECT_EQ(number_in(client.try_receive()->data()), n + 1000);
  }
  EXPECT_FALSE(client.try_receive());
  EXPECT_FALSE(server.receive_for(0s));
}

TEST_F(a_channel, CarriesAMessageOfNoBytes) {
  auto [client, server] = pair();
  ASSERT_TRUE(client.try_send(std::span<std::byte const>{}, 0));
  auto const got = server.try_receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->size(), 0u);
  EXPECT_EQ(got->type(), 0u);
}

TEST_F(a_channel, CarriesTheLargestMessageAndRefusesALargerOne) {
  auto [client, server] = pair();
  ASSERT_EQ(client.largest_message(), ring / 2 - 16);
  for (int round = 0; round < 40; ++round) {
    auto const bytes = numbered_message(static_cast<std::uint64_t>(round), client.largest_message());
    ASSERT_TRUE(client.try_send(bytes)) << "an empty ring has room for it wherever it begins";
    EXPECT_TRUE(std::ranges::equal(server.try_receive()->data(), bytes));
    ASSERT_TRUE(client.try_send(std::span{bytes}.first(static_cast<std::size_t>(round))));
    EXPECT_EQ(server.try_receive()->size(), static_cast<std::size_t>(round));
  }
  std::vector<std::byte> const larger(client.largest_message() + 1);
  EXPECT_EQ(refusal([&] { client.try_send(larger); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { client.send(larger, 0, 1s); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { static_cast<void>(client.claim(std::numeric_limits<std::size_t>::max())); }),
            errc::invalid_argument);
}

TEST_F(a_channel, WrapsAtEveryOffsetWithEverySize) {
  auto [client, server] = pair();
  for (std::size_t first = 0; first < ring; first += record_align)
    for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16}, std::size_t{17}, std::size_t{100},
                             client.largest_message()}) {
      ASSERT_TRUE(client.try_send(numbered_message(first, size), 1));
      ASSERT_TRUE(client.try_send(std::span<std::byte const>{}, 2)) << "the ring advances by one unit more";
      auto got = server.try_receive();
      ASSERT_TRUE(got);
      EXPECT_TRUE(std::ranges::equal(got->data(), numbered_message(first, size)));
      got->release();
      EXPECT_EQ(server.try_receive()->type(), 2u);
    }
}

TEST_F(a_channel, IsFullWhenItsRingIsAndGoesOnWhenThereIsRoom) {
  auto [client, server] = pair();
  std::uint64_t sent = 0;
  while (client.try_send(sent, 0)) ++sent;
  EXPECT_EQ(sent, ring / 32 - 1) << "32 bytes each, and a head that says nothing";
  EXPECT_FALSE(client.send(sent, 0, 1ms));
  EXPECT_EQ(client.statistics().send_refusals, 2u);
  EXPECT_EQ(client.statistics().unread, sent);
  auto first = server.try_receive();
  EXPECT_FALSE(client.try_send(sent, 0)) << "it is still being looked at";
  first->release();
  EXPECT_TRUE(client.try_send(sent++, 0));
  for (std::uint64_t n = 1; n < sent; ++n) EXPECT_EQ(server.receive_as<std::uint64_t>(0, 0s), n);
  EXPECT_EQ(server.statistics().received, sent);
}

TEST_F(a_channel, MessagesThatAreHeldStayWhereTheyAre) {
  auto [client, server] = pair();
  for (std::uint64_t n = 0; n < 3; ++n) ASSERT_TRUE(client.try_send(n, 0));
  auto first = server.try_receive();
  auto second = server.try_receive();
  first->release();
  std::uint64_t sent = 3;
  while (client.try_send(sent, 0)) ++sent;
  EXPECT_EQ(number_in(second->data()), 1u) << "released in another order than taken";
  second.reset();
  EXPECT_EQ(number_in(server.try_receive()->data()), 2u);
}

TEST_F(a_channel, WritesAMessageInPlace) {
  auto [client, server] = pair();
  auto claim = client.claim(5, 8);
  ASSERT_TRUE(claim);
  ASSERT_EQ(claim.size(), 5u);
  std::memcpy(claim.data(), "world", 5);
  EXPECT_FALSE(server.try_receive()) << "not yet";
  EXPECT_EQ(refusal([&] { client.try_send(bytes_of("another")); }), errc::invalid_argument) << "one at a time";
  claim.commit();
  EXPECT_FALSE(claim);
  auto const got = server.try_receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(text_of(got->data()), "world");
  EXPECT_EQ(got->type(), 8u);
}

TEST_F(a_channel, AClaimThatIsNotCommittedIsNoMessage) {
  auto [client, server] = pair();
  for (int round = 0; round < 60; ++round) {
    {
      auto dropped = client.claim(100, 1);
      std::memset(dropped.data(), 0xFF, dropped.size());
    }
    auto aborted = client.claim(200, 2);
    std::memset(aborted.data(), 0xFF, aborted.size());
    aborted.abort();
    EXPECT_FALSE(server.try_receive());
    ASSERT_TRUE(client.try_send(bytes_of("and on"), 3));
    EXPECT_EQ(text_of(server.try_receive()->data()), "and on");
    EXPECT_FALSE(server.try_receive()) << "nor is what stands behind it";
  }
}

TEST_F(a_channel, AClaimCanShrink) {
  auto [client, server] = pair();
  for (std::size_t size = 0; size < 240; ++size) {
    auto claim = client.claim(240, 0);
    EXPECT_EQ(refusal([&] { claim.shrink(241); }), errc::invalid_argument);
    claim.shrink(size);
    claim.commit();
    ASSERT_EQ(server.try_receive()->size(), size);
  }
}

struct telemetry {
  std::uint64_t number;
  double value;
  friend bool operator==(telemetry const&, telemetry const&) = default;
};

TEST_F(a_channel, CarriesValues) {
  auto [client, server] = pair();
  telemetry const sample{7, 0.5};
  client.send(sample, 4);
  EXPECT_EQ(server.receive_as<telemetry>(4, 1s), sample);
  EXPECT_FALSE(server.try_receive_as<telemetry>(4));
  std::array<std::byte, 3> const raw{};
  client.send(raw, 1);
  EXPECT_EQ(server.try_receive()->size(), 3u);
}

TEST_F(a_channel, RefusesAValueOfAnotherTypeOrSizeAndKeepsTheMessage) {
  auto [client, server] = pair();
  client.send(telemetry{1, 2}, 4);
  EXPECT_EQ(refusal([&] { static_cast<void>(server.receive_as<telemetry>(5, 1s)); }), errc::type_mismatch);
  EXPECT_EQ(refusal([&] { static_cast<void>(server.receive_as<std::uint64_t>(4, 1s)); }), errc::type_mismatch);
  EXPECT_EQ(server.receive_as<telemetry>(4, 1s)->number, 1u);
}

static_assert(!sendable<std::string_view>, "its bytes are a pointer");
static_assert(!sendable<int*>);
static_assert(sendable<std::span<std::byte const>> && sendable<std::vector<std::byte>> && sendable<int>);

TEST_F(a_channel, CopiesAMessage) {
  auto [client, server] = pair();
  std::vector<std::byte> out;
  EXPECT_FALSE(server.receive_copy(out, 0s));
  client.send(bytes_of("copied"), 9);
  auto const got = server.receive_copy(out, 1s);
  ASSERT_TRUE(got);
  EXPECT_EQ(text_of(out), "copied");
  EXPECT_EQ(text_of(got->data()), "copied");
  EXPECT_EQ(got->type(), 9u);
  EXPECT_EQ(client.statistics().unread, 0u);
}

TEST_F(a_channel, PollsUpToALimitAndKeepsWhatIsThrownAt) {
  auto [client, server] = pair();
  for (std::uint64_t n = 0; n < 5; ++n) client.send(n);
  std::vector<std::uint64_t> seen;
  auto const note = [&](message_view const& each) { seen.push_back(number_in(each.data())); };
  EXPECT_EQ(server.poll(note, 2), 2u);
  EXPECT_THROW(server.poll([](auto const&) { throw std::runtime_error{"no"}; }), std::runtime_error);
  EXPECT_EQ(server.poll(note), 3u);
  EXPECT_THAT(seen, ::testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(server.poll(note), 0u);
}

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
  auto server = other.try_accept();
  ASSERT_TRUE(server) << "an offer waits for whoever comes";
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
  auto const server = listener.try_accept();
  EXPECT_TRUE(moved.try_finish());
  EXPECT_EQ(refusal([&] { moved.try_finish(); }), errc::connection_closed) << "used up";
}

TEST_F(a_channel, AServerWhoseClientGaveUpMeanwhileIsAlone) {
  std::optional<channel_offer> offer{std::in_place, views.second, "service"};
  auto server = listener.accept(1s);
  offer.reset();
  EXPECT_FALSE(server.connected());
  EXPECT_TRUE(server.at_end());
}

TEST_F(a_channel, OfOneProcessWithItselfWorksAsWell) {
  auto [client, server] = connected(views.first, listener);
  client.send(bytes_of("to me"));
  EXPECT_EQ(text_of(server.receive()->data()), "to me");
  client.close();
  EXPECT_FALSE(server.receive());
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
  auto [client, server] = pair({.largest_message = 200});
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
  auto [client, server] = pair({.checksums = checksums::required});
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

TEST_F(a_channel, ACursorThatCannotBeIsNotBelieved) {
  auto [client, server] = pair();
  std::uint64_t sent = 0;
  while (client.try_send(numbered_message(sent, 100))) ++sent;
  auto const entries = views.first.entries();
  auto const bytes = *channel_bytes::adopt(entries.front().view());
  auto const index = channel_state_in(bytes.place(0).word.load()) == channel_state::open ? 0 : 1;
  auto& read = bytes.place(static_cast<std::uint64_t>(index)).to_server.read;
  auto const before = read.load();
  read.store(before + ring + record_align);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(refusal([&] { client.try_send(numbered_message(sent, 100)); }), errc::corrupt_structure);
  read.store(before);
  for (std::uint64_t n = 0; n < sent; ++n) EXPECT_EQ(number_in(server.try_receive()->data()), n) << "not written over";
}

// --- the end ---

TEST_F(a_channel, WhatWasSentBeforeLeavingIsReceived) {
  auto [client, server] = pair();
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
    auto server = listener.accept(1s);
    server.send(bytes_of("come later"));
  }
  auto client = offer.try_finish();
  ASSERT_TRUE(client);
  EXPECT_FALSE(client->connected());
  EXPECT_EQ(text_of(client->receive()->data()), "come later");
  EXPECT_FALSE(client->receive());
}

TEST_F(a_channel, IsOfNoUseWhenClosed) {
  auto [client, server] = pair();
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
  auto [client, server] = pair();
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
    auto [client, server] = pair();
    ASSERT_FALSE(client.try_receive() || server.try_receive());
    while (client.try_send(numbered_message(7, 50))) {}
    while (server.try_send(numbered_message(8, 20))) {}
    EXPECT_EQ(server.try_receive()->sequence(), 0u);
  }
  EXPECT_EQ(listener.statistics().open, 0u);
  EXPECT_EQ(listener.statistics().accepted, 50u);
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
    auto server = tiny.accept(1s);
    auto client = offer.try_finish();
    for (std::uint64_t n = 0; n < 30; ++n) {
      ASSERT_TRUE(client->try_send(numbered_message(n, 48)));
      EXPECT_EQ(number_in(server.try_receive()->data()), n);
    }
  }
}

TEST_F(a_channel, IsShownWithoutBeingDisturbed) {
  auto [client, server] = pair();
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
