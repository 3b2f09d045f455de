// hostile_exchange.hpp: an exchange with calls in all states, and everything that can be done with it.
#pragma once
#include <algorithm>
#include <memory>

#include "hostile_users.hpp"

namespace stoa::testing {

inline constexpr std::size_t bytes_in_exchange = 50;
inline constexpr std::size_t slots_in_exchange = 3;
// More than a payload of a damaged header can have: it may say that there are fewer slots, and larger ones.
inline std::size_t room_in_exchange() {
  return exchange::bytes_for(exchange_shape{slots_in_exchange, bytes_in_exchange}).value();
}

// A call that waits, one that a process which is gone was at, and one whose caller is gone.
inline void publish_exchange(segment const& in) {
  in.publish<exchange>("it", slots_in_exchange, bytes_in_exchange);
  auto const gone = segment::open(in.name());
  auto const way = exchange_bytes::adopt(gone.entries().front().view()).value().way(side::front);
  for (int i = 0; i < 3; ++i) {
    auto const slot = way.take_slot(gone.attachment(), true);
    if (!slot) continue;
    slot.ask(1, bytes_in_exchange, 1);
    if (auto const seen = slot.pending(); seen && i != 0) slot.begin(*seen, short_owner_of(gone.attachment().self()));
    if (i == 2) slot.answer(1, response_state::done, bytes_in_exchange);
  }
}

inline void insist_on(std::span<std::byte const> bytes) {
  insist(bytes.size() <= room_in_exchange(), "a payload that does not fit");
  std::byte sum{};
  for (auto const each : bytes) sum ^= each;
  ignore(sum);
}
inline std::size_t answer_whatever(call_request const& request, std::span<std::byte> response) {
  insist_on(request.data());
  insist(response.size() <= room_in_exchange(), "room for a response that is not there");
  std::fill(response.begin(), response.end(), std::byte{1});
  return request.size();
}

inline user user_of_exchange(segment const& in) {
  auto const it = in.attach<exchange>("it");
  // Who only looks has none.
  auto const caller = in.is_read_only() ? nullptr : std::make_shared<exchange_client>(it.client());
  auto const bytes = std::make_shared<std::vector<std::byte>>(bytes_in_exchange);
  auto const see = [](result<call_reply> const& reply) {
    if (reply) insist_on(reply->data());
  };
  return {{[=] { ignore(it.statistics()); }},
          {[=] { see(caller->call(*bytes, 1, 0ms)); },
           [=] {
             auto pending = caller->start(*bytes, 1).value();
             auto service = it.server();
             ignore(service.try_serve(answer_whatever));
             ignore(service.serve_for(0ms, answer_whatever));
             see(pending.get_for(0ms));
           },
           [=] {
             auto request = caller->claim(bytes_in_exchange, 1).value();
             std::fill(request.bytes().begin(), request.bytes().end(), std::byte{2});
             see(request.call(0ms));
           },
           [=] {
             std::vector<pending_call> all;
             for (int i = 0; i < 3; ++i) all.push_back(caller->start(*bytes, 1).value());
           },
           [=] { ignore(caller->ping(0ms)); },
           [=] { it.server().close(); }}};
}

}  // namespace stoa::testing
