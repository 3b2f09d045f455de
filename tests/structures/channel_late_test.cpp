// One side stands still after every single instruction of leaving, and the other leaves meanwhile.
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

// A channel with one place, whose server is a child that is about to leave.
struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  channel_listener made =
      home.publish<channel_listener>("service", channel_options{.clients = 1, .bytes_per_direction = 1024});
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
    EXPECT_TRUE(where.server.now() == stepped_child::state::finished || where.server.finish());
    EXPECT_NO_THROW(channel_offer(where.home, "service")) << "both have left, and the place is taken";
    return effect::undecided;
  });
}

}  // namespace
}  // namespace stoa::testing
