// One stack, and processes that push and pop, killed or stopped at random every few milliseconds.
//
//   stack_soak [--seconds N] [--seed N] [--capacity N] [--processes N]
//
// At the end the stack is drained and the audit of its elements (element_audit.hpp) looked at:
//   lost    A popper that is killed after it popped and before it could note the elements takes them along: at
//           most as many for each such kill as it pops at once.
// Then all nodes must be free. Also says how long pushers waited for room (longest while the poppers are stopped).
// Exit status 0 if all is well.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <random>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "element_audit.hpp"
#include "soak.hpp"
#include "soak_worker.hpp"
#include "wait_record.hpp"

using namespace stoa::literals;
using namespace stoa::stress;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t batch_size = 4;

struct settings : soak_settings {
  unsigned capacity = 256;
  unsigned processes = 4;
};

// Of workers in turn: who pushes, then who pops, alone and in batches.
constexpr std::array<char const*, 4> role_names{"pusher", "batch pusher", "popper", "batch popper"};
std::size_t role_of(std::size_t worker) { return worker % role_names.size(); }

// What the workers share.
struct shared {
  explicit shared(stoa::segment const& in)
      : stack{in.attach<stoa::stack<element>>("stack")}, audit{in}, waits{in} {}
  stoa::stack<element> stack;
  element_audit audit;
  wait_record waits;
};

void pop_for_ever(shared const& all, std::size_t at_once) {
  std::array<element, batch_size> batch{};
  for (;;) {
    auto const got = all.stack.try_pop_n({batch.data(), at_once});
    for (std::size_t k = 0; k < got; ++k) all.audit.take(batch[k]);
    if (got != 0) continue;
    if (auto const one = all.stack.pop_for(1s)) all.audit.take(*one);
  }
}

void work(std::string const& name, std::size_t worker) {
  shared const all{stoa::segment::open(name)};
  auto const at_once = role_of(worker) % 2 == 0 ? 1 : batch_size;
  if (role_of(worker) < 2)
    push_for_ever(all.stack, all.audit, all.waits, at_once);
  else
    pop_for_ever(all, at_once);
}

bool run(settings const& with) {
  auto const most = element_audit::most_elements(with.seconds);
  auto const segment = stoa::segment::create(with.segment, most + 64_MiB);
  segment.publish<stoa::stack<element>>("stack", with.capacity);
  element_audit::publish(segment, most);
  wait_record::publish(segment);
  shared const all{segment};

  std::vector<soak_worker> workers(with.processes);
  std::array<std::uint64_t, role_names.size()> kills{};
  std::uint64_t stops = 0;
  auto const start = [&](std::size_t i) { workers[i].start([&] { work(with.segment, i); }); };
  auto const kill = [&](std::size_t i) {
    workers[i].kill();
    ++kills[role_of(i)];
  };
  for (std::size_t i = 0; i < workers.size(); ++i) start(i);
  // A stopped one stays so until its number comes up again: it goes on, or is killed.
  disturb_workers(with, workers.size(), [&](std::size_t i, auto& random) {
    if (random() % 8 != 0) {
      kill(i);
      start(i);
    } else if (workers[i].is_stopped()) {
      workers[i].go_on();
    } else {
      workers[i].stop();
      ++stops;
    }
  });
  for (std::size_t i = 0; i < workers.size(); ++i) kill(i);
  all.stack.recover();
  while (auto const left = all.stack.try_pop()) all.audit.take(*left);

  auto const found = all.audit.judge();
  auto const most_gone = kills[2] + batch_size * kills[3];
  auto const excess = found.lost > most_gone ? found.lost - most_gone : 0;
  fmt::print("{} s, capacity {}, {} processes; {} stops; kills:", with.seconds, with.capacity, with.processes, stops);
  for (std::size_t i = 0; i < kills.size(); ++i) fmt::print(" {} {}", kills[i], role_names[i]);
  fmt::print("\n{} pushed, {} taken; gone with a killed popper {} (at most {}), lost {}\n", found.pushed, found.taken,
             found.lost - excess, most_gone, excess);
  fmt::print("twice {}, torn {}\n", found.twice, found.torn);
  all.waits.print("longest wait for room");
  std::uint64_t usable = 0;
  while (all.stack.try_push(element::of(usable))) ++usable;
  fmt::print("nodes usable again: {} of {}; high water {}\n", usable, all.stack.capacity(),
             all.stack.statistics().high_water);
  return excess == 0 && found.twice == 0 && found.torn == 0 && usable == all.stack.capacity();
}

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills and stops users of a stack at random and looks whether anything was lost or came twice"};
  app.add_option("--capacity", with.capacity, "of the stack")->capture_default_str();
  app.add_option("--processes", with.processes, "a pusher, batch pusher, popper and batch popper in turn")
      ->capture_default_str();
  return soak_main("stack-soak", app, with, argc, argv, &run);
}
