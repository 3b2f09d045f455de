// One stack, and processes that push and pop, killed or stopped at random every few milliseconds.
//
//   stack_soak [--seconds N] [--seed N] [--capacity N] [--processes N]
//
// Every element has a number of its own and a byte in an audit: whether push() reported it, and how often it
// was taken. At the end the stack is drained and every byte is looked at:
//   lost    reported by push, never taken. A popper that is killed after it popped and before it could note
//           the element takes it along: at most as many for each such kill as it pops at once.
//   twice   taken more than once.
//   torn    an element whose two halves disagree.
// Then all nodes must be free. Also counts how long pushers waited for room (longest while the poppers are
// stopped): in all, and without the time in which they were ready to run and the machine had no core for them.
// Exit status 0 if all is well.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
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
constexpr std::size_t most_at_once = 4;
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

enum class role { pusher, batch_pusher, popper, batch_popper };
constexpr std::array<char const*, 4> role_names{"pusher", "batch pusher", "popper", "batch popper"};

// What the workers share.
struct shared {
  explicit shared(stoa::segment const& in)
      : stack{in.attach<stoa::stack<element>>("stack")},
        audit{in.attach<stoa::array<std::uint8_t>>("audit")},
        counters{in.attach<stoa::array<std::uint64_t>>("counters")} {}

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

