// watchdog.hpp: ends the program, with a failure, if a trial hangs; the trial's segment goes with it.
#pragma once
#include "world.hpp"

namespace stoa::kill_suite {

// The watchdog sleeps again for a minute, and removes this world's segment if it wakes.
void watch_over(world const& trial);
// What the program was at, to be said then.
void watch_over_work(std::string const& description);

}  // namespace stoa::kill_suite
