#include "world.hpp"

#include <atomic>
#include <barrier>
#include <stoa/lanes.hpp>
#include <thread>
#include <vector>

namespace stoa::kill_suite {

world::world()
    : home_{segment::create(name_, 1u << 16,
                            {.max_entries = 4, .max_participants = most_participants, .max_lanes = most_lanes})} {}

void world::expect_all_lanes(std::function<void()> const& use_one, complaints& bad) const {
  std::atomic<int> refused{0};
  std::barrier all_have_one{static_cast<std::ptrdiff_t>(most_lanes) - 1};
  auto const take_one = [&] {
    try {
      use_one();
    } catch (error const&) {
      ++refused;
    }
    all_have_one.arrive_and_wait();
  };
  use_one();  // this thread's own
  std::vector<std::thread> threads;
  for (std::uint32_t i = 1; i < most_lanes; ++i) threads.emplace_back(take_one);
  for (auto& each : threads) each.join();
  bad.expect(refused == 0, fmt::format("{} of {} lanes were lost", refused.load(), most_lanes));
  for (auto& each : home_.attachment().map().used_lanes())
    for_each_name(each, [&](lane_name& name) {
      auto const op = op_of(name.what.load(std::memory_order_acquire));
      bad.expect(op == lane_op::none || op == lane_op::returned, "a lane still names what is over");
    });
}

void world::expect_all_places(complaints& bad) const {
  std::vector<segment> others;
  for (std::uint32_t i = 1; i < most_participants; ++i) {
    auto other = segment::try_open(name_);
    if (!bad.expect(other.has_value(), "places of participants were lost")) return;
    others.push_back(std::move(*other));
  }
}

}  // namespace stoa::kill_suite
