// registry.hpp: who takes part in which case. A new subject or case is one file that adds itself. Each subject has a
// namespace of its own, named ones around the unnamed: GCC 12 gives lambdas of templates over types of an unnamed
// namespace names that other files may have too.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace stoa::benchmarks {

enum class better { higher, lower };

// What one round found.
struct measurement {
  std::string name;  // of the case, as it is printed
  std::string unit;
  better wanted;
  double value;
};

struct round_settings {
  std::chrono::microseconds warm_up{20'000};
  std::chrono::microseconds window{60'000};  // in which work is counted
  std::uint64_t most_elements = 1'000'000;   // of a map
  bool is_thorough = false;                  // what takes a minute to set up is measured too, in the first round
  bool is_first = true;
};

struct candidate {
  std::string family;   // spsc, map ...: what one can ask for
  std::string heading;  // candidates under the same heading are compared, and take turns
  std::string subject;  // stoa, floor, or a peer's name
  std::function<std::vector<measurement>(round_settings const&)> run;
};

inline std::vector<candidate>& candidates() {
  static std::vector<candidate> all;
  return all;
}
inline bool enter(candidate who) {
  candidates().push_back(std::move(who));
  return true;
}

// What a subject needs before its first round: a server.
inline std::map<std::string, std::function<void()>>& preparations() {
  static std::map<std::string, std::function<void()>> all;
  return all;
}
inline bool needs(std::string const& subject, std::function<void()> prepare) {
  preparations()[subject] = std::move(prepare);
  return true;
}

}  // namespace stoa::benchmarks
