// A segment with every kind of structure, and processes that use all of them at once: killed, stopped and continued at
// random, replaced, forked in the middle; some with threads, some that only look. Names come and go until it is full.
//
//   segment_soak [--seconds N] [--seed N] [--epoch N] [--processes N]
//
// After each epoch all are killed, and every structure is emptied and tried. Then all must be as at the start: bytes,
// names, participants, and this process's descriptors and memory; and verify() must find no damage, before that and
// after. Exit status 0 if it is so each time, and nobody saw anything torn.
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "../soak.hpp"
#include "../soak_worker.hpp"
#include "load.hpp"

using namespace stoa::literals;
using namespace stoa::stress;
using namespace std::chrono_literals;

namespace {

struct settings : soak_settings {
  unsigned epoch = 10;  // seconds
  unsigned processes = 6;
};

loads all_loads() {
  loads all;
  add_element_loads(all);
  add_keyed_loads(all);
  add_message_loads(all);
  add_sync_loads(all);
  add_name_load(all);
  return all;
}

// --- what a process does ---

class participant {
 public:
  participant(std::string const& name, loads const& all)
      : name_{name}, all_{all}, segment_{stoa::segment::open(name)}, random_{static_cast<unsigned>(::getpid())} {
    for (auto const& each : all_) users_.push_back(each->attach(segment_));
  }
  void work_for_ever() {
    for (std::uint64_t step = 1;; ++step) {
      auto const which = random_() % users_.size();
      if (random_() % 64 == 0) users_[which] = all_[which]->attach(segment_);
      users_[which]->use(random_);
      if (step % 512 == 0) look();
      if (step % 1024 == 0) use_in_a_thread();
      if (step % 2048 == 0) use_in_a_fork();
    }
  }
  void work(int steps) {
    for (; steps > 0; --steps) users_[random_() % users_.size()]->use(random_);
  }

 private:
  void look() const {
    auto const seen = stoa::segment::open_read_only(name_);
    for (auto const& each : seen.entries()) require(!each.kind().empty(), name_, "an entry without a kind");
  }
  void use_in_a_thread() {
    std::exception_ptr problem;
    std::thread{[&] {
      try {
        auto random = random_source{static_cast<unsigned>(random_())};
        for (int left = 20; left > 0; --left) users_[random() % users_.size()]->use(random);
      } catch (...) {
        problem = std::current_exception();
      }
    }}.join();
    if (problem) std::rethrow_exception(problem);
  }
  // The child's handles are its parent's; what it opens is its own.
  void use_in_a_fork() {
    auto const parent = ::getpid();
    auto const child = ::fork();
    if (child < 0) return;  // too many, with those that were left by the killed
    if (child == 0) std::_Exit(live_as_child(parent));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    require(status == 0, name_, "a forked child failed");
  }
  int live_as_child(pid_t parent) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) return 0;
    try {
      if (!is_refused([&] { segment_.publish<stoa::bitset>("a child's", 8); })) return 1;
      participant{name_, all_}.work(30);
      return 0;
    } catch (std::exception const& problem) {
      fmt::print(stderr, "forked child {}: {}\n", ::getpid(), problem.what());
      return 1;
    }
  }
  template <class Use>
  static bool is_refused(Use use) {
    try {
      use();
      return false;
    } catch (stoa::error const& problem) {
      return problem.code() == stoa::errc::forked;
    }
  }

  std::string name_;
  loads const& all_;
  stoa::segment segment_;
  random_source random_;
  std::vector<std::unique_ptr<user>> users_;
};

// --- what must be as it was ---

struct state {
  std::uint64_t free_bytes = 0;
  std::size_t names = 0;
  std::size_t participants = 0;
  std::size_t descriptors = 0;
  friend bool operator==(state const&, state const&) = default;

