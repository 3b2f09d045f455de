#include "machine.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <thread>

namespace telemetry {
namespace {

constexpr std::size_t most_devices = 8;        // of each sort
constexpr std::size_t rounds_for_a_rate = 21;  // a tenth of a second

// /proc/stat counts in clock ticks of one processor.
double percent_per_tick() {
  static double const percent = 100.0 / static_cast<double>(::sysconf(_SC_CLK_TCK)) /
                                std::max(1u, std::thread::hardware_concurrency());
  return percent;
}

void read_stat(std::vector<reading>& out) {
  std::ifstream file{"/proc/stat"};
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string key;
    words >> key;
    if (key == "cpu") {
      double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0;
      words >> user >> nice >> system >> idle >> iowait >> irq >> softirq;
      out.push_back({"cpu.user", "%", (user + nice) * percent_per_tick(), true});
      out.push_back({"cpu.system", "%", (system + irq + softirq) * percent_per_tick(), true});
      out.push_back({"cpu.iowait", "%", iowait * percent_per_tick(), true});
      continue;
    }
    double number = 0;
    if (key == "intr" || key == "ctxt" || key == "processes" || key == "procs_running")
      words >> number;
    if (key == "intr") out.push_back({"interrupts", "1/s", number, true});
    if (key == "ctxt") out.push_back({"switches", "1/s", number, true});
    if (key == "processes") out.push_back({"forks", "1/s", number, true});
    if (key == "procs_running") out.push_back({"runnable", "", number, false});
  }
}

void read_meminfo(std::vector<reading>& out) {
  constexpr std::array<std::array<std::string_view, 2>, 6> wanted{
      {{"MemFree:", "mem.free"},
       {"MemAvailable:", "mem.available"},
       {"Cached:", "mem.cached"},
       {"AnonPages:", "mem.anonymous"},
       {"Shmem:", "mem.shared"},
       {"Dirty:", "mem.dirty"}}};
  std::ifstream file{"/proc/meminfo"};
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string key;
    double kib = 0;
    words >> key >> kib;
    for (auto const& [label, name] : wanted)
      if (key == label) out.push_back({std::string{name}, "MiB", kib / 1024, false});
  }
}

void read_net(std::vector<reading>& out) {
  std::ifstream file{"/proc/net/dev"};
  std::size_t devices = 0;
  for (std::string line; std::getline(file, line) && devices < most_devices;) {
    auto const colon = line.find(':');
    if (colon == std::string::npos) continue;  // the two lines of headings
    std::istringstream words{line.substr(colon + 1)};
    std::array<double, 9> columns{};
    for (auto& column : columns) words >> column;
    auto const device =
        line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' '));
    out.push_back({fmt::format("net.{}.in", device), "KiB/s", columns[0] / 1024, true});
    out.push_back({fmt::format("net.{}.out", device), "KiB/s", columns[8] / 1024, true});
    ++devices;
  }
}

void read_disks(std::vector<reading>& out) {
  constexpr double kib_per_sector = 0.5;
  std::ifstream file{"/proc/diskstats"};
  std::string disk;  // its partitions follow it, and their names begin with its name
  std::size_t devices = 0;
  for (std::string line; std::getline(file, line) && devices < most_devices;) {
    std::istringstream words{line};
    std::string ignored, name;
    std::array<double, 7> columns{};
    words >> ignored >> ignored >> name;
    for (auto& column : columns) words >> column;
    bool const is_made_up = name.starts_with("loop") || name.starts_with("ram");
    if (!words || is_made_up || (!disk.empty() && name.starts_with(disk))) continue;
    disk = name;
    out.push_back({fmt::format("disk.{}.read", name), "KiB/s", columns[2] * kib_per_sector, true});
    out.push_back({fmt::format("disk.{}.write", name), "KiB/s", columns[6] * kib_per_sector, true});
    ++devices;
  }
}

}  // namespace

std::vector<reading> read_machine() {
  std::vector<reading> readings;
  read_stat(readings);
  read_meminfo(readings);
  read_net(readings);
  read_disks(readings);
  for (auto& each : readings)
    each.name.resize(std::min(each.name.size(), series_label{}.name.size()));
  return readings;
}

series_list list_series() {
  series_list series;
  for (auto const& each : read_machine())
    if (series.count < max_series)
      series.labels[series.count++] = {to_text<32>(each.name), to_text<8>(each.unit)};
  return series;
}

meter::meter(series_list const& series) : series_{series} {}

std::vector<double> meter::read() {
  auto const now = std::chrono::steady_clock::now();
  auto const readings = read_machine();
  std::vector<double> values(series_.count);
  rounds_.push_back({now, std::vector<double>(series_.count)});
  if (rounds_.size() > rounds_for_a_rate) rounds_.pop_front();
  auto const& before = rounds_.front();
  std::chrono::duration<double> const seconds = now - before.time;
  for (std::size_t id = 0; id < series_.count; ++id) {
    auto const found =
        std::ranges::find(readings, view_of(series_.labels[id].name), &reading::name);
    if (found == readings.end()) continue;
    rounds_.back().raw[id] = found->raw;
    if (!found->grows)
      values[id] = found->raw;
    else if (seconds.count() > 0)
      values[id] = std::max(0.0, found->raw - before.raw[id]) / seconds.count();
  }
  return values;
}

}  // namespace telemetry
