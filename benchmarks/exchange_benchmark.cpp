// The round trip of a call between two processes on two cores, against two lines that are passed to and fro by nothing
// but loads and stores: the floor of any exchange on this machine.
//
//   exchange_benchmark [--rounds N] [--trips N] [--cores A,B]
//
// Short rounds of all kinds alternate, so that those in which the machine did something else are few; medians and
// quartiles of the rounds are printed.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstring>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "two_processes.hpp"

using namespace stoa::literals;
using namespace std::chrono_literals;

namespace stoa::benchmarks {
namespace {

struct settings {
  unsigned rounds = 300;
  unsigned trips = 1000;  // of a round
  std::vector<unsigned> cores{0, 1};
};

constexpr std::size_t sizes[] = {8, 32, 48, 64, 256, 1024};

enum class task : int { raw, calls, end };

// Two lines apart from each other, in memory that two processes share; and what the other one is to do.
struct raw_lines {
  alignas(128) std::atomic<std::uint64_t> there{0};
  alignas(128) std::atomic<std::uint64_t> back{0};
  alignas(128) std::atomic<task> wanted{task::raw};
};

void answer(raw_lines& lines) {
  for (auto next = lines.back.load() + 1;; ++next) {
    while (lines.there.load(std::memory_order_acquire) != next)
      if (lines.wanted.load(std::memory_order_relaxed) != task::raw) return;
    lines.back.store(next, std::memory_order_release);
  }
}

// The other process: answers both, as it is told.
void answer_all(raw_lines& lines, std::string const& name) {
  auto service = stoa::segment::open(name).attach<stoa::exchange>("calls").server();
  auto const echo = [](auto const& request, std::span<std::byte> response) {
    std::memcpy(response.data(), request.data().data(), request.size());
    return request.size();
  };
  for (;;) {
    switch (lines.wanted.load()) {
      case task::raw: answer(lines); break;
      case task::calls: service.serve_for(200us, echo, stoa::wait_strategy::spin); break;
      case task::end: return;
    }
  }
}

// Nanoseconds of each of `trips`.
template <class Trip>
double timed(unsigned trips, Trip trip) {
  auto const begin = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < trips; ++i) trip();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / trips;
}

class bench {
 public:
  explicit bench(settings const& with)
      : with_{with},
        name_{fmt::format("exchange-benchmark-{}", ::getpid())},
        home_{stoa::segment::create(name_, 1_MiB)},
        calls_{home_.publish<stoa::exchange>("calls", 4, 1_KiB)} {}

  void run() {
    auto const other = in_child([&] {
      pin(with_.cores.at(1));
      answer_all(lines_, name_);
    });
    pin(with_.cores.at(0));
    auto caller = calls_.client();
    std::vector<double> raw;
    std::vector<std::vector<double>> calls(std::size(sizes));
    for (unsigned round = 0; round < with_.rounds; ++round) {
      lines_.wanted = task::raw;
      raw.push_back(raw_round());
      lines_.wanted = task::calls;
      for (std::size_t i = 0; i < std::size(sizes); ++i) calls[i].push_back(call_round(caller, sizes[i]));
    }
    lines_.wanted = task::end;
    expect_success(other);
    auto const floor = median(raw);
    fmt::print("{:>24} {:>8} {:>8} {:>8} {:>8}\n", "", "median", "25 %", "75 %", "of raw");
    fmt::print("{:>24} {:8.1f} {:8.1f} {:8.1f}\n", "raw, two lines", floor, at_part(raw, 0.25), at_part(raw, 0.75));
    for (std::size_t i = 0; i < std::size(sizes); ++i) {
      auto const typical = median(calls[i]);
      fmt::print("{:>24} {:8.1f} {:8.1f} {:8.1f} {:8.2f}\n", fmt::format("call, {} bytes", sizes[i]), typical,
                 at_part(calls[i], 0.25), at_part(calls[i], 0.75), typical / floor);
    }
  }

 private:
  double raw_round() const {
    auto next = lines_.there.load();
    auto const trip = [&] {
      lines_.there.store(++next, std::memory_order_release);
      while (lines_.back.load(std::memory_order_acquire) != next) {
      }
    };
    timed(with_.trips / 10, trip);
    return timed(with_.trips, trip);
  }
  double call_round(stoa::exchange_client& caller, std::size_t size) const {
    std::vector<std::byte> const bytes(size, std::byte{7});
    std::uint64_t missing = 0;
    auto const trip = [&] {
      auto const reply = caller.call(bytes, 1, 10s, stoa::wait_strategy::spin);
      missing += !reply || reply->data().size() != size || reply->data()[size - 1] != std::byte{7};
    };
    while (!caller.ping(1s)) {
    }
    timed(with_.trips / 10, trip);
    auto const out = timed(with_.trips, trip);
    if (missing != 0) throw std::runtime_error{fmt::format("{} calls without their answer", missing)};
    return out;
  }

  settings with_;
  std::string name_;
  stoa::segment home_;
  stoa::exchange calls_;
  raw_lines& lines_ = shared_with_children<raw_lines>();
};

}  // namespace
}  // namespace stoa::benchmarks

int main(int argc, char** argv) {
  stoa::benchmarks::settings with;
  CLI::App app{"The round trip of a call between two processes, against that of two bare lines"};
  app.add_option("--rounds", with.rounds, "of each kind, in turn")->capture_default_str();
  app.add_option("--trips", with.trips, "of each round")->capture_default_str();
  app.add_option("--cores", with.cores, "the caller's and the server's")
      ->expected(2)
      ->delimiter(',')
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return stoa::benchmarks::status_of([&] { stoa::benchmarks::bench{with}.run(); });
}
