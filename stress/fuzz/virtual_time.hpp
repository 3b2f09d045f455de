// virtual_time.hpp: a steady clock that nobody waits for. Who sleeps returns at once, and it is that much later; who
// asks what time it is makes it a little later. So a call with a timeout takes no time, ends after the same steps each
// time, and how long it would have waited can be asked.
//
// The linker puts these functions in place of the system's (CMakeLists.txt); the library knows nothing of it.
#pragma once
#include <chrono>

namespace stoa::fuzz {

// Since the process began.
std::chrono::nanoseconds virtual_time() noexcept;

// Called whenever somebody sleeps. nullptr: nothing is.
void on_sleep(void (*call)()) noexcept;

}  // namespace stoa::fuzz
