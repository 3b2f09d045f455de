// channel_fixture.hpp: a test that has a listener with two places and a client's side in another participant.
#pragma once
#include <gtest/gtest.h>

#include <utility>

#include "channel_scene.hpp"
#include "elements.hpp"

namespace stoa::testing {

class a_channel : public ::testing::Test {
 protected:
  static constexpr std::uint64_t ring = 512;
  static channel_options options(std::uint32_t clients = 2) {
    return {.clients = clients, .bytes_per_direction = ring, .first_position = 0 - 5 * record_align};
  }
  connected_pair pair(channel_terms const& terms = {}) { return connected(views.second, listener, terms); }
  void meet(channel_terms const& terms = {}) {
    auto made = pair(terms);
    client = std::move(made.client);
    server = std::move(made.server);
  }

  two_views views;
  channel_listener listener = views.first.publish<channel_listener>("service", options());
  channel client;
  channel server;
};

}  // namespace stoa::testing
