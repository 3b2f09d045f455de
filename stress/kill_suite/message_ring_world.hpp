// message_ring_world.hpp: a message_ring of a few units in which somebody is cut off, and what is told of it.
#pragma once
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "balance.hpp"
#include "message_ring_actor.hpp"
#include "operations.hpp"

namespace stoa::kill_suite {

struct message_ring_row {
  char const* name;
  std::uint64_t filled;  // messages 1 to that are in the ring
  void (*arrange)(message_ring const&);
  void (*run)(actor&);
  contents before;
  contents after;
  std::uint64_t untouched;  // that many can be received while it is stopped anywhere
  readiness begins = readiness::has_lane;
};

class message_ring_world : public world {
 public:
  message_ring_world(message_ring_row const& what, message_ring_options const& options)
      : row_{what}, ring_{home_.publish<message_ring>("m", ring_bytes_of_scene, options)} {}
  task victim() override {
    return [self = made_ready<actor>(name_, done(), row_.begins), run = row_.run]() mutable {
      run(self);
      self.done.is_done = true;
    };
  }

 protected:
  void fill() {
    for (std::uint64_t n = 1; n <= row_.filled; ++n) {
      static_cast<void>(send_number(ring_, n));
      balance_.note_in(n);
    }
    row_.arrange(ring_);
  }
  bool has_blocks() const { return ring_.largest_in_record() == large_of_scene.above; }

  // What those who come upon a death receive, in one of three ways.
  contents drained_by(std::size_t way, complaints& bad, bool is_all) {
    auto const ring = way % 3 == 0 ? segment::open(name_).attach<message_ring>("m") : ring_;
    if (way % 3 == 1) ring.recover();
    return drained(ring.consumer(), way, [&](char const* what) { bad.add(what); }, is_all);
  }

  message_ring_row row_;
  message_ring ring_;
  balance balance_;
};

template <class World, class Row = message_ring_row>
void add_message_rings(std::vector<operation>& to, std::vector<Row> const& rows, message_ring_options const& options) {
  for (auto const& each : rows)
    to.push_back({"message_ring", each.name, each.before, each.after,
                  [each, options](mode how) { return std::make_unique<World>(each, options, how); }});
}

}  // namespace stoa::kill_suite