  static state of(stoa::segment const& in) {
    auto const descriptors = std::filesystem::directory_iterator{"/proc/self/fd"};
    return {in.free_bytes(), in.entries().size(), in.reference_count(),
            static_cast<std::size_t>(std::distance(begin(descriptors), end(descriptors)))};
  }
  std::string text() const {
    return fmt::format("{} bytes free, {} names, {} participants, {} descriptors", free_bytes, names, participants,
                       descriptors);
  }
};

// Of its own, those of the segment not counted.
std::uint64_t resident_pages() {
  std::uint64_t total = 0, resident = 0, shared = 0;
  std::ifstream{"/proc/self/statm"} >> total >> resident >> shared;
  return resident - shared;
}

bool is_clean(stoa::segment const& in, char const* when) {
  auto const found = in.verify();
  for (auto const& each : found.findings)
    if (each.severity == stoa::severity::damage) fmt::print("{}: {}\n", when, each.text());
  return found.is_clean();
}

class soak {
 public:
  explicit soak(settings const& with)
      : with_{with}, segment_{stoa::segment::create(with.segment, 8_MiB)}, workers_(with.processes) {
    for (auto const& each : all_) {
      each->publish(segment_);
      each->settle(segment_);  // so that what it reserves at first use is reserved
    }
    start_ = state::of(segment_);
  }
  bool run() {
    fmt::print("at the start: {}\n", start_.text());
    bool is_good = run_epoch();
    auto const first = resident_pages();
    for (auto left = with_.seconds; left > with_.epoch && is_good && !is_time_over; left -= with_.epoch)
      is_good = run_epoch();
    auto const last = resident_pages();
    auto const grown = last > first ? last - first : 0;
    fmt::print("{} epochs, {} kills, {} stops; {} pages of memory more than after the first epoch\n", epochs_, kills_,
               stops_, grown);
    return is_good && grown < most_pages_more;
  }

 private:
  static constexpr std::uint64_t most_pages_more = 256;  // 1 MiB: what a run of hours could not hide

  bool run_epoch() {
    for (auto& each : workers_) start(each);
    settings turn = with_;
    turn.seconds = std::min(with_.seconds, with_.epoch);
    turn.seed = with_.seed + epochs_++;
    disturb_workers(turn, workers_.size(), [&](std::size_t i, auto& random) { disturb(workers_[i], random); });
    for (auto& each : workers_) each.kill();
    wait_until_alone();
    auto is_good = is_clean(segment_, "left by the killed");
    for (auto const& each : all_) each->settle(segment_);
    is_good = is_clean(segment_, "settled") && is_good;
    auto const now = state::of(segment_);
    if (now != start_) fmt::print("epoch {}: {}\n", epochs_, now.text());
    return is_good && now == start_;
  }
  // A forked child dies with its parent, a moment later. Who does not is told by what is compared then.
  void wait_until_alone() const {
    for (auto const until = stoa::deadline::after(10s); segment_.reference_count() > 1 && !until.has_passed();)
      std::this_thread::sleep_for(1ms);
  }
  void start(soak_worker& one) {
    one.start([&] { participant{with_.segment, all_}.work_for_ever(); });
  }
  template <class Random>
  void disturb(soak_worker& one, Random& random) {
    switch (random() % 8) {
      case 0:  // stopped for a while, the others go on
        if (!one.is_stopped()) one.stop();
        ++stops_;
        break;
      case 1:
      case 2:
        if (one.is_stopped()) one.go_on();
        break;
      default:
        one.kill();
        ++kills_;
        start(one);
    }
  }

  settings with_;
  loads all_ = all_loads();
  stoa::segment segment_;
  std::vector<soak_worker> workers_;
  state start_;
  unsigned epochs_ = 0;
  std::uint64_t kills_ = 0;
  std::uint64_t stops_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills users of a segment with every kind of structure, and looks whether all is as it was"};
  app.add_option("--epoch", with.epoch, "seconds between looks")->capture_default_str();
  app.add_option("--processes", with.processes, "that use it at the same time")->capture_default_str();
  return soak_main("segment-soak", app, with, argc, argv, [](settings const& each) { return soak{each}.run(); });
}
