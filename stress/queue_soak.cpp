// One queue, and processes that push, pop and lease, killed at random every few milliseconds and replaced.
//
//   queue_soak [--seconds N] [--seed N] [--capacity N] [--processes N]
//
// At the end the queue is drained and the audit of its elements (element_audit.hpp) looked at:
//   lost    A consumer that is killed after try_pop and before it could note the element takes it along: at most
//           one for each such kill.
//   twice   A consumer that is killed after it noted a lease and before commit had not finished: the element
//           comes again, and its journal must name it.
// Also says how long survivors waited. Exit status 0 if nothing was lost, doubled or torn.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <random>
#include <set>
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

struct settings : soak_settings {
  unsigned capacity = 256;
  unsigned processes = 4;
};

enum class role : std::size_t { pusher, batch_pusher, popper, leaser };
constexpr std::array<char const*, 4> role_names{"pusher", "batch pusher", "popper", "leaser"};
constexpr std::size_t batch_size = 8;

role role_of(std::size_t worker) { return static_cast<role>(worker % role_names.size()); }

// What the workers share.
struct shared {
  explicit shared(stoa::segment const& in)
      : queue{in.attach<stoa::queue<element>>("queue")},
        audit{in},
        waits{in},
        journal{in.attach<stoa::array<std::uint64_t>>("journal")} {}

  stoa::queue<element> queue;
  element_audit audit;
  wait_record waits;
  stoa::array<std::uint64_t> journal;  // per worker: number + 1 of the lease that is being noted
};

void pop_for_ever(shared const& all) {
  for (;;) {
    auto got = all.queue.try_pop();
    if (!got) got = all.waits.timed([&] { return all.queue.pop_for(1s); });
    if (got) all.audit.take(*got);
  }
}

void lease_for_ever(shared const& all, std::size_t worker) {
  std::minstd_rand random{static_cast<unsigned>(::getpid())};
  for (;;) {
    auto lease = all.queue.try_claim();
    if (!lease) lease = all.waits.timed([&] { return all.queue.claim_for(1s); });
    if (!lease || random() % 64 == 0) continue;  // aborted: goes to another
    all.journal.atomic(worker).store(lease->number + 1);
    all.audit.take(*lease);
    lease.commit();
    all.journal.atomic(worker).store(0);
  }
}

void work(std::string const& name, std::size_t worker) {
  shared const all{stoa::segment::open(name)};
  switch (role_of(worker)) {
    case role::pusher: push_for_ever(all.queue, all.audit, all.waits, 1); break;
    case role::batch_pusher: push_for_ever(all.queue, all.audit, all.waits, batch_size); break;
    case role::popper: pop_for_ever(all); break;
    case role::leaser: lease_for_ever(all, worker); break;
  }
}

// Whether every slot can be used again.
bool is_usable(stoa::queue<element> const& queue) {
  std::uint64_t pushed = 0;
  while (queue.try_push(element::of(pushed))) ++pushed;
  return pushed == queue.capacity();
}

bool run(settings const& with) {
  auto const most = element_audit::most_elements(with.seconds);
  auto const segment = stoa::segment::create(with.segment, most + 64_MiB);
  segment.publish<stoa::queue<element>>("queue", with.capacity);
  segment.publish<stoa::array<std::uint64_t>>("journal", with.processes);
  element_audit::publish(segment, most);
  wait_record::publish(segment);
  shared const all{segment};

  std::vector<soak_worker> workers(with.processes);
  std::array<std::uint64_t, role_names.size()> kills{};
  std::set<std::uint64_t> forgiven;
  auto const start = [&](std::size_t i) { workers[i].start([&] { work(with.segment, i); }); };
  auto const kill = [&](std::size_t i) {
    workers[i].kill();
    ++kills[static_cast<std::size_t>(role_of(i))];
    if (auto const noted = all.journal.atomic(i).exchange(0); noted != 0) forgiven.insert(noted - 1);
  };
  for (std::size_t i = 0; i < workers.size(); ++i) start(i);
  disturb_workers(with, workers.size(), [&](std::size_t i, auto&) {
    kill(i);
    start(i);
  });
  for (std::size_t i = 0; i < workers.size(); ++i) kill(i);
  while (auto const left = all.queue.pop_for(50ms)) all.audit.take(*left);

  auto const found = all.audit.judge(forgiven);
  auto const most_gone = kills[static_cast<std::size_t>(role::popper)];
  auto const excess = found.lost > most_gone ? found.lost - most_gone : 0;
  fmt::print("{} s, capacity {}, {} processes; kills:", with.seconds, with.capacity, with.processes);
  for (std::size_t i = 0; i < kills.size(); ++i) fmt::print(" {} {}", kills[i], role_names[i]);
  fmt::print("\n{} pushed, {} taken; gone with a killed popper {} (at most {}), lost {}\n", found.pushed, found.taken,
             found.lost - excess, most_gone, excess);
  fmt::print("taken again after a killed lease {}, twice {}, torn {}\n", found.forgiven, found.twice, found.torn);
  all.waits.print("longest wait of a survivor");
  bool const all_usable = is_usable(all.queue);
  fmt::print("slots usable again: {}; high water {}\n", all_usable ? "all" : "NOT ALL",
             all.queue.statistics().high_water);
  return excess == 0 && found.twice == 0 && found.torn == 0 && all_usable;
}

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills users of a queue at random and looks whether anything was lost or came twice"};
  app.add_option("--capacity", with.capacity, "of the queue")->capture_default_str();
  app.add_option("--processes", with.processes, "a pusher, batch pusher, popper and leaser in turn")
      ->capture_default_str();
  return soak_main("queue-soak", app, with, argc, argv, &run);
}
