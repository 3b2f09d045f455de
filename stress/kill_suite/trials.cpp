#include "trials.hpp"

#include <algorithm>
#include <cmath>

#include "stopwatch.hpp"
#include "watchdog.hpp"

namespace stoa::kill_suite {
namespace {

constexpr std::chrono::milliseconds longest_stall{10};
// A stall must show this many times in a row: the host of a virtual machine takes its cores away, too.
constexpr int stalls_in_a_row = 4;

using trace_type = std::vector<std::uintptr_t>;
using leading = std::function<void(stepped_child&)>;

struct finding {
  complaints bad;
  effect took = effect::undecided;
  bool is_stalled = false;
};

template <class Work>
void timed(finding& out, Work work) {
  stress::stopwatch const watch;
  work();
  out.is_stalled |= watch.given_a_core() > longest_stall;
}

// Whoever is dead, or stands still: what he left, wherever that was, is no damage. Also where nobody else looks.
void expect_undamaged(world const& here, complaints& bad) {
  auto const seen = segment::try_open_read_only(here.segment_name());
  if (!seen) return;  // whoever was to make it, or was the last to leave
  for (auto const& each : seen->verify(others::stand_still).findings)
    bad.expect(each.severity != severity::damage, each.text());
}

// What is left after a death, and perhaps a repair.
void judge(operation const& what, world& here, std::size_t way, bool is_repaired, finding& out) {
  expect_undamaged(here, out.bad);
  contents found;
  timed(out, [&] { found = here.found(way, out.bad); });
  bool const is_none = found == what.before || (is_repaired && found == here.repaired(what.before));
  bool const is_whole = found == what.after || (is_repaired && found == here.repaired(what.after));
  if (!is_none && !is_whole)
    out.bad.add(fmt::format("neither {} nor {}, but {}", what.before, what.after, found));
  if (here.done().is_done) out.bad.expect(is_whole, "it returned, and did not happen");
  here.expect_nothing_leaked(out.bad);
  expect_undamaged(here, out.bad);
  if (is_none != is_whole && !is_repaired) out.took = is_whole ? effect::whole : effect::none;
}

finding killed(operation const& what, leading const& lead, std::size_t way) {
  finding out;
  auto const here = what.make_world(mode::kill);
  watch_over(*here);
  {
    stepped_child victim{[&] { return here->victim(); }};
    here->meet_victim();
    lead(victim);
  }
  judge(what, *here, way, false, out);
  return out;
}

finding stopped(operation const& what, leading const& lead, std::size_t) {
  finding out;
  auto const here = what.make_world(mode::stop);
  watch_over(*here);
  {
    stepped_child victim{[&] { return here->victim(); }};
    here->meet_victim();
    lead(victim);
    expect_undamaged(*here, out.bad);
    timed(out, [&] { here->others_go_on(out.bad); });
    expect_undamaged(*here, out.bad);
    out.bad.expect(victim.finish(), "it did not get to its end when it continued");
  }
  here->expect_balance(what.after, out.bad);
  here->expect_nothing_leaked(out.bad);
  expect_undamaged(*here, out.bad);
  return out;
}

finding both_killed(operation const& what, leading const& lead, leading const& lead_repairer, std::size_t way) {
  finding out;
  auto const here = what.make_world(mode::pair);
  watch_over(*here);
  {
    stepped_child repairer{[&] { return here->repairer(); }};  // ready before there is anything to repair
    {
      stepped_child victim{[&] { return here->victim(); }};
      here->meet_victim();
      lead(victim);
    }
    lead_repairer(repairer);
  }
  judge(what, *here, way, true, out);
  return out;
}

class campaign {
 public:
  campaign(operation const& what, mode how, std::function<void(std::string const&)> const& fail)
      : what_{what}, how_{how}, fail_{fail} {}

  outcome run(settings const& with) {
    {
      auto const here = what_.make_world(how_);
      watch_over(*here);
      stepped_child victim{[&] { return here->victim(); }};
      here->meet_victim();
      trace_ = victim.trace();
    }
    out_.instructions = trace_.size();
    how_ == mode::pair ? run_pairs(with) : run_singles(with);
    return out_;
  }

