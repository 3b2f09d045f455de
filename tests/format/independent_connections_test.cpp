// What a reader written from docs/format.md alone finds in channels, exchanges and streams is what killed processes
// left there, and what the library finds.
#include "independent_connections.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "golden_connections.hpp"
#include "independent_bytes.hpp"
#include "rendered.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;

independent::blob blob_of(golden_item const& item) {
  return independent::copy_of(bytes_in(golden_text(item.number, item.size)));
}
std::uint64_t id_of(independent::segment const& in, std::size_t participant) {
  return in.participants().at(participant).id;
}
void expect_owner(independent::short_owner const& found, std::uint64_t id) {
  EXPECT_TRUE(found.is_somebody);
  EXPECT_EQ(found.place, (id & 0xFFFF) - 1);
  EXPECT_EQ(found.generation, id >> 16 & 0x7FF);
}
independent::channel_place const& in_state(independent::channel_content const& all, independent::channel_state state) {
  auto const found = std::ranges::find(all.places, state, &independent::channel_place::state);
  if (found == all.places.end()) throw std::runtime_error{"no place is in that state"};
  return *found;
}

// --- channel ---

template <std::size_t N>
void expect_waiting(independent::channel_stream const& stream, std::array<golden_item, N> const& items) {
  EXPECT_EQ(stream.sent, items.size());
  ASSERT_EQ(stream.waiting.size(), items.size() - stream.received);
  for (auto i = stream.received; i < items.size(); ++i) {
    auto const& found = stream.waiting[i - stream.received];
    EXPECT_EQ(found.sequence, i);
    EXPECT_EQ(found.type, items[i].number);
    EXPECT_EQ(found.content, blob_of(items[i]));
  }
}

TEST(independent_channel, ReadsWhatIsSentAndNotReceived) {
  auto const file = golden("connections_v1.hex");
  independent::segment const found{file};
  auto const orders = independent::content_of_channel(*found.find("orders"));
  auto const& open = in_state(orders, independent::channel_state::open);
  EXPECT_EQ(open.to_server.received, 1u);
  EXPECT_EQ(open.to_client.received, 0u);
  expect_waiting(open.to_server, golden_to_server);
  expect_waiting(open.to_client, golden_to_client);
  EXPECT_EQ(open.agreed_version, 2u);
  EXPECT_EQ(open.agreed_largest, golden_client_terms.largest_message);
  EXPECT_TRUE(open.has_checksum);
  expect_owner(open.server, id_of(found, 0));
  expect_owner(open.client, id_of(found, 1));
  EXPECT_EQ(open.server_id, id_of(found, 0));
  EXPECT_EQ(open.client_id, id_of(found, 1));
}

TEST(independent_channel, ReadsOffersAndTerms) {
  auto const file = golden("connections_v1.hex");
  independent::segment const found{file};
  auto const orders = independent::content_of_channel(*found.find("orders"));
  EXPECT_EQ(orders.ring_bytes, 256u);
  EXPECT_EQ(orders.first_position, golden_first_record);
  EXPECT_EQ(orders.listener, id_of(found, 0));
  EXPECT_EQ(orders.accepted, 1u);
  EXPECT_EQ(orders.refused, 1u);
  EXPECT_EQ(orders.terms.highest_version, golden_listener_terms.highest_version);
  EXPECT_EQ(orders.terms.checksums, 1u);
  auto const& offered = in_state(orders, independent::channel_state::offered);
  expect_owner(offered.client, id_of(found, 1));
  EXPECT_FALSE(offered.server.is_somebody);
  EXPECT_EQ(offered.asked.highest_version, golden_client_terms.highest_version);
  EXPECT_EQ(offered.asked.largest_message, golden_client_terms.largest_message);
  auto const& refused = in_state(orders, independent::channel_state::refused);
  EXPECT_EQ(refused.asked.lowest_version, golden_refused_terms.lowest_version);
  EXPECT_EQ(refused.agreed_version, 73u);
}

TEST(independent_channel, AChangedByteIsNotOfItsChecksum) {
  auto file = golden("connections_v1.hex");
  first_of(golden_text(golden_to_server[1].number, golden_to_server[1].size), file) ^= std::byte{1};
  independent::segment const found{file};
  EXPECT_THROW(independent::content_of_channel(*found.find("orders")), independent::format_error);
}

