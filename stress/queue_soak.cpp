// One queue, and processes that push, pop and lease, killed at random every few milliseconds and replaced.
//
//   queue_soak [--seconds N] [--seed N] [--capacity N] [--processes N]
//
// Every element has a number of its own and a byte in an audit: whether push() reported it, and how often it
// was taken. At the end the queue is drained and every byte is looked at:
//   lost    reported by push, never taken. A consumer that is killed after try_pop and before it could note
//           the element takes it along: at most one for each such kill.
//   twice   taken more than once. A consumer that is killed after it noted a lease and before commit
//           had not finished: the element comes again, and its journal must name it.
//   torn    an element whose two halves disagree.
// Also counts how long survivors waited: in all, and without the time in which they were ready to run and the
// machine had no core for them (/proc/thread-self/schedstat). Exit status 0 if nothing was lost, doubled or torn.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <stoa/stoa.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace stoa::literals;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr std::uint64_t elements_a_second = 24u << 20;  // more than two cores can push
constexpr std::uint64_t numbers_at_once = 1024;
constexpr std::uint8_t reported = 0x80;  // the rest of the byte counts how often it was taken

struct element {
  std::uint64_t number;
  std::uint64_t inverted;  // ~number
};

struct settings {
  std::string segment;
  unsigned seconds = 60;
  unsigned seed = 1;
  unsigned capacity = 256;
  unsigned processes = 4;
};

enum class role { pusher, batch_pusher, popper, leaser };
constexpr std::array<char const*, 4> role_names{"pusher", "batch pusher", "popper", "leaser"};

// What the workers share.
struct shared {
  explicit shared(stoa::segment const& in)
      : queue{in.attach<stoa::queue<element>>("queue")},
        audit{in.attach<stoa::array<std::uint8_t>>("audit")},
        counters{in.attach<stoa::array<std::uint64_t>>("counters")},
        journal{in.attach<stoa::array<std::uint64_t>>("journal")} {}

