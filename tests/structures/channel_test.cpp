// What goes through a connection, and how it lies in the ring.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <vector>

#include "channel_fixture.hpp"
#include "refusal.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

TEST_F(a_channel, CarriesMessagesBothWaysInOrder) {
  meet();
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
  meet();
  ASSERT_TRUE(client.try_send(std::span<std::byte const>{}, 0));
  auto const got = server.try_receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->size(), 0u);
  EXPECT_EQ(got->type(), 0u);
}

TEST_F(a_channel, CarriesTheLargestMessageAndRefusesALargerOne) {
  meet();
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
  meet();
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
  meet();
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
  meet();
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
  meet();
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
  meet();
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

TEST_F(a_channel, AClaimThatIsMovedToAnotherIsThatOne) {
  meet();
  channel_claim claim;
  {
    auto first = client.claim(5, 8);
    std::memcpy(first.data(), "world", 5);
    claim = std::move(first);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what was moved from is empty
  }
  auto& same = claim;
  claim = std::move(same);
  ASSERT_TRUE(claim) << "moved to itself";
  EXPECT_EQ(claim.size(), 5u);
  claim.commit();
  EXPECT_EQ(text_of(server.try_receive()->data()), "world");
  auto unwanted = client.claim(100, 1);
  unwanted = channel_claim{};
  EXPECT_TRUE(client.claim(100, 1)) << "what stood there before was aborted";
  EXPECT_FALSE(server.try_receive());
}

TEST_F(a_channel, AClaimCanShrink) {
  meet();
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
  meet();
  telemetry const sample{7, 0.5};
  client.send(sample, 4);
  EXPECT_EQ(server.receive_as<telemetry>(4, 1s), sample);
  EXPECT_FALSE(server.try_receive_as<telemetry>(4));
  std::array<std::byte, 3> const raw{};
  client.send(raw, 1);
  EXPECT_EQ(server.try_receive()->size(), 3u);
}

TEST_F(a_channel, RefusesAValueOfAnotherTypeOrSizeAndKeepsTheMessage) {
  meet();
  client.send(telemetry{1, 2}, 4);
  EXPECT_EQ(refusal([&] { static_cast<void>(server.receive_as<telemetry>(5, 1s)); }), errc::type_mismatch);
  EXPECT_EQ(refusal([&] { static_cast<void>(server.receive_as<std::uint64_t>(4, 1s)); }), errc::type_mismatch);
  EXPECT_EQ(server.receive_as<telemetry>(4, 1s)->number, 1u);
}

static_assert(!sendable<std::string_view>, "its bytes are a pointer");
static_assert(!sendable<int*>);
static_assert(sendable<std::span<std::byte const>> && sendable<std::vector<std::byte>> && sendable<int>);

TEST_F(a_channel, CopiesAMessage) {
  meet();
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
  meet();
  for (std::uint64_t n = 0; n < 5; ++n) client.send(n);
  std::vector<std::uint64_t> seen;
  auto const note = [&](message_view const& each) { seen.push_back(number_in(each.data())); };
  EXPECT_EQ(server.poll(note, 2), 2u);
  EXPECT_THROW(server.poll([](auto const&) { throw std::runtime_error{"no"}; }), std::runtime_error);
  EXPECT_EQ(server.poll(note), 3u);
  EXPECT_THAT(seen, ::testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(server.poll(note), 0u);
}

TEST_F(a_channel, ACursorThatCannotBeIsNotBelieved) {
  meet();
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

}  // namespace
}  // namespace stoa::testing
