// The library finds in channels, exchanges and streams of golden segments what killed processes left there, and goes on
// with them.
#include "golden_connections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "golden_copy.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;

bool is_golden(std::span<std::byte const> bytes, golden_item const& item) {
  return std::ranges::equal(bytes, bytes_in(golden_text(item.number, item.size)));
}

// --- channel ---

// One side of the connection that is open, from its beginning: what it had received before is still in the ring.
std::shared_ptr<internal::channel_connection> side_of(segment const& opened, internal::channel_side side) {
  auto const entry = opened.attachment().attach("orders", channel_listener::identity()).value();
  auto const bytes = channel_bytes::adopt(entry->view()).value();
  for (std::uint64_t i = 0; i < bytes.clients(); ++i) {
    auto const& place = bytes.place(i);
    auto const word = place.word.load();
    if (channel_state_in(word) != channel_state::open) continue;
    auto const& other = side == internal::channel_side::client ? place.server : place.client;
    internal::channel_seat const seat{
        i, word, side, other.load(),
        {static_cast<std::uint32_t>(place.agreed_version.load()), place.agreed_checksum.load() != 0,
         place.agreed_largest.load()}};
    EXPECT_EQ(seat.agreed.version, 2u);
    EXPECT_TRUE(seat.agreed.checksum);
    EXPECT_EQ(seat.agreed.largest_message, golden_client_terms.largest_message);
    return std::make_shared<internal::channel_connection>(entry, bytes, seat);
  }
  throw std::runtime_error{"no connection is open"};
}

template <std::size_t N>
void expect_items(internal::channel_connection& at, std::array<golden_item, N> const& items) {
  message_view seen;
  for (std::size_t i = 0; i < N; ++i) {
    ASSERT_TRUE(at.look(seen)) << items[i].number;
    EXPECT_EQ(seen.type(), items[i].number);
    EXPECT_EQ(seen.sequence(), i);
    EXPECT_TRUE(is_golden(seen.data(), items[i])) << items[i].number;
    at.receiving().take();
    at.receiving().release();
  }
  EXPECT_FALSE(at.look(seen));
  EXPECT_TRUE(at.is_at_end());
}

TEST(golden_channel, MessagesAreReceivedByEitherSide) {
  golden_copy const copy{"connections_v1.hex"};
  auto const opened = copy.open();
  auto const server = side_of(opened, internal::channel_side::server);
  auto const client = side_of(opened, internal::channel_side::client);
  expect_items(*server, golden_to_server);
  expect_items(*client, golden_to_client);
}

TEST(golden_channel, SaysWhatItsConnectionsAre) {
  golden_copy const copy{"connections_v1.hex"};
  auto const counts = segment::open_read_only("golden", copy.where()).attach<channel_listener>("orders").statistics();
  EXPECT_EQ(counts.places, 3u);
  EXPECT_EQ(counts.open, 1u);
  EXPECT_EQ(counts.waiting, 1u);
  EXPECT_EQ(counts.accepted, 1u);
  EXPECT_EQ(counts.refused, 1u);
  EXPECT_EQ(counts.to_server, golden_to_server.size() - 1);
  EXPECT_EQ(counts.to_client, golden_to_client.size());
}

TEST(golden_channel, PlacesOfTheDeadAreForTheNext) {
  golden_copy const copy{"connections_v1.hex"};
  auto const server = copy.open();
  auto const client = copy.open();
  auto const listener = server.attach<channel_listener>("orders");
  EXPECT_FALSE(listener.has_listener());
  EXPECT_FALSE(listener.try_accept()) << "who asked is dead";
  std::vector<channel> held;
  for (int i = 0; i < 3; ++i) {
    channel_offer offer{client, "orders", golden_client_terms};
    auto at_server = listener.try_accept();
    auto at_client = offer.try_finish();
    ASSERT_TRUE(at_server && at_client);
    EXPECT_EQ(at_client->version(), 2u);
    EXPECT_TRUE(at_client->has_checksums());
    EXPECT_TRUE(at_client->try_send(bytes_in("there")));
    EXPECT_TRUE(std::ranges::equal(at_server->try_receive()->data(), bytes_in("there")));
    EXPECT_TRUE(at_server->try_send(bytes_in("and back")));
    EXPECT_TRUE(std::ranges::equal(at_client->try_receive()->data(), bytes_in("and back")));
    held.push_back(std::move(*at_server));
    held.push_back(std::move(*at_client));
  }
}

// --- exchange ---

