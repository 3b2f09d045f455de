// One pool, and processes that acquire, hand on, adopt and release, killed or stopped at random and replaced.
//
//   object_pool_soak [--seconds N] [--seed N] [--capacity N] [--processes N]
//
// Beside the pool there is an audit: a word per object that says who believes to hold it, a worker's number and
// which of its lives. Who acquires or adopts an object puts his own there and looks at what he finds:
//   two owners  the token of a worker that has not been killed, or another's in place of his own while he holds it
//   taken away  an object he holds that his handle does not reach any more, or that he cannot release
// At the end, with all workers killed, every object must be free, once, and the counts must agree. Exit status 0 if so.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <random>
#include <set>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "soak.hpp"
#include "soak_worker.hpp"
#include "wait_record.hpp"

using namespace stoa::literals;
using namespace stoa::stress;
using namespace std::chrono_literals;

namespace {

struct settings : soak_settings {
  unsigned capacity = 48;
  unsigned processes = 4;
};

struct object {
  std::uint64_t token;
  std::uint64_t inverted;  // ~token
};

enum counter : std::size_t { two_owners, taken_away, acquired, adopted, stale, counters_in_all };

std::uint64_t token_of(std::uint64_t worker, std::uint64_t life) { return (worker + 1) << 32 | life; }

// What the workers share.
struct shared {
  explicit shared(stoa::segment const& in)
      : pool{in.attach<stoa::object_pool<object>>("pool")},
        queue{in.attach<stoa::queue<stoa::pool_handle>>("queue")},
        audit{in.attach<stoa::array<std::uint64_t>>("audit")},
        lives{in.attach<stoa::array<std::uint64_t>>("lives")},
        counters{in.attach<stoa::array<std::uint64_t>>("counters")},
        waits{in} {}

  void count(counter which) const { counters.atomic(which).fetch_add(1); }
  bool is_alive(std::uint64_t token) const {
    auto const worker = (token >> 32) - 1;
    return worker < lives.size() && lives.atomic(worker).load() == (token & 0xFFFF'FFFF);
  }

  stoa::object_pool<object> pool;
  stoa::queue<stoa::pool_handle> queue;
  stoa::array<std::uint64_t> audit;
  stoa::array<std::uint64_t> lives;  // per worker; counted up before it is killed
  stoa::array<std::uint64_t> counters;
  wait_record waits;
};

class worker {
 public:
  worker(shared const& all, std::uint64_t token)
      : all_{all}, token_{token}, random_{static_cast<unsigned>(token ^ token >> 32)} {}

  [[noreturn]] void run() {
    for (;;) {
      switch (random_() % 8) {
        case 0: case 1: case 2: get(all_.pool.acquire(), acquired); break;
        case 3: get(all_.waits.timed([&] { return all_.pool.acquire_for(2ms); }), acquired); break;
        case 4: send(); break;
        case 5: receive(); break;
        default: give_back();
      }
      for (auto const& each : held_) check(each);
      if (held_.size() > 10) give_back();
    }
  }

 private:
  void get(stoa::pool_handle const& got, counter how) {
    if (!got) return;
    auto const before = all_.audit.atomic(got.index).exchange(token_);
    if (before != 0 && all_.is_alive(before)) all_.count(two_owners);
    all_.pool[got] = {token_, ~token_};
    held_.push_back(got);
    all_.count(how);
  }
  void check(stoa::pool_handle const& handle) const {
    auto const* const found = all_.pool.get(handle);
    if (found == nullptr)
      all_.count(taken_away);
    else if (found->token != token_ || found->inverted != ~token_ || all_.audit.atomic(handle.index).load() != token_)
      all_.count(two_owners);
  }
  stoa::pool_handle let_go() {
    auto const which = held_.begin() + static_cast<std::ptrdiff_t>(random_() % held_.size());
    auto const handle = *which;
    held_.erase(which);
    if (all_.audit.atomic(handle.index).exchange(0) != token_) all_.count(two_owners);
    return handle;
  }
  void give_back() {
    if (held_.empty()) return;
    auto const handle = let_go();
    if (!all_.pool.release(handle)) all_.count(taken_away);
    if (all_.pool.release(handle)) all_.count(two_owners);
  }
  void send() {
    if (held_.empty()) return;
    auto const handle = let_go();
    if (!all_.queue.try_push(handle)) all_.pool.release(handle);
  }
  void receive() {
    auto const handle = all_.queue.try_pop();
    if (!handle) return;
    if (all_.pool.adopt(*handle))
      get(*handle, adopted);
    else
      all_.count(stale);  // its sender died, and it was taken back
  }