TEST(independent_channel, FindsWhatTheLibraryReceivesWhileItChanges) {
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  auto const other = segment::open(name);
  auto const listener = made.publish<channel_listener>(
      "orders", channel_options{.clients = 1, .bytes_per_direction = 1024, .first_position = golden_first_record});
  channel_offer offer{other, "orders"};
  auto server = listener.try_accept();
  auto client = offer.try_finish();
  std::mt19937 chance{7};
  std::uint32_t sent = 0, received = 0;
  for (int round = 0; round < 2000; ++round) {
    for (auto left = chance() % 4; left > 0; --left)
      sent += client->try_send(bytes_in(golden_text(sent, sent * 31 % 400)), sent);
    for (auto left = chance() % 4; left > 0; --left) received += server->try_receive().has_value();
    if (round % 20 != 0) continue;
    auto const file = read_file(name.path());
    auto const found = independent::content_of_channel(*independent::segment{file}.find("orders"));
    auto const& waiting = found.places[0].to_server.waiting;
    ASSERT_EQ(waiting.size(), sent - received);
    for (std::uint32_t i = 0; i < waiting.size(); ++i) {
      EXPECT_EQ(waiting[i].sequence, received + i);
      EXPECT_EQ(waiting[i].type, received + i);
      EXPECT_EQ(waiting[i].content, blob_of({received + i, (received + i) * 31 % 400}));
    }
  }
  EXPECT_GT(received, 1000u);
}

// --- exchange ---

TEST(independent_exchange, ReadsCallsOfEachState) {
  using independent::request_state;
  using independent::response_state;
  auto const file = golden("connections_v1.hex");
  independent::segment const found{file};
  auto const calls = independent::content_of_exchange(*found.find("calls"));
  EXPECT_EQ(calls.payload_bytes, golden_payload_bytes);
  EXPECT_TRUE(calls.serves_again);
  ASSERT_EQ(calls.directions.size(), 2u);
  auto const& front = calls.directions[0];
  auto const& back = calls.directions[1];
  EXPECT_THAT(front.servers, ElementsAre(id_of(found, 0)));
  EXPECT_THAT(back.servers, ElementsAre());

  auto const& failed = front.slots[0];  // the second of its slot: generations have wrapped
  EXPECT_EQ(failed.generation, 0u);
  EXPECT_EQ(failed.question, blob_of(golden_failed));
  EXPECT_EQ(failed.answered_generation, 0u);
  EXPECT_EQ(failed.response, response_state::failed);
  EXPECT_EQ(failed.answer, independent::copy_of(bytes_in(golden_failure)));
  EXPECT_TRUE(failed.is_over);
  EXPECT_EQ(failed.owner, id_of(found, 1));

  auto const& served = front.slots[1];
  EXPECT_EQ(served.request, request_state::requested);
  EXPECT_EQ(served.type, golden_served.number);
  EXPECT_EQ(served.question, blob_of(golden_served));
  EXPECT_FALSE(served.is_over);
  EXPECT_EQ(served.generation & 0xFF'FFFF'FFFF, served.served_generation);
  expect_owner(served.server, id_of(found, 0));

  auto const& requested = front.slots[2];
  EXPECT_EQ(requested.question, blob_of(golden_requested));
  EXPECT_TRUE(requested.is_over);
  EXPECT_FALSE(requested.server.is_somebody);
  EXPECT_EQ(requested.answered_generation, golden_first_call);
  EXPECT_EQ(requested.response, response_state::skipped);

  EXPECT_EQ(front.slots[3].request, request_state::cancelled);
  EXPECT_EQ(front.slots[3].generation, golden_first_call + 1);
  EXPECT_EQ(back.slots[0].question, blob_of(golden_from_back));
  EXPECT_EQ(back.slots[0].owner, id_of(found, 0));
  EXPECT_EQ(back.slots[1].owner, 0u);
  EXPECT_EQ(back.slots[1].generation, calls.first_generation);
}

