// queue_actor.hpp: a process that works on a queue of a few slots, and each thing it may be cut off in.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <stoa/queue.hpp>
#include <vector>

#include "actor.hpp"
#include "sealed.hpp"

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

using actor = actor_on<elements>;

inline void push(actor& self) {
  if (self->try_push(sealed{50})) self.done.note_push(50);
}
inline void push_three(actor& self) {
  std::array const batch{sealed{50}, sealed{51}, sealed{52}};
  auto const pushed = self->try_push_n(batch);
  for (std::size_t i = 0; i < pushed; ++i) self.done.note_push(50 + i);
}
inline void pop(actor& self) {
  if (auto const got = self->try_pop()) self.done.note_pop(got->number());
}
inline void pop_three(actor& self) {
  std::array<sealed, 3> out;
  auto const popped = self->try_pop_n(out);
  for (std::size_t i = 0; i < popped; ++i) self.done.note_pop(out[i].number());
}
inline void claim_and_commit(actor& self) {
  if (auto lease = self->try_claim()) {
    auto const number = lease->number();
    lease.commit();
    self.done.note_pop(number);
  }
}
inline void claim_and_abort(actor& self) {
  self->try_claim().abort();
}
// Whoever attaches settles what the dead have left.
inline void attach(actor& self) {
  self.attached = self.home.attach<elements>("q");
}

}  // namespace stoa::testing
