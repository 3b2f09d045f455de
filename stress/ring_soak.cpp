// Two rings, one of each mode, and processes that push, pop and read, killed or stopped at random every few
// milliseconds and replaced.
//
//   ring_soak [--seconds N] [--seed N] [--capacity N]
//
// Sample n of a ring has the number n, also across the death of producers: a successor goes on from
// total_written(). So each reader and consumer knows what it must see:
//   torn       a sample whose words disagree
//   misplaced  a reader that finds another number than its position says, losses included
//   twice      popped more than once
//   lost       in the bounded ring: consumed, and not noted by any consumer. One that is killed after its pop and
//              before it could note it takes along what it popped: at most a batch for each such kill.
//   held up    a reader that finds nothing although samples are held, whatever the producer does
// Exit status 0 if none of these happened.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <random>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "soak.hpp"
#include "soak_worker.hpp"

using namespace stoa::literals;
using namespace stoa::stress;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t elements_a_second = 16u << 20;  // more than go through the bounded ring
constexpr std::size_t batch_size = 5;

struct sample {
  std::array<std::uint64_t, 6> words{};
  sample() = default;
  explicit sample(std::uint64_t n) {
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = n ^ (i * 0x9E37'79B9'7F4A'7C15);
  }
  std::uint64_t number() const { return words[0]; }
  bool is_whole() const { return words == sample{words[0]}.words; }
};

struct settings : soak_settings {
  unsigned capacity = 60;
};

enum counter : std::size_t { torn, misplaced, held_up, read_in_all, lost_by_readers, popped };
constexpr std::uint64_t counters = 6;

struct shared {
  shared(stoa::segment const& in, std::string const& which)
      : ring{in.attach<stoa::ring<sample>>(which)},
        counts{in.attach<stoa::array<std::uint64_t>>("counts " + which)},
        audit{in.attach<stoa::array<std::uint8_t>>("audit " + which)} {}
  void count(counter what, std::uint64_t by = 1) const { counts.atomic(what).fetch_add(by); }
  bool is_full() const { return ring.total_written() + 1000 > audit.size(); }