TEST(independent_exchange, ReadsAResponse) {
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  auto const calls = made.publish<exchange>("calls", 1, golden_payload_bytes);
  auto service = calls.server();
  auto caller = calls.client();
  auto const pending = start_item(caller, golden_answered);
  service.try_serve([](auto const&, std::span<std::byte> response) {
    auto const text = golden_text(golden_response.number, golden_response.size);
    std::ranges::copy(bytes_in(text), response.begin());
    return text.size();
  });
  auto const file = read_file(name.path());
  auto const found = independent::content_of_exchange(*independent::segment{file}.find("calls"));
  ASSERT_EQ(found.directions.size(), 1u);
  EXPECT_FALSE(found.serves_again);
  auto const& slot = found.directions[0].slots[0];
  EXPECT_EQ(slot.response, independent::response_state::done);
  EXPECT_EQ(slot.answered_generation, slot.generation);
  EXPECT_EQ(slot.answer, blob_of(golden_response));
}

// --- streams ---

TEST(independent_streams, ReadsThemAndTheirBlocks) {
  auto const file = golden("streams_v1.hex");
  independent::segment const found{file};
  auto const uploads = *found.find("uploads");
  auto const messages = independent::messages_of(uploads);
  auto const streams = independent::streams_in(messages);
  ASSERT_EQ(streams.size(), 3u);
  auto const check = [&](std::size_t i, independent::stream_end end, std::uint32_t type, std::uint64_t number,
                         std::string const& text) {
    EXPECT_EQ(streams[i].writer, id_of(found, 0));
    EXPECT_EQ(streams[i].number, number);
    EXPECT_EQ(streams[i].type, type);
    EXPECT_EQ(streams[i].end, end) << type;
    EXPECT_TRUE(streams[i].is_whole) << type;
    EXPECT_EQ(streams[i].content, independent::copy_of(bytes_in(text))) << type;
  };
  check(0, independent::stream_end::finished, golden_finished_type, 1, golden_finished_text());
  check(1, independent::stream_end::aborted, golden_aborted_type, 3, golden_aborted_text());
  check(2, independent::stream_end::none, golden_broken_type, 2, golden_broken_text());
  EXPECT_EQ(std::ranges::count(messages, golden_no_chunk.number, &independent::message::type), 1);

  auto const blocks = independent::blocks_of(uploads);
  ASSERT_EQ(blocks.size(), 4u);
  EXPECT_TRUE(std::ranges::none_of(blocks, &independent::message_block::is_free));
  EXPECT_EQ(blocks[0].position, golden_first_position);
  EXPECT_EQ(blocks[1].position, golden_first_position + record_unit);
  EXPECT_TRUE(blocks[2].position) << "of the claim that is not committed";
  EXPECT_EQ(std::ranges::count(messages, true, &independent::message::is_in_block), 2);
  EXPECT_FALSE(blocks[3].position);
  expect_owner(blocks[3].filler, id_of(found, 0));
}

TEST(independent_streams, OneWithAGapIsNotWhole) {
  auto const file = golden("streams_v1.hex");
  independent::segment const found{file};
  auto messages = independent::messages_of(*found.find("uploads"));
  messages.erase(messages.begin());  // the first chunk of the finished one
  auto const streams = independent::streams_in(messages);
  ASSERT_EQ(streams.size(), 3u);
  EXPECT_EQ(streams[0].type, golden_finished_type);
  EXPECT_FALSE(streams[0].is_whole);
  EXPECT_TRUE(streams[1].is_whole && streams[2].is_whole);
}

TEST(independent_connections, StayInsideOfWhatIsDamaged) {
  read_damaged("connections_v1.hex", [](independent::entry const& each) {
    if (each.kind == "channel")
      EXPECT_LE(independent::content_of_channel(each).places.size(), 3u);
    else
      EXPECT_LE(independent::content_of_exchange(each).directions.size(), 2u);
  });
  read_damaged("streams_v1.hex", [](independent::entry const& each) {
    EXPECT_LE(independent::streams_in(independent::messages_of(each)).size(), 5u);
    EXPECT_LE(independent::blocks_of(each).size(), 4u);
  });
}

}  // namespace
}  // namespace stoa::testing