// The requests that a server finds, which answers each with what it is asked.
std::vector<std::uint32_t> served_by(exchange_server& service) {
  std::vector<std::uint32_t> out;
  auto const echo = [&](call_request const& request, std::span<std::byte> response) {
    out.push_back(request.type());
    EXPECT_TRUE(is_golden(request.data(), {request.type(), request.size()})) << request.type();
    std::ranges::copy(request.data(), response.begin());
    return request.size();
  };
  while (service.try_serve(echo)) continue;
  return out;
}

TEST(golden_exchange, RequestsNobodyAnsweredAreServed) {
  golden_copy const copy{"connections_v1.hex"};
  auto const opened = copy.open();
  auto const calls = opened.attach<exchange>("calls");
  EXPECT_TRUE(calls.is_two_way());
  EXPECT_EQ(calls.payload_bytes(), golden_payload_bytes);
  EXPECT_EQ(calls.statistics().calls, 6u);
  EXPECT_EQ(calls.statistics().waiting, 3u);
  EXPECT_EQ(calls.statistics().servers, 1u);
  EXPECT_EQ(calls.statistics().taken, 5u);
  auto front = calls.server();
  auto back = calls.server(stoa::side::back);
  EXPECT_THAT(served_by(front), ElementsAre(golden_served.number, golden_requested.number))
      << "the one whose server died first";
  EXPECT_THAT(served_by(back), ElementsAre(golden_from_back.number));
  EXPECT_EQ(calls.statistics().waiting, 0u);
}

TEST(golden_exchange, SlotsOfTheDeadAreForTheNext) {
  golden_copy const copy{"connections_v1.hex"};
  auto const opened = copy.open();
  auto const calls = opened.attach<exchange>("calls");
  auto service = calls.server();
  auto caller = calls.client();
  std::vector<pending_call> asked;
  for (std::uint32_t number = 1; number <= calls.slots(); ++number) asked.push_back(start_item(caller, {number, 30}));
  EXPECT_THAT(served_by(service), ElementsAre(1, 2, 3, 4));
  for (std::uint32_t number = 1; number <= asked.size(); ++number)
    EXPECT_TRUE(is_golden(asked[number - 1].get().value().data(), {number, 30})) << number;
  EXPECT_EQ(calls.statistics().taken, 2u) << "the one that the caller keeps, and that of the other direction";
}

// --- streams ---

TEST(golden_streams, AreReadUpToTheirEnds) {
  golden_copy const copy{"streams_v1.hex"};
  auto const opened = copy.open();
  auto const uploads = opened.attach<message_ring>("uploads");
  message_stream_reader incoming{uploads.consumer()};
  std::vector<message_stream> seen;
  while (auto got = incoming.receive_for(std::chrono::seconds{seen.size() < 3 ? 60 : 0})) seen.push_back(*got);
  ASSERT_EQ(seen.size(), 3u);
  auto const check = [&](std::size_t i, stream_end end, std::uint32_t type, std::uint64_t number,
                         std::string const& text) {
    EXPECT_EQ(seen[i].end, end) << type;
    EXPECT_EQ(seen[i].type, type);
    EXPECT_EQ(seen[i].id.number, number);
    EXPECT_TRUE(std::ranges::equal(seen[i].bytes, bytes_in(text))) << type;
  };
  check(0, stream_end::aborted, golden_aborted_type, 3, golden_aborted_text());
  check(1, stream_end::finished, golden_finished_type, 1, golden_finished_text());
  check(2, stream_end::broken, golden_broken_type, 2, golden_broken_text());
  EXPECT_EQ(incoming.foreign(), 1u);
}

TEST(golden_streams, BlocksOfTheDeadAreForTheNext) {
  golden_copy const copy{"streams_v1.hex"};
  auto const looking = segment::open_read_only("golden", copy.where());
  EXPECT_EQ(looking.attach<message_ring>("uploads").statistics().blocks_used, 4u);
  auto const opened = copy.open();
  auto const uploads = opened.attach<message_ring>("uploads");
  auto const consumer = uploads.consumer();
  while (auto got = consumer.try_receive()) got->commit();
  for (std::uint64_t number = 1; number <= 4; ++number)
    ASSERT_TRUE(uploads.send_for(bytes_in(golden_text(number, 250)), static_cast<std::uint32_t>(number),
                                 std::chrono::seconds{60}))
        << number;
  EXPECT_EQ(uploads.statistics().blocks_used, 4u);
  for (std::uint64_t number = 1; number <= 4; ++number) {
    auto got = consumer.receive_for(std::chrono::seconds{60});
    ASSERT_TRUE(got) << number;
    EXPECT_EQ(got->type(), number);
    EXPECT_TRUE(is_golden(got->data(), {static_cast<std::uint32_t>(number), 250}));
    got->commit();
  }
}

}  // namespace
}  // namespace stoa::testing