  stoa::ring<sample> ring;
  stoa::array<std::uint64_t> counts;
  stoa::array<std::uint8_t> audit;  // how often each number was popped
};

void push_until_full(shared const& all) {
  if (auto const role = all.ring.try_become_producer(); !role) return;  // its predecessor still dies
  std::minstd_rand random{static_cast<unsigned>(::getpid())};
  std::vector<sample> batch;
  for (auto n = all.ring.total_written(); !all.is_full();) {
    if (random() % 4 != 0) {
      all.ring.push(sample{n++});
      continue;
    }
    batch.clear();
    for (std::size_t i = 0; i < 1 + random() % (2 * all.ring.capacity()); ++i) batch.emplace_back(n + i);
    n += all.ring.try_push_n(batch);
  }
}

void pop_for_ever(shared const& all) {
  std::array<sample, batch_size> out;
  for (;;) {
    auto got = all.ring.try_pop_n(out);
    if (got == 0) {
      auto const one = all.ring.pop_for(1s);
      if (!one) continue;
      out[0] = *one;
      got = 1;
    }
    for (std::size_t i = 0; i < got; ++i) {
      if (!out[i].is_whole() || out[i].number() >= all.audit.size())
        all.count(torn);
      else
        all.audit.atomic(out[i].number()).fetch_add(1);
    }
    all.count(popped, got);
  }
}

// A reader without the right to write. Its audit is in the counts, which it may write through `notes`.
void read_for_ever(stoa::ring<sample> const& ring, shared const& notes) {
  auto reader = ring.reader();
  auto lost = reader.lost();
  std::array<sample, batch_size> out;
  std::minstd_rand random{static_cast<unsigned>(::getpid())};
  for (;;) {
    auto const got = reader.read_n(out);
    for (std::size_t i = 0; i < got; ++i) {
      if (!out[i].is_whole()) notes.count(torn);
      if (out[i].number() != reader.position() - got + i) notes.count(misplaced);
    }
    notes.count(read_in_all, got);
    notes.count(lost_by_readers, reader.lost() - lost);
    lost = reader.lost();
    if (got == 0) {
      if (auto const one = reader.read_for(1ms); one && one->number() + 1 != reader.position()) notes.count(misplaced);
    } else if (random() % 64 == 0) {
      auto const newest = ring.latest();
      if (!newest) notes.count(held_up);
      if (newest && !newest->is_whole()) notes.count(torn);
      std::vector<sample> history(ring.capacity());
      history.resize(ring.latest(std::span{history}));
      if (history.empty()) notes.count(held_up);
      for (std::size_t i = 0; i < history.size(); ++i) {
        if (!history[i].is_whole()) notes.count(torn);
        if (history[i].number() != history[0].number() + i) notes.count(misplaced);
      }
    }
  }
}

enum class role { producer, consumer, reader };
struct worker {
  std::string ring;
  role as = role::producer;
  soak_worker process{};
};

void work(std::string const& name, worker const& me) {
  shared const all{stoa::segment::open(name), me.ring};
  switch (me.as) {
    case role::producer:
      push_until_full(all);
      break;
    case role::consumer:
      pop_for_ever(all);
      break;
    case role::reader:
      read_for_ever(stoa::segment::open_read_only(name).attach<stoa::ring<sample>>(me.ring), all);
      break;
  }
}

// What is left is taken out; then the books must balance.
bool judge(shared const& all, std::string const& which, std::uint64_t consumers_killed) {
  while (auto const left = all.ring.try_pop()) {
    all.audit.atomic(left->number()).fetch_add(1);
    all.count(popped);
  }
  auto const counts = all.ring.statistics();
  std::uint64_t twice = 0, never = 0;
  for (std::uint64_t n = 0; n < counts.written; ++n) {
    twice += all.audit[n] > 1;
    never += all.audit[n] == 0;
  }
  auto const may_be_gone = consumers_killed * batch_size;
  bool const is_bounded = all.ring.mode() == stoa::ring_mode::bounded;
  bool const is_lost = is_bounded && (never > may_be_gone || counts.lost != 0);
  auto const at = [&](counter what) { return all.counts.atomic(what).load(); };
  fmt::print("{}: {} written, {} popped, {} passed over, gone with a killed consumer {} (at most {}); "
             "readers: {} read, {} lost\n",
             which, counts.written, at(popped), counts.lost, is_bounded ? never : 0, may_be_gone, at(read_in_all),
             at(lost_by_readers));
  fmt::print("{}: torn {}, misplaced {}, twice {}, lost {}, held up {}\n", which, at(torn), at(misplaced), twice,
             is_lost ? never : 0, at(held_up));
  // The ring works as before.
  bool is_usable = true;
  for (std::uint64_t i = 0; i < 3 * all.ring.capacity(); ++i) {
    auto const n = all.ring.total_written();
    is_usable = is_usable && all.ring.try_push(sample{n});
    auto const got = all.ring.try_pop();
    is_usable = is_usable && got && got->number() == n && all.ring.latest()->number() == n;
  }
  if (!is_usable) fmt::print("{}: NOT USABLE any more\n", which);
  return at(torn) + at(misplaced) + at(held_up) + twice == 0 && !is_lost && is_usable && counts.written > 0 &&
         at(popped) > 0 && at(read_in_all) > 0;
}

constexpr std::array<char const*, 2> rings{"overwrite", "bounded"};
constexpr std::array<role, 4> roles{role::producer, role::consumer, role::consumer, role::reader};

bool run(settings const& with) {
  auto const most = with.seconds * elements_a_second;
  auto const segment = stoa::segment::create(with.segment, rings.size() * most + 64_MiB);
  for (std::string const each : rings) {
    segment.publish<stoa::ring<sample>>(
        each, with.capacity, each == "bounded" ? stoa::ring_mode::bounded : stoa::ring_mode::overwrite);
    segment.publish<stoa::array<std::uint64_t>>("counts " + each, counters);
    segment.publish<stoa::array<std::uint8_t>>("audit " + each, most);
  }
  std::vector<worker> workers(rings.size() * roles.size());
  auto const start = [&](worker& one) { one.process.start([&] { work(with.segment, one); }); };
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i].ring = rings[i / roles.size()];
    workers[i].as = roles[i % roles.size()];
    start(workers[i]);
  }
  std::uint64_t kills = 0, stops = 0;
  std::array<std::uint64_t, rings.size()> consumers_killed{};
  auto const kill = [&](std::size_t i) {
    workers[i].process.kill();
    ++kills;
    if (workers[i].as == role::consumer) ++consumers_killed[i / roles.size()];
  };
  disturb_workers(with, workers.size(), [&](std::size_t i, auto& random) {
    if (random() % 4 == 0) {  // stopped for a while, the others go on
      workers[i].process.stop_for(std::chrono::microseconds{random() % 5000});
      ++stops;
    } else {
      kill(i);
      start(workers[i]);
    }
  });
  for (std::size_t i = 0; i < workers.size(); ++i) kill(i);
  fmt::print("{} s, capacity {}; {} kills, {} stops\n", with.seconds, with.capacity, kills, stops);
  bool is_good = true;
  for (std::size_t i = 0; i < rings.size(); ++i)
    is_good = judge(shared{segment, rings[i]}, rings[i], consumers_killed[i]) && is_good;
  return is_good;
}

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills users of two rings at random and looks whether anything was torn, lost or came twice"};
  app.add_option("--capacity", with.capacity, "of the rings")->capture_default_str();
  return soak_main("ring-soak", app, with, argc, argv, &run);
}