  std::uint64_t next_numbers(std::uint64_t count) const { return counters.atomic(0).fetch_add(count); }
  void count_torn() const { counters.atomic(1).fetch_add(1); }
  // at: 2 for all of it, 4 without the time for want of a core
  void note_wait(std::size_t at, std::chrono::nanoseconds waited) const {
    auto const us = static_cast<std::uint64_t>(std::max<std::int64_t>(waited.count() / 1000, 0));
    auto longest = counters.atomic(at).load();
    while (us > longest && !counters.atomic(at).compare_exchange_weak(longest, us)) {
    }
    if (us > 10'000) counters.atomic(at + 1).fetch_add(1);
  }
  void take(element const& got) const {
    if (got.inverted != ~got.number || got.number >= audit.size())
      count_torn();
    else
      audit.atomic(got.number).fetch_add(1);
  }

  stoa::queue<element> queue;
  stoa::array<std::uint8_t> audit;
  stoa::array<std::uint64_t> counters;  // next number, torn; longest wait in us, waits over 10 ms, twice
  stoa::array<std::uint64_t> journal;   // per worker: number + 1 of the lease that is being noted
};

// How long this thread has been ready to run without a core.
std::chrono::nanoseconds time_without_core() {
  static int const file = ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  std::array<char, 64> text{};
  if (::pread(file, text.data(), text.size() - 1, 0) <= 0) return {};
  unsigned long long ran = 0, waited = 0;
  std::sscanf(text.data(), "%llu %llu", &ran, &waited);
  return std::chrono::nanoseconds{waited};
}

// A blocking operation.
template <class Operation>
auto timed(shared const& all, Operation operation) {
  auto const without_core = time_without_core();
  auto const start = clock_type::now();
  auto done = operation();
  auto const waited = clock_type::now() - start;
  all.note_wait(2, waited);
  all.note_wait(4, waited - (time_without_core() - without_core));
  return done;
}

void push_for_ever(shared const& all, bool in_batches) {
  std::array<element, 8> batch{};
  for (;;) {
    auto const first = all.next_numbers(numbers_at_once);
    if (first + numbers_at_once > all.audit.size()) std::_Exit(0);
    for (std::uint64_t i = 0; i < numbers_at_once;) {
      auto const want = in_batches ? std::min<std::uint64_t>(batch.size(), numbers_at_once - i) : 1;
      for (std::size_t k = 0; k < want; ++k) batch[k] = {first + i + k, ~(first + i + k)};
      std::size_t pushed = in_batches ? all.queue.try_push_n({batch.data(), want}) : 0;
      if (pushed == 0) {
        timed(all, [&] {
          all.queue.push(batch[0]);
          return true;
        });
        pushed = 1;
      }
      for (std::size_t k = 0; k < pushed; ++k) all.audit.atomic(first + i + k).fetch_or(reported);
      i += pushed;
    }
  }
}

void pop_for_ever(shared const& all) {
  for (;;) {
    auto got = all.queue.try_pop();
    if (!got) got = timed(all, [&] { return all.queue.pop_for(1s); });
    if (got) all.take(*got);
  }
}

void lease_for_ever(shared const& all, std::uint64_t worker) {
  std::minstd_rand random{static_cast<unsigned>(::getpid())};
  for (;;) {
    auto lease = all.queue.try_claim();
    if (!lease) lease = timed(all, [&] { return all.queue.claim_for(1s); });
    if (!lease || random() % 64 == 0) continue;  // aborted: goes to another
    all.journal.atomic(worker).store(lease->number + 1);
    all.take(*lease);
    lease.commit();
    all.journal.atomic(worker).store(0);
  }
}

[[noreturn]] void work(std::string const& name, role as, std::uint64_t worker) {
  auto const segment = stoa::segment::open(name);
  shared const all{segment};
  switch (as) {
    case role::pusher: push_for_ever(all, false); break;
    case role::batch_pusher: push_for_ever(all, true); break;
    case role::popper: pop_for_ever(all); break;
    case role::leaser: lease_for_ever(all, worker); break;
  }
  std::_Exit(0);
}

struct worker {
  pid_t pid = 0;
  role as = role::pusher;
};

pid_t start(settings const& with, role as, std::uint64_t number) {
  pid_t const pid = ::fork();
  if (pid == 0) {
    ::signal(SIGTERM, SIG_DFL);
    work(with.segment, as, number);
  }
  return pid;
}

struct result {
  std::uint64_t pushed = 0, taken = 0, lost = 0, twice = 0, unexplained = 0;
};

result audit(shared const& all, std::set<std::uint64_t> const& forgiven) {
  result out;
  auto const end = std::min<std::uint64_t>(all.counters.atomic(0).load(), all.audit.size());
  for (std::uint64_t i = 0; i < end; ++i) {
    auto const byte = all.audit[i];
    auto const times = byte & 0x7F;
    out.pushed += (byte & reported) != 0;
    out.taken += times != 0;
    out.lost += (byte & reported) != 0 && times == 0;
    if (times <= 1) continue;
    ++out.twice;
    out.unexplained += !forgiven.contains(i);
  }
  return out;
}

int run(settings with) {
  with.segment = fmt::format("queue-soak-{}", ::getpid());
  auto const most_elements = with.seconds * elements_a_second;
  auto const segment = stoa::segment::create(with.segment, most_elements + 64_MiB);
  segment.publish<stoa::queue<element>>("queue", with.capacity);
  segment.publish<stoa::array<std::uint8_t>>("audit", most_elements);
  segment.publish<stoa::array<std::uint64_t>>("counters", 8);
  segment.publish<stoa::array<std::uint64_t>>("journal", with.processes);
  shared const all{segment};

  std::mt19937 random{with.seed};
  std::vector<worker> workers(with.processes);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i].as = static_cast<role>(i % 4);
    workers[i].pid = start(with, workers[i].as, i);
  }
  std::array<std::uint64_t, 4> kills{};
  std::set<std::uint64_t> forgiven;
  auto const kill_one = [&](std::size_t i) {
    ::kill(workers[i].pid, SIGKILL);
    ::waitpid(workers[i].pid, nullptr, 0);
    ++kills[static_cast<std::size_t>(workers[i].as)];
    if (auto const noted = all.journal.atomic(i).exchange(0); noted != 0) forgiven.insert(noted - 1);
  };
  for (auto const end = clock_type::now() + std::chrono::seconds{with.seconds}; clock_type::now() < end;) {
    std::this_thread::sleep_for(std::chrono::microseconds{500 + random() % 5000});
    auto const i = random() % workers.size();
    kill_one(i);
    workers[i].pid = start(with, workers[i].as, i);
  }
  for (std::size_t i = 0; i < workers.size(); ++i) kill_one(i);
  while (auto const left = all.queue.pop_for(50ms)) all.take(*left);

  auto const found = audit(all, forgiven);
  auto const torn = all.counters.atomic(1).load();
  auto const excess = found.lost > kills[2] ? found.lost - kills[2] : 0;
  fmt::print("{} s, capacity {}, {} processes; kills:", with.seconds, with.capacity, with.processes);
  for (std::size_t i = 0; i < kills.size(); ++i) fmt::print(" {} {}", kills[i], role_names[i]);
  fmt::print("\n{} pushed, {} taken; gone with a killed popper {} (at most {}), lost {}\n", found.pushed, found.taken,
             found.lost - excess, kills[2], excess);
  fmt::print("taken again after a killed lease {}, twice {}, torn {}\n", found.twice - found.unexplained,
             found.unexplained, torn);
  for (std::size_t const at : {2u, 4u})
    fmt::print("{}: longest wait of a survivor {:.1f} ms, waits over 10 ms {}\n", at == 2 ? "in all" : "given a core",
               static_cast<double>(all.counters.atomic(at).load()) / 1000, all.counters.atomic(at + 1).load());
  auto const counts = all.queue.statistics();
  bool const is_usable = [&] {  // every slot can be used again
    std::uint64_t pushed = 0;
    while (all.queue.try_push({pushed, ~pushed})) ++pushed;
    return pushed == all.queue.capacity();
  }();
  fmt::print("slots usable again: {}; high water {}\n", is_usable ? "all" : "NOT ALL", counts.high_water);
  return excess == 0 && found.unexplained == 0 && torn == 0 && is_usable ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills users of a queue at random and looks whether anything was lost or came twice"};
  app.add_option("--seconds", with.seconds, "how long")->capture_default_str();
  app.add_option("--seed", with.seed, "of the kills")->capture_default_str();
  app.add_option("--capacity", with.capacity, "of the queue")->capture_default_str();
  app.add_option("--processes", with.processes, "a pusher, batch pusher, popper and leaser in turn")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return run(with);
}
