// sampler: measures this machine 200 times a second and pushes what it finds into a queue.
//
// It may be killed at any moment. Its successor reads the newest number that was surely pushed and
// goes on with the next. Whether that one was pushed as well nobody can say; if so, it comes twice
// under the same number, and the aggregator counts one of them.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <stoa/stoa.hpp>
#include <string>
#include <thread>

#include "machine.hpp"
#include "sample.hpp"
#include "stop.hpp"

namespace telemetry {
namespace {

using namespace std::chrono_literals;
using examples::stop_requested;
using clock = std::chrono::steady_clock;

struct options {
  std::string segment = "telemetry";
  double rate = 200;
  double seconds = 0;  // 0: until it is stopped
};

clock::duration to_duration(double seconds) {
  return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>{seconds});
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Waits while the queue is full, for there may be no aggregator at the moment. False: asked to
// stop.
bool push(stoa::queue<sample> const& samples, sample const& next) {
  while (!samples.push_for(next, 100ms))
    if (stop_requested()) return false;
  return true;
}

void run(options const& chosen) {
  auto const segment = open_or_create_segment(chosen.segment);
  auto const samples = segment.publish_or_attach<stoa::queue<sample>>(samples_name, queue_capacity);
  auto const series = segment.publish_or_attach<stoa::value<series_list>>(series_name);
  auto const produced = segment.publish_or_attach<stoa::value<production>>(produced_name);

  if (series.version() == 0) series.store(list_series());
  auto const list = series.load();
  meter machine{list};
  auto const period = to_duration(1 / chosen.rate);
  auto const end = clock::now() + to_duration(chosen.seconds);
  auto const starts = produced.update([](production& mine) { ++mine.starts; }).starts;
  auto number = produced.load().newest + 1;
  for (auto due = clock::now(); !stop_requested() && (chosen.seconds <= 0 || due < end);
       due = std::max(due + period, clock::now())) {
    std::this_thread::sleep_until(due);
    auto const values = machine.read();
    auto const time = now_ns();
    // The first round begins where the predecessor ended, perhaps in the middle of its last one.
    for (auto id = (number - 1) % list.count; id < list.count; ++id, ++number) {
      if (!push(samples, {number, time, values[id], id})) return;
      produced.store({number, starts});
    }
  }
}

}  // namespace
}  // namespace telemetry

int main(int argc, char** argv) try {
  telemetry::options chosen;
  CLI::App app{"Measures this machine and pushes samples into a shared queue."};
  app.add_option("--segment", chosen.segment, "name of the segment")->capture_default_str();
  app.add_option("--rate", chosen.rate, "rounds per second")
      ->check(CLI::Range(0.1, 1e4))
      ->capture_default_str();
  app.add_option("--seconds", chosen.seconds, "how long; 0: until stopped")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  examples::stop_on_signals();
  telemetry::run(chosen);
} catch (std::exception const& problem) {
  std::cerr << "sampler: " << problem.what() << '\n';
  return 1;
}
