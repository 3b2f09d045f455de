// channel_scene.hpp: the two sides of a connection in one process, as two participants.
#pragma once
#include <chrono>
#include <cstring>
#include <stoa/channel.hpp>
#include <stoa/channel_listener.hpp>
#include <stoa/channel_offer.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "numbered_message.hpp"

namespace stoa::testing {

inline std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }
inline std::string text_of(std::span<std::byte const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

struct connected_pair {
  channel client;
  channel server;
};
// Requires: nobody else has the listener's role.
inline connected_pair connected(segment const& client_side, channel_listener const& listener,
                                channel_terms const& terms = {}) {
  channel_offer offer{client_side, "service", terms};
  auto server = listener.accept(std::chrono::seconds{30});
  auto client = offer.try_finish();
  return {std::move(client.value()), std::move(server)};
}

inline bool send_number(channel& through, std::uint64_t number) {
  return through.try_send(numbered_message(number), static_cast<std::uint32_t>(number));
}

}  // namespace stoa::testing
