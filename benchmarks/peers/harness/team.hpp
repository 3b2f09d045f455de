// team.hpp: processes, or the threads of one, that start together on cores of their own and end together.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "control.hpp"

namespace stoa::benchmarks {

enum class runs_in { processes, threads };

using member = std::function<void(control&)>;

// Starts the members, each on the next core; when all have called wait_for_go(), `conduct` runs here and measures. Then
// all are told to stop, and waited for. Throws what went wrong: a member that failed, or that does not end within
// `limit`, with which all are killed.
void run_team(runs_in where, std::vector<member> const& members, std::function<void(control&)> const& conduct,
              std::chrono::seconds limit = std::chrono::seconds{30});

// A team of one process that does everything itself; what it says is in control::latencies and receivers[0].
void run_alone(std::function<void(control&)> const& work, std::chrono::seconds limit = std::chrono::seconds{60});

// How much `count` grows in a second, seen from now until `time` has passed, and longer if it does not grow at all.
// Throws if it does not for ten seconds.
double window_of(std::function<std::uint64_t()> const& count, std::chrono::microseconds time);

// What the members of the last team left.
control& last_control();

// A name that no other round has.
std::string fresh_name();
// Removes what members that were killed have left under such names.
void remove_leftovers();

// The cores this program may use, in order; chosen with --cores.
std::vector<unsigned>& cores();

}  // namespace stoa::benchmarks
