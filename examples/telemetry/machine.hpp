// machine.hpp: figures of this machine, from /proc.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sample.hpp"

namespace telemetry {

struct reading {
  std::string name;
  std::string_view unit;
  double raw = 0;
  bool grows = false;  // a counter since boot, of which the growth per second is of interest
};

// From /proc/stat, meminfo, net/dev and diskstats; what a machine or container lacks is left out.
std::vector<reading> read_machine();

// The readings that are there now, as many as there is room for.
series_list list_series();

// Values for a list of series, whose counters become rates over the last tenth of a second.
class meter {
 public:
  explicit meter(series_list const& series);
  // One value for each series; 0 for what has disappeared from the machine.
  std::vector<double> read();

 private:
  struct round {
    std::chrono::steady_clock::time_point time;
    std::vector<double> raw;
  };
  series_list series_;
  std::deque<round> rounds_;
};

}  // namespace telemetry
