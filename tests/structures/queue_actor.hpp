// queue_actor.hpp: a process that works on a queue of a few slots, and each thing it may be cut off in.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stoa/queue.hpp>
#include <stoa/segment.hpp>
#include <vector>

#include "scratch.hpp"
#include "sealed.hpp"
#include "victim.hpp"

namespace stoa::testing {

using elements = stoa::queue<sealed>;
using contents = std::vector<std::uint64_t>;

inline constexpr std::uint64_t capacity = 4;
inline constexpr std::uint32_t lanes = 4;

inline contents up_to(std::uint64_t last, std::uint64_t first = 1) {
  contents out;
  for (auto n = first; n <= last; ++n) out.push_back(n);
  return out;
}

// The victim, in its own process.
struct actor {
  segment home;
  report& done;
  std::optional<elements> attached{};
  elements const& queue() const { return *attached; }
};

inline void push(actor& self) {
  if (self.queue().try_push(sealed{50})) self.done.note_push(50);
}
inline void push_three(actor& self) {
  std::array const batch{sealed{50}, sealed{51}, sealed{52}};
  auto const pushed = self.queue().try_push_n(batch);
  for (std::size_t i = 0; i < pushed; ++i) self.done.note_push(50 + i);
}
inline void pop(actor& self) {
  if (auto const got = self.queue().try_pop()) self.done.note_pop(got->number());
}
inline void pop_three(actor& self) {
  std::array<sealed, 3> out;
  auto const popped = self.queue().try_pop_n(out);
  for (std::size_t i = 0; i < popped; ++i) self.done.note_pop(out[i].number());
}
inline void claim_and_commit(actor& self) {
  if (auto lease = self.queue().try_claim()) {
    auto const number = lease->number();
    lease.commit();
    self.done.note_pop(number);
  }
}
inline void claim_and_abort(actor& self) {
  self.queue().try_claim().abort();
}
// Whoever attaches settles what the dead have left.
inline void attach(actor& self) {
  self.attached = self.home.attach<elements>("q");
}

// How far the victim has come when the operation begins.
enum class readiness { opened, attached, has_lane };

inline actor made_ready(scratch_name const& name, report& done, readiness how) {
  actor self{segment::open(name), done};
  if (how != readiness::opened) attach(self);
  if (how == readiness::has_lane) self.home.attachment().my_lane();
  return self;
}

}  // namespace stoa::testing
