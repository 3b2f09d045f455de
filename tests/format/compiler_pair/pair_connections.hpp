// pair_connections.hpp: a channel, an exchange and streams between two programs, one of which visits the other.
#pragma once
#include <chrono>
#include <string>

#include "pair_messages.hpp"

namespace stoa::testing {

inline constexpr std::chrono::seconds pair_patience{30};

// A stream that is many times as large as the ring it goes through.
inline std::vector<std::byte> pair_stream() {
  std::vector<std::byte> out;
  for (std::uint64_t number = 0; number < 200; ++number) {
    auto const text = pair_text(number);
    out.insert(out.end(), text.begin(), text.end());
  }
  return out;
}

inline void publish_connections(segment const& where) {
  large_messages const large{.blocks = 4, .block_bytes = 1024, .above = 500};
  where.publish<channel_listener>("talk", channel_options{.clients = 1, .bytes_per_direction = 4096});
  where.publish<exchange>("calls", 2, 1024, exchange_options{.two_way = true});
  where.publish<message_ring>("uploads", 4096, message_ring_options{.checksum = true, .large = large});
}

// Each of these says what was not as it should be; empty: all was.

inline std::string visit(segment const& where, std::uint64_t count) {
  auto peer = channel::connect(where, "talk", pair_patience, {.checksums = checksums::required});
  if (!peer.has_checksums()) return "talk: no checksums";
  for (std::uint64_t number = 0; number < count; ++number) {
    if (!peer.send(pair_text(number), static_cast<std::uint32_t>(number), pair_patience)) return "talk";
    auto const echo = peer.receive_for(pair_patience);
    if (!echo || !is_pair(*echo, number, number)) return "talk";
  }
  auto caller = where.attach<exchange>("calls").client();
  for (std::uint64_t number = 0; number < count; ++number) {
    auto const reply = caller.call(pair_text(number), static_cast<std::uint32_t>(number), pair_patience);
    if (!reply || !std::ranges::equal(reply->data(), pair_text(number + 1))) return "calls";
  }
  auto service = where.attach<exchange>("calls").server(stoa::side::back);
  bool is_question_whole = false;
  service.serve_one_for(pair_patience, [&](call_request const& request, auto) {
    is_question_whole = request.type() == 5 && std::ranges::equal(request.data(), pair_text(5));
  });
  if (!is_question_whole) return "calls from the back";
  message_stream_writer upload{where.attach<message_ring>("uploads"), 9, 900};
  auto const all = pair_stream();
  bool const is_written = upload.write_for(all, pair_patience) == all.size();
  return is_written && upload.finish_until(deadline::after(pair_patience)) ? std::string{} : "uploads";
}

inline std::string host(segment const& where, std::uint64_t count) {
  auto peer = where.attach<channel_listener>("talk").accept(pair_patience);
  for (std::uint64_t number = 0; number < count; ++number) {
    auto const got = peer.receive_for(pair_patience);
    if (!got || !is_pair(*got, number, number)) return "talk";
    if (!peer.send(got->data(), got->type(), pair_patience)) return "talk";
  }
  auto const calls = where.attach<exchange>("calls");
  auto service = calls.server();
  for (std::uint64_t number = 0; number < count; ++number) {
    bool is_question_whole = false;
    service.serve_one_for(pair_patience, [&](call_request const& request, std::span<std::byte> response) {
      is_question_whole = request.type() == number && std::ranges::equal(request.data(), pair_text(number));
      auto const answer = pair_text(number + 1);
      std::ranges::copy(answer, response.begin());
      return answer.size();
    });
    if (!is_question_whole) return "calls";
  }
  if (!calls.client(stoa::side::back).call(pair_text(5), 5, pair_patience)) return "calls from the back";
  message_stream_reader incoming{where.attach<message_ring>("uploads").consumer()};
  auto const upload = incoming.receive_for(pair_patience);
  bool const is_whole = upload && upload->end == stream_end::finished && upload->type == 9;
  return is_whole && std::ranges::equal(upload->bytes, pair_stream()) ? std::string{} : "uploads";
}

}  // namespace stoa::testing
