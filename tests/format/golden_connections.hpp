// golden_connections.hpp: channel, exchange and streams of the golden segments, and what is in them when the processes
// that work on them are killed.
//
//   connections   a channel with a connection of each state, and an exchange with a call of each: two processes
//   streams       a message_ring with streams that are finished, given up and under way, and two blocks being filled
#pragma once
#include <stdexcept>

#include "golden_messages.hpp"

namespace stoa::testing {

inline std::span<std::byte const> bytes_in(std::string const& text) { return std::as_bytes(std::span{text}); }

// A message, request or response, known by its number.
struct golden_item {
  std::uint32_t number;
  std::size_t size;
};

// --- a channel ---

inline constexpr std::uint64_t golden_first_record = 0 - std::uint64_t{64};  // before positions wrap
inline constexpr channel_terms golden_listener_terms{.highest_version = 2, .checksums = checksums::required};
inline constexpr channel_terms golden_client_terms{.highest_version = 3, .largest_message = 100};
inline constexpr channel_terms golden_refused_terms{.lowest_version = 8, .highest_version = 9};
// To the server: the first was received; the second did not fit before the ring's end.
inline constexpr std::array<golden_item, 4> golden_to_server{{{1, 20}, {2, 40}, {3, 0}, {4, 30}}};
// To the client, which received none.
inline constexpr std::array<golden_item, 2> golden_to_client{{{11, 10}, {12, 100}}};

template <std::size_t N>
void send_items(channel& to, std::array<golden_item, N> const& items) {
  for (auto const& each : items) to.try_send(bytes_in(golden_text(each.number, each.size)), each.number);
}

// "orders": one connection is open, one was refused, one is offered. Calls `then` while all are there.
template <class Then>
void with_channel(segment const& server, segment const& client, Then then) {
  channel_options const three{.clients = 3,
                              .bytes_per_direction = 256,
                              .terms = golden_listener_terms,
                              .first_position = golden_first_record};
  auto const listener = server.publish<channel_listener>("orders", three);
  channel_offer first{client, "orders", golden_client_terms};
  auto at_server = listener.try_accept();
  auto at_client = first.try_finish();
  send_items(*at_client, golden_to_server);
  at_server->try_receive()->release();
  send_items(*at_server, golden_to_client);
  channel_offer const refused{client, "orders", golden_refused_terms};
  static_cast<void>(listener.try_accept());
  channel_offer const offered{client, "orders", golden_client_terms};
  then();
}

// --- an exchange ---

inline constexpr std::uint64_t golden_first_call = (std::uint64_t{1} << 56) - 2;  // before generations wrap
inline constexpr std::size_t golden_payload_bytes = 40;
inline constexpr golden_item golden_response{101, 11};
inline constexpr char golden_failure[] = "out of stock";
// Answered, and got; its slot is that of the next.
inline constexpr golden_item golden_answered{1, 8};
inline constexpr golden_item golden_failed{2, 16};  // its handler threw; nobody has got that
inline constexpr golden_item golden_served{3, 24};  // its server dies
inline constexpr golden_item golden_requested{4, 40};
inline constexpr golden_item golden_cancelled{5, 0};
inline constexpr golden_item golden_from_back{6, 32};  // of the other direction

inline pending_call start_item(exchange_client& caller, golden_item const& item) {
  return caller.start(bytes_in(golden_text(item.number, item.size)), item.number).value();
}

// "calls": calls `then` in the handler of one of them.
template <class Then>
void with_calls(segment const& server, segment const& client, Then then) {
  exchange_options const both{
      .two_way = true, .after_server_death = after_server_death::serve_again, .first_generation = golden_first_call};
  auto const served = server.publish<exchange>("calls", 4, golden_payload_bytes, both);
  auto service = served.server();
  auto caller = client.attach<exchange>("calls").client();
  auto answered = start_item(caller, golden_answered);
  service.try_serve([](auto const&, std::span<std::byte> response) {
    auto const text = golden_text(golden_response.number, golden_response.size);
    std::ranges::copy(bytes_in(text), response.begin());
    return text.size();
  });
  answered.get().value().close();
  auto const failed = start_item(caller, golden_failed);
  service.try_serve([](auto const&, auto) { throw std::runtime_error{golden_failure}; });
  auto const begun = start_item(caller, golden_served);
  auto const waiting = start_item(caller, golden_requested);
  start_item(caller, golden_cancelled).cancel();
  auto caller_at_back = served.client(stoa::side::back);
  auto const from_back = start_item(caller_at_back, golden_from_back);
  service.try_serve([&](auto const&, auto) { then(); });
}

// --- streams ---

inline constexpr std::uint32_t golden_finished_type = 5;
inline constexpr std::uint32_t golden_broken_type = 6;
inline constexpr std::uint32_t golden_aborted_type = 7;
inline constexpr golden_item golden_no_chunk{8, 20};
inline std::string golden_finished_text() { return golden_text(31, 300); }
inline std::string golden_broken_text() { return golden_text(32, 50); }
inline std::string golden_aborted_text() { return golden_text(33, 10); }

// "uploads". One block is of a claim that is not committed, one of a claim that has no record yet. Calls `then` with
// the number of the first stream while all are there.
template <class Then>
void with_streams(segment const& made, Then then) {
  large_messages const large{.blocks = 4, .block_bytes = 256, .above = 100};
  auto const uploads = made.publish<message_ring>(
      "uploads", 2048,
      message_ring_options{.timestamps = message_time::none, .large = large, .first_position = golden_first_position});
  message_stream_writer finished{uploads, golden_finished_type, 200};  // in blocks
  message_stream_writer broken{uploads, golden_broken_type, 20};
  message_stream_writer aborted{uploads, golden_aborted_type};
  static_cast<void>(finished.try_write(bytes_in(golden_finished_text())));
  static_cast<void>(aborted.try_write(bytes_in(golden_aborted_text())));
  static_cast<void>(broken.try_write(bytes_in(golden_broken_text())));
  send_text(uploads, golden_no_chunk.number, golden_no_chunk.size);
  static_cast<void>(aborted.try_abort());
  static_cast<void>(finished.try_finish());
  auto const claimed = uploads.claim(200);
  auto const entry = made.attachment().attach("uploads", message_ring::identity()).value();
  auto const filling = message_ring_bytes::adopt(entry->view()).value().blocks();
  // As it is between the claim of a block and that of a record.
  filling.word(4).store(make_block_word(short_owner_of(made.attachment().self())), std::memory_order_relaxed);
  then(finished.id().number);
  filling.word(4).store(0, std::memory_order_relaxed);
}

}  // namespace stoa::testing
