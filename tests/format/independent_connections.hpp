// independent_connections.hpp: the independent reader's idea of channels, exchanges and streams.
#pragma once
#include "independent_reader.hpp"

namespace independent {

// A participant in 24 bits.
struct short_owner {
  bool is_somebody = false;
  std::uint32_t place = 0;
  std::uint32_t generation = 0;  // the low 11 bits
};
short_owner owner_in(std::uint64_t low_bits);

// --- channel ---

struct sent_message {
  std::uint64_t sequence = 0;
  std::uint32_t type = 0;
  blob content;
};
struct channel_stream {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t send_refusals = 0;
  std::uint64_t read = 0;
  std::vector<sent_message> waiting;  // not received yet; of a connection that is open
};
struct channel_terms {
  std::uint32_t lowest_version = 0;
  std::uint32_t highest_version = 0;
  std::uint64_t largest_message = 0;
  std::uint64_t needed_message = 0;
  std::uint64_t checksums = 0;
};
enum class channel_state { free, connecting, offered, open, refused };
struct channel_place {
  channel_state state = channel_state::free;
  std::uint64_t generation = 0;
  short_owner client;
  short_owner server;
  std::uint64_t client_id = 0;  // whole
  std::uint64_t server_id = 0;
  channel_terms asked;
  std::uint64_t agreed_version = 0;
  std::uint64_t agreed_largest = 0;
  bool has_checksum = false;
  channel_stream to_server;
  channel_stream to_client;
};
struct channel_content {
  std::uint64_t ring_bytes = 0;
  std::uint64_t first_position = 0;
  channel_terms terms;
  std::uint64_t listener = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::vector<channel_place> places;
};
channel_content content_of_channel(entry const& from);

// --- exchange ---

enum class request_state { none, requested, cancelled };
enum class response_state { none, done, failed, lost, refused, skipped };
struct exchange_slot {
  std::uint64_t owner = 0;
  std::uint64_t generation = 0;  // of the request
  request_state request = request_state::none;
  std::uint32_t type = 0;
  blob question;  // empty if there is no request
  std::uint64_t answered_generation = 0;
  response_state response = response_state::none;
  blob answer;  // empty unless done or failed
  short_owner server;
  std::uint64_t served_generation = 0;  // the low 40 bits
  bool is_over = false;                 // nobody is at it
};
struct exchange_direction {
  std::vector<std::uint64_t> servers;  // those that are there
  std::uint64_t timeouts = 0;
  std::uint64_t lost = 0;
  std::uint64_t failures = 0;
  std::uint64_t refusals = 0;
  std::vector<exchange_slot> slots;
};
struct exchange_content {
  std::uint64_t payload_bytes = 0;
  std::uint64_t first_generation = 0;
  bool serves_again = false;
  std::vector<exchange_direction> directions;
};
exchange_content content_of_exchange(entry const& from);

// --- message_ring ---

struct message_block {
  bool is_free = true;  // as its word says; one that names a record that is over is free as well
  std::optional<std::uint64_t> position;  // of its record
  short_owner filler;                     // if it has no record
};
std::vector<message_block> blocks_of(entry const& from);

enum class stream_end { none, finished, aborted };
struct stream {
  std::uint64_t writer = 0;
  std::uint64_t number = 0;
  std::uint32_t type = 0;
  bool is_whole = true;  // from offset 0 on, without a gap
  stream_end end = stream_end::none;
  blob content;
};
// Of messages in their order; those that are no chunks are passed over. By their first chunks.
std::vector<stream> streams_in(std::vector<message> const& messages);

}  // namespace independent
