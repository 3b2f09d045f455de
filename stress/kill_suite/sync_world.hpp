// sync_world.hpp: the world of one of stoa/sync: what is said of it by functions instead of by a class each.
#pragma once
#include <functional>
#include <iterator>
#include <memory>
#include <utility>

#include "operations.hpp"

namespace stoa::kill_suite {

// What `Noun` is asked and told; each of them is given a handle.
template <class Noun>
struct sync_row {
  char const* name;
  contents before;
  contents after;
  // By one who is gone before there is a victim.
  std::function<void(Noun const&)> arrange;
  // By the victim: before it is stepped, and stepped.
  std::function<void(Noun const&)> prepare;
  std::function<void(Noun const&)> run;
};

// What holds for all operations of a noun.
template <class Noun>
struct sync_rules {
  std::function<Noun(segment const&)> publish;
  std::function<contents(Noun const&, complaints&)> found;
  // Whatever it did before, it works as a new one does.
  std::function<void(Noun const&, complaints&)> works;
  // Beside one that is stopped anywhere in an operation. Leaves the noun as it was.
  std::function<void(Noun const&, complaints&)> goes_on;
  std::function<void(Noun const&)> repair;
  std::function<contents(contents)> repaired;
};

template <class Noun>
class sync_world final : public world {
 public:
  sync_world(sync_row<Noun> what, sync_rules<Noun> rules)
      : row_{std::move(what)}, rules_{std::move(rules)}, own_{rules_.publish(home_)} {
    if (row_.arrange) row_.arrange(attached());
  }
  task victim() override {
    auto const mine = attached();
    if (row_.prepare) row_.prepare(mine);
    return [mine, run = row_.run, &done = done()] {
      run(mine);
      done.is_done = true;
    };
  }
  task repairer() override {
    return [mine = attached(), repair = rules_.repair] { repair(mine); };
  }
  contents repaired(contents what) const override { return rules_.repaired(std::move(what)); }
  contents found(std::size_t way, complaints& bad) override {
    return guarded(bad, [&] { return rules_.found(way % 2 == 0 ? own_ : attached(), bad); });
  }
  void expect_nothing_leaked(complaints& bad) override {
    guarded(bad, [&] {
      rules_.works(own_, bad);
      expect_all_places(bad);
      return contents{};
    });
  }
  void others_go_on(complaints& bad) override {
    guarded(bad, [&] {
      rules_.goes_on(own_, bad);
      return contents{};
    });
  }

 private:
  Noun attached() const { return segment::open(name_).attach<Noun>("x"); }
  // What nobody expected is a complaint.
  template <class Work>
  static contents guarded(complaints& bad, Work work) {
    try {
      return work();
    } catch (error const& problem) {
      bad.add(problem.what());
      return {};
    }
  }

  sync_row<Noun> row_;
  sync_rules<Noun> rules_;
  Noun own_;
};

template <class Noun>
std::vector<operation> sync_operations(char const* kind, sync_rules<Noun> const& rules,
                                       std::vector<sync_row<Noun>> const& rows) {
  std::vector<operation> out;
  for (auto const& each : rows)
    out.push_back({kind, each.name, each.before, each.after,
                   [each, rules](mode) { return std::make_unique<sync_world<Noun>>(each, rules); }});
  return out;
}

inline std::vector<operation> joined(std::vector<operation> some, std::vector<operation> more) {
  some.insert(some.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return some;
}

}  // namespace stoa::kill_suite