  stoa::stack<element> stack;
  stoa::array<std::uint8_t> audit;
  stoa::array<std::uint64_t> counters;  // next number, torn; longest wait in us, waits over 10 ms, twice
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

void push_and_wait(shared const& all, element const& next) {
  auto const without_core = time_without_core();
  auto const start = clock_type::now();
  all.stack.push(next);
  auto const waited = clock_type::now() - start;
  all.note_wait(2, waited);
  all.note_wait(4, waited - (time_without_core() - without_core));
}

void push_for_ever(shared const& all, std::size_t at_once) {
  std::array<element, most_at_once> batch{};
  for (;;) {
    auto const first = all.next_numbers(numbers_at_once);
    if (first + numbers_at_once > all.audit.size()) std::_Exit(0);
    for (std::uint64_t i = 0; i < numbers_at_once;) {
      auto const want = std::min<std::uint64_t>(at_once, numbers_at_once - i);
      for (std::size_t k = 0; k < want; ++k) batch[k] = {first + i + k, ~(first + i + k)};
      auto pushed = all.stack.try_push_n({batch.data(), want});
      if (pushed == 0) {
        push_and_wait(all, batch[0]);
        pushed = 1;
      }
      for (std::size_t k = 0; k < pushed; ++k) all.audit.atomic(first + i + k).fetch_or(reported);
      i += pushed;
    }
  }
}

void pop_for_ever(shared const& all, std::size_t at_once) {
  std::array<element, most_at_once> batch{};
  for (;;) {
    auto const got = all.stack.try_pop_n({batch.data(), at_once});
    for (std::size_t k = 0; k < got; ++k) all.take(batch[k]);
    if (got != 0) continue;
    if (auto const one = all.stack.pop_for(1s)) all.take(*one);
  }
}

[[noreturn]] void work(std::string const& name, role as) {
  auto const segment = stoa::segment::open(name);
  shared const all{segment};
  switch (as) {
    case role::pusher: push_for_ever(all, 1); break;
    case role::batch_pusher: push_for_ever(all, most_at_once); break;
    case role::popper: pop_for_ever(all, 1); break;
    case role::batch_popper: pop_for_ever(all, most_at_once); break;
  }
  std::_Exit(0);
}

struct worker {
  pid_t pid = 0;
  role as = role::pusher;
  bool is_stopped = false;
};

pid_t start(settings const& with, role as) {
  pid_t const pid = ::fork();
  if (pid < 0) throw std::runtime_error{"fork failed"};  // and never kill(-1)
  if (pid == 0) {
    ::signal(SIGTERM, SIG_DFL);
    work(with.segment, as);
  }
  return pid;
}

struct result {
  std::uint64_t pushed = 0, taken = 0, lost = 0, twice = 0;
};

result audit(shared const& all) {
  result out;
  auto const end = std::min<std::uint64_t>(all.counters.atomic(0).load(), all.audit.size());
  for (std::uint64_t i = 0; i < end; ++i) {
    auto const byte = all.audit[i];
    auto const times = byte & 0x7F;
    out.pushed += (byte & reported) != 0;
    out.taken += times != 0;
    out.lost += (byte & reported) != 0 && times == 0;
    out.twice += times > 1;
  }
  return out;
}

int run(settings with) {
  with.segment = fmt::format("stack-soak-{}", ::getpid());
  auto const most_elements = with.seconds * elements_a_second;
  auto const segment = stoa::segment::create(with.segment, most_elements + 64_MiB);
  segment.publish<stoa::stack<element>>("stack", with.capacity);
  segment.publish<stoa::array<std::uint8_t>>("audit", most_elements);
  segment.publish<stoa::array<std::uint64_t>>("counters", 8);
  shared const all{segment};

  std::mt19937 random{with.seed};
  std::vector<worker> workers(with.processes);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i].as = static_cast<role>(i % 4);
    workers[i].pid = start(with, workers[i].as);
  }
  std::array<std::uint64_t, 4> kills{};
  std::uint64_t stops = 0;
  auto const kill_one = [&](worker& each) {
    ::kill(each.pid, SIGKILL);
    ::waitpid(each.pid, nullptr, 0);
    each.is_stopped = false;
    ++kills[static_cast<std::size_t>(each.as)];
  };
  // A stopped one stays so until its number comes up again: it is continued, or killed.
  auto const stop_or_go_on = [&](worker& each) {
    ::kill(each.pid, each.is_stopped ? SIGCONT : SIGSTOP);
    each.is_stopped = !each.is_stopped;
    stops += each.is_stopped;
  };
  for (auto const end = clock_type::now() + std::chrono::seconds{with.seconds}; clock_type::now() < end;) {
    std::this_thread::sleep_for(std::chrono::microseconds{500 + random() % 5000});
    auto& each = workers[random() % workers.size()];
    if (random() % 8 == 0) {
      stop_or_go_on(each);
    } else {
      kill_one(each);
      each.pid = start(with, each.as);
    }
  }
  for (auto& each : workers) kill_one(each);
  all.stack.recover();
  while (auto const left = all.stack.try_pop()) all.take(*left);

  auto const found = audit(all);
  auto const torn = all.counters.atomic(1).load();
  auto const most_gone = kills[2] + most_at_once * kills[3];
  auto const excess = found.lost > most_gone ? found.lost - most_gone : 0;
  fmt::print("{} s, capacity {}, {} processes; {} stops; kills:", with.seconds, with.capacity, with.processes, stops);
  for (std::size_t i = 0; i < kills.size(); ++i) fmt::print(" {} {}", kills[i], role_names[i]);
  fmt::print("\n{} pushed, {} taken; gone with a killed popper {} (at most {}), lost {}\n", found.pushed, found.taken,
             found.lost - excess, most_gone, excess);
  fmt::print("twice {}, torn {}\n", found.twice, torn);
  for (std::size_t const at : {2u, 4u})
    fmt::print("{}: longest wait for room {:.1f} ms, waits over 10 ms {}\n", at == 2 ? "in all" : "given a core",
               static_cast<double>(all.counters.atomic(at).load()) / 1000, all.counters.atomic(at + 1).load());
  std::uint64_t usable = 0;
  while (all.stack.try_push({usable, ~usable})) ++usable;
  fmt::print("nodes usable again: {} of {}; high water {}\n", usable, all.stack.capacity(),
             all.stack.statistics().high_water);
  return excess == 0 && found.twice == 0 && torn == 0 && usable == all.stack.capacity() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills and stops users of a stack at random and looks whether anything was lost or came twice"};
  app.add_option("--seconds", with.seconds, "how long")->capture_default_str();
  app.add_option("--seed", with.seed, "of the kills")->capture_default_str();
  app.add_option("--capacity", with.capacity, "of the stack")->capture_default_str();
  app.add_option("--processes", with.processes, "a pusher, batch pusher, popper and batch popper in turn")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return run(with);
}
