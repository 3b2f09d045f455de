// keyed_world.hpp: what map and set have in common: keys that somebody changes, and others that stay.
//
// The structure is a policy: publish, attach, put(structure, key), look(structure) and erase(structure, key).
#pragma once
#include <algorithm>

#include "operations.hpp"

namespace stoa::kill_suite {

inline constexpr std::uint64_t keyed_capacity = 8;  // two home buckets and one overflow bucket
inline constexpr std::uint64_t repairers_key = 90;

template <class Policy>
struct keyed_row {
  char const* name;
  void (*run)(typename Policy::type const&);
  contents before;  // what Policy::look() makes of it
  contents after;
};

template <class Policy>
class keyed_world final : public world {
  using type = typename Policy::type;

 public:
  keyed_world(keyed_row<Policy> const& what, contents const& keys) : row_{what}, structure_{publish()} {
    for (auto const each : keys) Policy::put(structure_, each);
  }
  task victim() override {
    auto const where = segment::open(name_);
    auto structure = where.template attach<type>("m");
    where.attachment().my_lane();
    return [run = row_.run, structure, &done = done()] {
      run(structure);
      done.is_done = true;
    };
  }
  task repairer() override {
    return [structure = segment::open(name_).attach<type>("m")] {
      structure.recover();
      Policy::put(structure, repairers_key);
    };
  }
  contents repaired(contents what) const override {
    Policy::add(what, repairers_key);
    return what;
  }
  contents found(std::size_t way, complaints& bad) override {
    auto const looking = way % 2 == 0 ? structure_ : segment::open(name_).attach<type>("m");
    if (way % 3 == 0) looking.recover();
    auto out = Policy::look(looking, bad);
    bad.expect(looking.size() == out.size() / Policy::words_each, "size() and the elements differ");
    return out;
  }
  void expect_nothing_leaked(complaints& bad) override {
    structure_.clear();
    bad.expect(structure_.empty(), "elements that outlive clear()");
    for (int round = 0; round < 2; ++round) {
      for (std::uint64_t key = 0; key < keyed_capacity; ++key)
        bad.expect(Policy::put(structure_, 200 + key), "a place was lost");
      bad.expect(structure_.size() == keyed_capacity, "the full structure's size");
      for (std::uint64_t key = 0; key < keyed_capacity; ++key)
        bad.expect(structure_.erase(200 + key), "an element was lost");
      bad.expect(structure_.empty(), "the empty structure's size");
    }
    structure_.recover();
    expect_all_lanes([&] { home_.attachment().my_lane(); }, bad);
    expect_all_places(bad);
  }
  // Readers wait for nobody; who writes to a stopped writer's bucket does.
  void others_go_on(complaints& bad) override {
    structure_.recover();
    auto const there = Policy::look(structure_, bad);
    bad.expect(there == row_.before || there == row_.after, fmt::format("readers beside it found {}", there));
  }

 private:
  type publish() { return home_.publish<type>("m", keyed_capacity); }
  keyed_row<Policy> row_;
  type structure_;
};

template <class Policy>
operation keyed_operation(std::string const& structure, keyed_row<Policy> const& each, contents const& keys) {
  return {structure, each.name, each.before, each.after,
          [each, keys](mode) { return std::make_unique<keyed_world<Policy>>(each, keys); }};
}

}  // namespace stoa::kill_suite