 private:
  void run_singles(settings const& with) {
    auto most = with.most_runs;
    if (most == 0 && what_.how_long == length::long_one) most = with.long_runs;
    auto const stride = most == 0 ? with.stride : std::max(with.stride, 1 + trace_.size() / most);
    bool is_whole = false;
    for (std::size_t k = 0; k < trace_.size(); k += stride) {
      auto const place = fmt::format("k={} of {}", k, trace_.size());
      auto const once = how_ == mode::kill ? &killed : &stopped;
      auto const took = settle(place, [&](leading const& lead) { return once(what_, lead, k / stride); }, k);
      // Long operations take their way by names and heap: where they are after k instructions differs.
      if (took == effect::none && is_whole && what_.how_long == length::short_one) complain(place, "an effect that was there is gone");
      is_whole |= took == effect::whole;
    }
  }

  // Each k that is looked at gets the same number of m, spread over the repair that it calls for.
  void run_pairs(settings const& with) {
    auto const most = static_cast<double>(with.most_runs == 0 ? with.pair_runs : with.most_runs);
    auto const per_side = static_cast<std::size_t>(std::ceil(std::sqrt(most)));
    auto const stride = std::max(with.stride, 1 + trace_.size() / per_side);
    for (std::size_t k = 0; k < trace_.size(); k += stride) {
      auto const repair = repair_after(k);
      auto const repair_stride = std::max(with.stride, 1 + repair.size() / per_side);
      // Shifted with k, so that in time every m has its turn.
      for (std::size_t m = k / stride % repair_stride; m < repair.size(); m += repair_stride)
        settle(fmt::format("k={} of {}, m={} of {}", k, trace_.size(), m, repair.size()),
               [&](leading const& lead) {
                 cut const there{repair, m};
                 return both_killed(what_, lead, [&](stepped_child& repairer) { there.lead(repairer); }, k + m);
               },
               k);
    }
  }

  trace_type repair_after(std::size_t k) {
    auto const here = what_.make_world(how_);
    watch_over(*here);
    stepped_child repairer{[&] { return here->repairer(); }};
    {
      stepped_child victim{[&] { return here->victim(); }};
      here->meet_victim();
      cut{trace_, k}.lead(victim);
    }
    return repairer.trace();
  }

  // One run; again if it stalled, as long as that may be the machine's doing. Victims are alike but for the time
  // and the heap they find: rarely one takes another way to its end. Its instructions are counted then, and say
  // nothing about those of the others.
  template <class Once>
  effect settle(std::string const& place, Once once, std::size_t k) {
    ++out_.runs;
    finding last;
    bool is_missed = false;
    for (int stalls = 0; stalls < stalls_in_a_row; ++stalls) {
      cut const there{trace_, k};
      last = once([&](stepped_child& victim) { there.lead(victim); });
      if (there.is_missed) {
        is_missed = true;
        cut const counted{trace_, k, true};
        last = once([&](stepped_child& victim) { counted.lead(victim); });
      }
      if (!last.is_stalled) break;
    }
    last.bad.expect(!last.is_stalled, "the others stood still for more than 10 ms");
    if (!last.bad.empty()) complain(place, last.bad.text());
    return is_missed ? effect::undecided : last.took;
  }

  void complain(std::string const& place, std::string_view text) {
    ++out_.failures;
    fail_(fmt::format("{} {}, {} {}: {}", what_.structure, what_.name, name_of(how_), place, text));
  }

  operation const& what_;
  mode how_;
  std::function<void(std::string const&)> const& fail_;
  trace_type trace_;
  outcome out_;
};

}  // namespace

std::string_view name_of(mode how) noexcept {
  switch (how) {
    case mode::kill: return "kill";
    case mode::stop: return "stop";
    case mode::pair: break;
  }
  return "pair";
}

outcome try_all(operation const& what, mode how, settings const& with,
                std::function<void(std::string const&)> const& fail) {
  return campaign{what, how, fail}.run(with);
}

}  // namespace stoa::kill_suite
