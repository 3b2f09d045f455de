// One map, and processes that change it, killed at random every few milliseconds and replaced.
//
//   map_soak [--seconds N] [--seed N] [--keys N] [--processes N]
//
// Each worker owns some of the keys and notes in a journal, before and after each change, what it is about to
// make of which key. So of every key it is known what it must be: only of the one that a killed worker was at,
// old and new are both right. The owners' keys share buckets, so that they meet at locks that the dead left.
// Exit status 0 if every element was as it must be, whole and there once, and at the end nothing was lost.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <map>
#include <random>
#include <stdexcept>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "soak.hpp"
#include "soak_worker.hpp"

using namespace stoa::literals;
using namespace stoa::stress;

namespace {

struct settings : soak_settings {
  unsigned keys = 512;
  unsigned processes = 4;
};

struct element {
  std::array<std::uint64_t, 6> words;
  static element of(std::uint64_t n) {
    element out;
    for (std::size_t i = 0; i < out.words.size(); ++i) out.words[i] = n * (2 * i + 1);
    return out;
  }
  bool is_whole() const {
    for (std::size_t i = 0; i < words.size(); ++i)
      if (words[i] != words[0] * (2 * i + 1)) return false;
    return true;
  }
};

using elements = stoa::map<std::uint64_t, element>;
using numbers = stoa::array<std::uint64_t>;  // 0: none

// What the workers share. is: per key, what its owner knows; next, at: per worker, the change under way.
struct shared {
  explicit shared(stoa::segment const& in)
      : map{in.attach<elements>("map")},
        is{in.attach<numbers>("is")},
        next{in.attach<numbers>("next")},
        at{in.attach<numbers>("at")} {}
  elements map;
  numbers is, next, at;
};

bool apply(shared const& all, std::uint64_t key, std::uint64_t from, std::uint64_t to) {
  if (to == 0) return all.map.erase(key);
  if (from == 0) return all.map.insert(key, element::of(to));
  if (to % 2 == 0) return all.map.insert_or_assign(key, element::of(to));
  return all.map.update(key, [&](element& each) { each = element::of(to); });
}

[[noreturn]] void work(settings const& with, std::uint64_t self) {
  shared const all{stoa::segment::open(with.segment)};
  std::minstd_rand random{static_cast<unsigned>(::getpid())};
  for (;;) {
    auto const key = random() % (with.keys / with.processes) * with.processes + self;
    auto const from = all.is[key];
    auto const to = from != 0 && random() % 3 == 0 ? 0 : 1 + random();
    all.next.atomic(self).store(to);
    all.at.atomic(self).store(key + 1);
    if (!apply(all, key, from, to)) throw std::runtime_error{"a change was refused"};
    all.is.atomic(key).store(to);
    all.at.atomic(self).store(0);
    auto const other = random() % with.keys;
    if (auto const found = all.map.find(other); found && !found->is_whole())
      throw std::runtime_error{"an element was torn"};
  }
}

class map_soak {
 public:
  explicit map_soak(settings const& with) : with_{with}, segment_{stoa::segment::create(with.segment, 4_MiB)} {
    segment_.publish<elements>("map", with.keys);
    segment_.publish<numbers>("is", with.keys);
    segment_.publish<numbers>("next", with.processes);
    segment_.publish<numbers>("at", with.processes);
  }

  bool run() {
    shared const all{segment_};
    std::vector<soak_worker> workers(with_.processes);
    auto const start = [&](std::size_t i) { workers[i].start([&] { work(with_, i); }); };
    auto const kill = [&](std::size_t i) {
      workers[i].kill();
      ++kills_;
      look_at_what_it_was_at(all, i);
    };
    for (std::size_t i = 0; i < workers.size(); ++i) start(i);
    disturb_workers(with_, workers.size(), [&](std::size_t i, auto&) {
      kill(i);
      start(i);
    });
    for (std::size_t i = 0; i < workers.size(); ++i) kill(i);
    return judge(all);
  }

 private:
  void look_at_what_it_was_at(shared const& all, std::uint64_t self) {
    auto const at = all.at.atomic(self).exchange(0);
    if (at == 0) return;
    auto const key = at - 1;
    auto const found = value_of(all.map.find(key));
    auto const next = all.next[self];
    wrong_ += found != all.is[key] && found != next;
    completed_ += found == next;
    all.is.atomic(key).store(found);
  }
  std::uint64_t value_of(std::optional<element> const& found) {
    torn_ += found && !found->is_whole();
    return found ? found->words[0] : 0;
  }
  bool judge(shared const& all) {
    std::map<std::uint64_t, std::uint64_t> found;
    std::uint64_t twice = 0;
    all.map.for_each([&](std::uint64_t key, element const& value) {
      twice += !found.emplace(key, value_of(value)).second;
    });
    for (std::uint64_t key = 0; key < with_.keys; ++key) {
      auto const must = all.is[key];
      wrong_ += value_of(all.map.find(key)) != must || found.contains(key) != (must != 0) ||
                (must != 0 && found[key] != must);
    }
    auto const changes = all.map.statistics().changes;
    all.map.recover();
    all.map.clear();
    auto const leaked = all.map.statistics().overflows_used;
    fmt::print("{} s, {} keys, {} processes: {} kills, {} of them after the effect of a change; {} changes\n",
               with_.seconds, with_.keys, with_.processes, kills_, completed_, changes);
    fmt::print("wrong {}, torn {}, twice {}, overflow buckets lost {}\n", wrong_, torn_, twice, leaked);
    return wrong_ + torn_ + twice + leaked == 0 && changes != 0;
  }

  settings with_;
  stoa::segment segment_;
  std::uint64_t kills_ = 0, completed_ = 0, wrong_ = 0, torn_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  settings with;
  CLI::App app{"Kills users of a map at random and looks whether any element is lost, doubled, torn or wrong"};
  app.add_option("--keys", with.keys, "and capacity")->capture_default_str();
  app.add_option("--processes", with.processes, "that change the map")->capture_default_str();
  return soak_main("map-soak", app, with, argc, argv, [](settings const& as) { return map_soak{as}.run(); });
}