  shared const& all_;
  std::uint64_t token_;
  std::minstd_rand random_;
  std::vector<stoa::pool_handle> held_;
};

void work(std::string const& name, std::uint64_t token) {
  shared const all{stoa::segment::open(name)};
  worker{all, token}.run();
}

// Every object can be had again, once each.
bool is_complete(shared const& all) {
  while (auto const handle = all.queue.pop_for(20ms)) static_cast<void>(all.pool.release(*handle));
  all.pool.reclaim();
  if (all.pool.size() != 0) return false;
  std::set<std::uint64_t> indices;
  while (auto const got = all.pool.acquire()) indices.insert(got.index);
  return indices.size() == all.pool.capacity() && all.pool.size() == all.pool.capacity();
}

bool run(settings const& with) {
  auto const segment = stoa::segment::create(with.segment, 8_MiB);
  segment.publish<stoa::object_pool<object>>("pool", with.capacity);
  segment.publish<stoa::queue<stoa::pool_handle>>("queue", 16);
  segment.publish<stoa::array<std::uint64_t>>("audit", with.capacity);
  segment.publish<stoa::array<std::uint64_t>>("lives", with.processes);
  segment.publish<stoa::array<std::uint64_t>>("counters", static_cast<int>(counters_in_all));
  wait_record::publish(segment);
  shared const all{segment};

  std::vector<soak_worker> workers(with.processes);
  std::uint64_t kills = 0, stops = 0;
  auto const start = [&](std::size_t i) {
    auto const token = token_of(i, all.lives.atomic(i).load());  // before it can be killed
    workers[i].start([&] { work(with.segment, token); });
  };
  auto const kill = [&](std::size_t i) {
    all.lives.atomic(i).fetch_add(1);
    workers[i].kill();
    ++kills;
  };
  for (std::size_t i = 0; i < workers.size(); ++i) start(i);
  disturb_workers(with, workers.size(), [&](std::size_t i, auto& random) {
    if (random() % 4 == 0) {  // stopped for a while: slow is not dead
      workers[i].stop_for(std::chrono::milliseconds{1 + random() % 20});
      ++stops;
    } else {
      kill(i);
      start(i);
    }
  });
  for (std::size_t i = 0; i < workers.size(); ++i) kill(i);

  bool const complete = is_complete(all);
  auto const count = [&](counter which) { return all.counters.atomic(which).load(); };
  auto const counts = all.pool.statistics();
  bool const is_balanced = counts.acquired == counts.released + counts.reclaimed + all.pool.size();
  fmt::print("{} s, {} objects, {} processes; {} kills, {} stops\n", with.seconds, with.capacity, with.processes, kills,
             stops);
  fmt::print("{} acquired, {} adopted, {} handles stale as their sender had died; {} taken back from the dead\n",
             count(acquired), count(adopted), count(stale), counts.reclaimed);
  fmt::print("two owners {}, taken away {}\n", count(two_owners), count(taken_away));
  all.waits.print("longest wait of a survivor");
  fmt::print("free again: {}; counts agree: {}\n", complete ? "all" : "NOT ALL", is_balanced ? "yes" : "NO");
  return complete && is_balanced && count(two_owners) == 0 && count(taken_away) == 0 && count(acquired) != 0;
}

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills users of an object pool at random and looks whether every object is somebody's, and one's only"};
  app.add_option("--capacity", with.capacity, "of the pool")->capture_default_str();
  app.add_option("--processes", with.processes, "how many at once")->capture_default_str();
  return soak_main("object-pool-soak", app, with, argc, argv, &run);
}
