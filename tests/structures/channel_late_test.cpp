// One side stands still after every single instruction of coming or leaving, and the other goes on meanwhile.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stoa/channel.hpp>
#include <stoa/channel_listener.hpp>
#include <stoa/channel_offer.hpp>

#include "elements.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

channel_options const one_place{.clients = 1, .bytes_per_direction = 1024};

// A channel with one place, whose server is a child that is about to leave.
struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  channel_listener made = home.publish<channel_listener>("service", one_place);
  channel_offer offer{home, "service"};
  stepped_child server{[this] {
    auto const listener = segment::open(name).attach<channel_listener>("service");
    auto const side = std::make_shared<channel>(listener.accept(30s));
    return [listener, side] { side->close(); };
  }};
  std::optional<channel> client = offer.try_finish();
};

TEST(channel_late, WhoLeavesDoesNotUndoThatTheOtherHasLeft) {
  auto const trace = [] { return scene{}.server.trace(); };
  for_each_instruction(trace, [](cut const& here) {
    scene where;
    here.lead(where.server);
    EXPECT_TRUE(where.client.has_value());
    where.client.reset();
    EXPECT_TRUE(where.server.finish());
    EXPECT_NO_THROW(channel_offer(where.home, "service")) << "both have left, and the place is taken";
    return effect::undecided;
  });
}

TEST(channel_late, WhatAnOfferAsksForIsThereWhenItIsAccepted) {
  struct offering_scene {
    scratch_name name;
    segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
    channel_listener listener = home.publish<channel_listener>("service", one_place);
    stepped_child client{[this] {
      auto const there = segment::open(name);
      auto const offer = std::make_shared<std::optional<channel_offer>>();
      return [there, offer] { offer->emplace(there, "service"); };
    }};
  };
  auto const trace = [] { return offering_scene{}.client.trace(); };
  for_each_instruction(trace, [](cut const& here) {
    offering_scene where;
    here.lead(where.client);
    auto accepted = where.listener.try_accept();
    EXPECT_TRUE(where.client.finish());
    if (!accepted) accepted = where.listener.try_accept();
    EXPECT_TRUE(accepted);
    EXPECT_EQ(where.listener.statistics().refused, 0u) << "for terms that were not there yet";
    return effect::undecided;
  });
}

}  // namespace
}  // namespace stoa::testing
