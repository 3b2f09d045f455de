// stop.hpp: Ctrl-C and SIGTERM end a program between two steps of its work.
#pragma once
#include <csignal>

namespace examples {

inline volatile std::sig_atomic_t stop_flag = 0;

inline void stop_on_signals() {
  for (int const number : {SIGINT, SIGTERM, SIGHUP})
    std::signal(number, [](int) { stop_flag = 1; });
}
inline bool stop_requested() {
  return stop_flag != 0;
}

}  // namespace examples
