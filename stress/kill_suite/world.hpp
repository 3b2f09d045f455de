// world.hpp: one trial's world: a segment with a structure in which somebody is about to be cut off.
//
// Made anew for every instruction, so that a failure says after how many of them it happens. A
// structure's file derives its world and lists its operations (operations.hpp).
#pragma once
#include <cstdint>
#include <functional>
#include <stoa/segment.hpp>

#include "complaints.hpp"
#include "scratch.hpp"
#include "victim.hpp"

namespace stoa::kill_suite {

using namespace stoa::testing;
using task = std::function<void()>;

inline constexpr std::uint32_t most_lanes = 4;
inline constexpr std::uint32_t most_participants = 4;

class world {
 public:
  world();
  world(world const&) = delete;
  world& operator=(world const&) = delete;
  virtual ~world() = default;

  // In the victim's process: gets ready, and returns the operation. It says what it did in done().
  virtual task victim() = 0;
  // The victim is ready and stands still: what others do before it goes on.
  virtual void meet_victim() {}
  // In the process of one who will come upon the dead victim: gets ready before that, and returns
  // what repairs.
  virtual task repairer() = 0;

  // What those who live find, in one of several ways of coming to know of a death. Takes it all
  // out where looking does that. Each element is looked at for being whole.
  virtual contents found(std::size_t way, complaints& bad) = 0;
  // What a repairer that gets to its end makes of what there is.
  virtual contents repaired(contents before) const { return before; }
  // After found(): the structure can do all it could when it was new.
  virtual void expect_nothing_leaked(complaints& bad) = 0;

  // While the victim is stopped: everything that it cannot hold goes on.
  virtual void others_go_on(complaints& bad) = 0;
  // When the victim has continued to its end: what it and the others did adds up.
  virtual void expect_balance(contents const& after, complaints& bad) {
    bad.expect_same(found(0, bad), after, "after it went on");
  }

  report& done() const noexcept { return *reported_.get(); }
  std::string const& segment_name() const noexcept { return name_.str(); }

 protected:
  // As many threads as there are lanes get one, all at once; no lane names anything.
  void expect_all_lanes(std::function<void()> const& use_one, complaints& bad) const;
  // As many can open the segment as at the beginning.
  void expect_all_places(complaints& bad) const;

  scratch_name name_;
  shared_report reported_;
  segment home_;
};

}  // namespace stoa::kill_suite
