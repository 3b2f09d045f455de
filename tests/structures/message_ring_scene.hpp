// message_ring_scene.hpp: a message_ring that somebody dies or stops in.
#pragma once
#include <gtest/gtest.h>

#include <chrono>

#include "all_lanes.hpp"
#include "kill_each_instruction.hpp"
#include "message_ring_actor.hpp"

namespace stoa::testing {

struct scene {
  explicit scene(when_full full = when_full::wait)
      : ring{home.publish<message_ring>("m", ring_bytes_of_scene, options_of_scene(full))} {}

  scratch_name name;
  segment home = segment::create(name, 1u << 16,
                                 {.max_entries = 4, .max_participants = 4, .max_lanes = lanes});
  message_ring ring;
  shared_report reported;

  void fill(std::uint64_t count) const {
    for (std::uint64_t n = 1; n <= count; ++n) ASSERT_TRUE(send_number(ring, n));
  }
};

inline void complain(char const* what) { ADD_FAILURE() << what; }

// The ways in which those who live come to know of a death.
inline contents drained(scene const& where, std::size_t way, bool is_all = true) {
  auto const ring = way % 3 == 0 ? segment::open(where.name).attach<message_ring>("m") : where.ring;
  if (way % 3 == 1) ring.recover();
  return drained(ring.consumer(), way, complain, is_all);
}

inline void expect_all_room(message_ring const& ring) { check_all_room(ring, complain); }

inline void expect_all_lanes(scene const& where) {
  where.ring.recover();
  expect_a_lane_for_each_of(lanes, where.home);
  for (auto& each : where.home.attachment().map().used_lanes())
    for_each_name(each, [](lane_name& name) { EXPECT_EQ(op_of(name.what.load()), lane_op::none); });
}

}  // namespace stoa::testing
