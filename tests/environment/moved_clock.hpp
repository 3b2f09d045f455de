// moved_clock.hpp: this process's clocks, as its administrator or its machine's sleep would move them. clock_gettime
// of a program that links moved_clock.cpp is the one defined there; the machine's clocks are left alone. The kernel
// counts the timeouts of futexes and of sleeps for itself: those stay as long as they are.
#pragma once
#include <chrono>

namespace stoa::testing {

// From now on that far from the machine's time of day. Any thread may call it.
void set_wall_clock_off_by(std::chrono::nanoseconds offset);
// The clock that timeouts are measured by goes on by so much at once.
void advance_steady_clock(std::chrono::nanoseconds by);
// From now on that clock goes so many times as fast: 1, or anything larger.
void hurry_steady_clock(int times);
// As the machine's again.
void put_clocks_right();

}  // namespace stoa::testing
