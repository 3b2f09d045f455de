// What the machine itself can do: no subject gets below this.
#include <cstring>
#include <fmt/format.h>

#include "../harness/rounds.hpp"
#include "../harness/team.hpp"

namespace stoa::benchmarks {
namespace {

std::uint64_t ns(std::chrono::microseconds time) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds{time}.count());
}

// Looks again and again. Who has waited for ten thousand looks waits for a process without a core, and leaves it his.
template <class Done>
void spin_until(Done done) {
  for (unsigned looks = 1; !done(); ++looks)
    if (looks % 10'000 == 0) ::sched_yield();
}

// Passes two lines to and fro by loads and stores and nothing else.
void throw_line(control& with, std::uint64_t end) {
  auto& there = with.senders[0].count;
  auto& back = with.receivers[0].count;
  std::uint64_t trips = 0;
  auto const begin = now_ns();
  auto now = begin;
  for (; now < end; now = now_ns())
    for (int i = 0; i < 16; ++i) {
      there.store(++trips, std::memory_order_release);
      spin_until([&] { return back.load(std::memory_order_acquire) == trips; });
    }
  with.senders[0].sum.store((now - begin) * 1000 / trips);  // ps
  with.senders_done.store(1, std::memory_order_release);
}
void return_line(control& with) {
  auto& there = with.senders[0].count;
  auto& back = with.receivers[0].count;
  bool is_over = false;
  for (std::uint64_t next = 1; !is_over; ++next) {
    spin_until([&] {
      is_over = with.senders_done.load(std::memory_order_relaxed) != 0;
      return is_over || there.load(std::memory_order_acquire) == next;
    });
    back.store(next, std::memory_order_release);
  }
}

std::vector<measurement> line(round_settings const& settings) {
  return {{line_case, "ns", better::lower, line_round_trip(settings.window)}};
}

// Bytes that memcpy copies within one process, 64 KB at a time into 8 MB.
std::vector<measurement> copies(round_settings const& settings) {
  run_alone([&](control& with) {
    std::vector<std::byte> const from(65536, std::byte{7});
    std::vector<std::byte> to(8 << 20, std::byte{1});
    std::uint64_t count = 0;
    auto const begin = now_ns();
    for (; now_ns() < begin + ns(settings.window); ++count) {
      std::memcpy(to.data() + count * from.size() % to.size(), from.data(), from.size());
      __asm__ __volatile__("" : : "r"(to.data()) : "memory");  // nobody reads it, and it is to be written all the same
    }
    with.senders[0].count.store(count * from.size());
    with.senders[0].sum.store(now_ns() - begin);
  });
  auto const& found = last_control().senders[0];
  return {{"memcpy, 64 KB each", "GB/s", better::higher,
           static_cast<double>(found.count.load()) / static_cast<double>(found.sum.load())}};
}

std::vector<measurement> additions(round_settings const& settings) {
  run_alone([&](control& with) {
    auto& word = with.receivers[0].count;
    auto const begin = now_ns();
    while (now_ns() < begin + ns(settings.window))
      for (int i = 0; i < 1000; ++i) word.fetch_add(1, std::memory_order_seq_cst);
    with.senders[0].sum.store(now_ns() - begin);
  });
  auto const& found = last_control();
  return {{"atomic addition, uncontended", "ns", better::lower,
           static_cast<double>(found.senders[0].sum.load()) / static_cast<double>(found.receivers[0].count.load())}};
}

bool const entered = enter({"floors", line_case, "floor", line}) && enter({"floors", "memcpy", "floor", copies}) &&
                     enter({"floors", "atomic addition", "floor", additions});

}  // namespace

double line_round_trip(std::chrono::microseconds time) {
  run_team(runs_in::processes,
           {[&](control& with) {
              wait_for_go(with);
              throw_line(with, now_ns() + ns(time));
            },
            [](control& with) {
              wait_for_go(with);
              return_line(with);
            }},
           [](control&) {});
  return static_cast<double>(last_control().senders[0].sum.load()) / 1000;
}

}  // namespace stoa::benchmarks
