// actor.hpp: a process that works on a structure until it is cut off, and how far it has come when it begins.
#pragma once
#include <optional>
#include <stoa/segment.hpp>

#include "scratch.hpp"
#include "victim.hpp"

namespace stoa::testing {

template <class Structure>
struct actor_on {
  segment home;
  report& done;
  std::optional<Structure> attached{};
  Structure const* operator->() const { return &*attached; }
};

enum class readiness { opened, attached, has_lane };

// attach(Actor&) is the scene's: it knows by which name.
template <class Actor>
Actor made_ready(scratch_name const& name, report& done, readiness how) {
  Actor self{segment::open(name), done};
  if (how != readiness::opened) attach(self);
  if (how == readiness::has_lane) self.home.attachment().my_lane();
  return self;
}

// What a stepped_child is made from: it gets ready, and is stepped through run(actor).
template <class Scene, class Actor>
auto ready(Scene const& where, void (*run)(Actor&), readiness how = readiness::has_lane) {
  return [&where, run, how] {
    return [self = made_ready<Actor>(where.name, *where.reported.get(), how), run]() mutable {
      run(self);
      self.done.is_done = true;
    };
  };
}

}  // namespace stoa::testing
