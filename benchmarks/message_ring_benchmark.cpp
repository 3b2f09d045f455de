// How many messages go from one process to another in a second: copied in by the sender, read in place by the receiver,
// which looks at every cache line of them. Beside it what memcpy does alone, from and to memory of the same size.
//
//   message_ring_benchmark [--rounds N] [--bytes N] [--ring N] [--large-ring N] [--cores A,B]
//
// A receiver that finds nothing pauses for a fraction of a microsecond before it looks again: who looks all the time
// takes the lines away that the sender is about to write. Short rounds of all kinds alternate; medians and quartiles of
// the rounds are printed.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstring>
#include <stoa/stoa.hpp>
#include <string>

#include "two_processes.hpp"

using namespace stoa::literals;
using namespace std::chrono_literals;

namespace stoa::benchmarks {
namespace {

struct settings {
  unsigned rounds = 30;
  std::uint64_t bytes = 256_MiB;  // of a round, but no more than a million messages
  std::uint64_t ring = 1_MiB;
  std::uint64_t large_ring = 8_MiB;  // for the largest messages: some that the sender's own cache has given up
  std::vector<unsigned> cores{0, 1};
};

struct load {
  std::size_t size;
  std::size_t batch = 1;  // messages with one claim
};
constexpr std::size_t large = 65536;
constexpr load loads[] = {{64}, {64, 64}, {1024}, {large}};
constexpr std::uint32_t last_type = 1;   // the last message of a round
constexpr auto spin = wait_strategy::spin;
constexpr int pauses = 16;

std::uint64_t count_of(settings const& with, std::size_t size) {
  return std::min<std::uint64_t>(with.bytes / size, 1'000'000);
}

struct tally {
  std::atomic<std::uint64_t> rounds{0};
  std::atomic<std::uint64_t> seen{0};  // so that nothing of the reading can be left out
};

std::uint64_t each_line_of(std::span<std::byte const> message) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at + sizeof(sum) <= message.size(); at += 64) {
    std::uint64_t word;
    std::memcpy(&word, message.data() + at, sizeof(word));
    sum += word;
  }
  return sum;
}

// Receives for ever: whoever has the ring's messages, by poll().
template <class Receiver>
void receive_all(Receiver receiver, tally& told) {
  std::uint64_t sum = 0;
  auto const handle = [&](message_view const& each) {
    sum += each_line_of(each.data());
    if (each.type() != last_type) return;
    told.seen.store(sum, std::memory_order_relaxed);
    told.rounds.fetch_add(1, std::memory_order_release);
  };
  for (;;)
    if (receiver.poll(handle, 64) == 0)
      for (int i = 0; i < pauses; ++i) pause_briefly();
}

// Messages a second.
double send_round(message_ring const& ring, load const& what, std::uint64_t count, tally& told) {
  std::vector<std::byte> const bytes(what.size, std::byte{7});
  std::vector<std::span<std::byte const>> const batch(what.batch, bytes);
  auto const before = told.rounds.load(std::memory_order_acquire);
  auto const begin = std::chrono::steady_clock::now();
  std::uint64_t sent = 1;
  if (what.batch == 1)
    for (; sent < count; ++sent) ring.send(bytes, 0, spin);
  while (sent < count) {
    auto const some = ring.try_send_n(std::span{batch}.first(std::min<std::uint64_t>(what.batch, count - sent)));
    if (some == 0) pause_briefly();
    sent += some;
  }
  ring.send(bytes, last_type, spin);
  while (told.rounds.load(std::memory_order_acquire) == before) {
  }
  return static_cast<double>(count) / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Bytes a second.
double copy_round(settings const& with, std::vector<std::byte>& to) {
  std::vector<std::byte> const from(large, std::byte{7});
  auto const count = with.bytes / from.size();
  auto const begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    std::memcpy(to.data() + i * from.size() % to.size(), from.data(), from.size());
    __asm__ __volatile__("" : : "r"(to.data()) : "memory");  // nobody reads it, and it is to be written all the same
  }
  return static_cast<double>(count * from.size()) /
         std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct kind {
  char const* name;
  delivery to;
  tally* told;
  std::vector<double> rates[std::size(loads)];
};

// All loads once, each in its ring, with a receiver in a process of its own.
void run_round(settings const& with, segment const& home, kind& each) {
  for (std::size_t i = 0; i < std::size(loads); ++i) {
    auto const ring = home.publish<message_ring>(each.name, loads[i].size == large ? with.large_ring : with.ring,
                                                 message_ring_options{.delivery = each.to});
    auto const receiver = in_child([&] {
      pin(with.cores.at(1));
      auto const mine = segment::open(home.name()).attach<message_ring>(each.name);
      each.to == delivery::group ? receive_all(mine.consumer(), *each.told) : receive_all(mine.reader(), *each.told);
    });
    send_round(ring, loads[i], 1, *each.told);  // until it is there
    each.rates[i].push_back(send_round(ring, loads[i], count_of(with, loads[i].size), *each.told));
    ::kill(receiver, SIGKILL);
    ::waitpid(receiver, nullptr, 0);
    home.erase(each.name);
  }
}

void run(settings const& with) {
  auto const name = fmt::format("message-ring-benchmark-{}", ::getpid());
  auto const home = segment::create(name, 2 * (with.ring + with.large_ring) + 8_MiB);
  kind kinds[] = {{"group", delivery::group, &shared_with_children<tally>(), {}},
                  {"broadcast", delivery::broadcast, &shared_with_children<tally>(), {}}};
  std::vector<double> copies;
  std::vector<std::byte> copied(with.large_ring);
  pin(with.cores.at(0));
  for (unsigned round = 0; round < with.rounds; ++round) {
    copies.push_back(copy_round(with, copied));
    for (auto& each : kinds) {
      run_round(with, home, each);
    }
  }
  fmt::print("{:>24} {:>10} {:>10} {:>10} {:>8} {:>10}\n", "", "median M/s", "25 %", "75 %", "GB/s", "of memcpy");
  for (auto const& each : kinds)
    for (std::size_t i = 0; i < std::size(loads); ++i) {
      auto const& rates = each.rates[i];
      auto const bytes = median(rates) * static_cast<double>(loads[i].size);
      fmt::print("{:>24} {:10.2f} {:10.2f} {:10.2f} {:8.1f} {:10.2f}\n",
                 fmt::format("{}, {} x {} bytes", each.name, loads[i].batch, loads[i].size), median(rates) / 1e6,
                 at_part(rates, .25) / 1e6, at_part(rates, .75) / 1e6, bytes / 1e9, bytes / median(copies));
    }
  fmt::print("{:>24} {:>32} {:8.1f}, 25 % {:.1f}, 75 % {:.1f}\n", "memcpy alone", "", median(copies) / 1e9,
             at_part(copies, .25) / 1e9, at_part(copies, .75) / 1e9);
}

}  // namespace
}  // namespace stoa::benchmarks

int main(int argc, char** argv) {
  stoa::benchmarks::settings with;
  CLI::App app{"Messages between two processes, against memcpy"};
  app.add_option("--rounds", with.rounds, "of each kind, in turn")->capture_default_str();
  app.add_option("--bytes", with.bytes, "of a round")->capture_default_str();
  app.add_option("--ring", with.ring, "bytes of the ring")->capture_default_str();
  app.add_option("--large-ring", with.large_ring, "of that for the largest messages, and of the memory for memcpy")
      ->capture_default_str();
  app.add_option("--cores", with.cores, "the sender's and the receiver's")
      ->expected(2)
      ->delimiter(',')
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return stoa::benchmarks::status_of([&] { stoa::benchmarks::run(with); });
}
