// stoa/wait_point.hpp: what somebody waits for, told in a way that another thread can wait in his place.
#pragma once
#include <functional>
#include <stoa/waiting.hpp>

namespace stoa {

// Of one structure; its arrivals() makes one. The functions keep its bytes in place, and may be called by any thread,
// one at a time.
struct wait_point {
  wait_flag* flag = nullptr;       // nullptr: it cannot be announced that somebody sleeps
  std::function<bool()> is_ready;  // there may be something. What was there when it was made counts
  std::function<void()> look_for_the_dead{};  // may be empty
};

}  // namespace stoa
