// stoa/queue_claims.hpp: the algorithm of queue<T>: naming, claiming, publishing and retiring slots.
//
// After D. Vyukov's bounded MPMC queue (1024cores.net), with two changes: a slot's word tells ticket and
// state apart, and every claim is named before it is made, so that it outlives the claimer. Nothing here
// waits; what happens off the fast path is in queue_bytes.hpp.
//
// ticket   free-running 64-bit position; its slot is ticket & mask
// word     whose turn a slot is: free, full or abandoned, and for which ticket
//
//   free(t) --name, CAS tail--> written --R1--> full(t) --name, CAS head--> read --R2--> free(t + capacity)
//      |                                          ^                          |               ^
//      | claimer died                             +--- abort, or consumer died               |
//      +------------> abandoned(t) ------------------ head passes ---------------------------+
//
// I1 owner     only the claimer of the ticket in a slot's word may touch its payload
// I2 publish   the payload is whole before the word says full                        R1 -> A2
// I3 retire    the payload is finished with before the word says free                R2 -> A1
// I4 named     who claims a ticket has named it in his lane before; the CAS releases    lanes.hpp I1
// I5 bounded   a push never overtakes a slot of the lap before: A1 refuses it
// I6 one heir  an element whose claimer is dead is taken back under the recovery word only   R4 -> A4
#pragma once
#include <algorithm>
#include <cstring>
#include <new>
#include <span>
#include <stoa/base/shareable.hpp>
#include <stoa/queue_bytes.hpp>
#include <stoa/queue_slot.hpp>

namespace stoa {

// A ticket that was claimed for reading, or none.
struct taken_ticket {
  std::uint64_t ticket = 0;
  bool is_taken = false;
};

template <shareable T>
class queue_claims {
  using slot_type = queue_slot<T>;

 public:
  queue_claims(attachment& owner, queue_bytes const& bytes) noexcept
      : lanes_{owner}, bytes_{bytes}, slots_{reinterpret_cast<slot_type*>(bytes.begin())} {}

  attachment& owner() const noexcept { return lanes_.owner(); }
  queue_bytes const& bytes() const noexcept { return bytes_; }
  lane& my_lane() const { return lanes_.mine(); }

  // false: full, or the slot's consumer of the lap before is not done.
  bool push(T const& value) const;
  // As many of the front of `values` as there are free slots in a row, all at once.
  std::size_t push_n(std::span<T const> values) const;
  // Names in `name`, as `op`, and takes the oldest element there is: one that was given back, or the next.
  taken_ticket take(lane_name& name, lane_op op) const;
  // As many as lie published in a row, all at once. 0 also when something was given back: take() that first.
  std::size_t pop_n(std::span<T> out) const;

  // Of a ticket this thread has taken (I1).
  T& payload(std::uint64_t ticket) const noexcept {
    return *std::launder(reinterpret_cast<T*>(slot(ticket).payload.data()));
  }
  // The end of a pop: the slot is free for the next lap.
  void retire(std::uint64_t ticket) const noexcept {
    slot(ticket).word.store(bytes_.free_word_after(ticket), std::memory_order_release);  // R2 -> A1 (I3)
  }

 private:
  slot_type& slot(std::uint64_t ticket) const noexcept { return slots_[ticket & bytes_.mask()]; }
  std::uint64_t what(lane_op op, std::uint32_t tickets = 1) const noexcept {
    return make_what(bytes_.tag(), op, tickets);
  }
  void write(std::uint64_t ticket, T const& value) const noexcept {
    std::memcpy(slot(ticket).payload.data(), &value, sizeof(T));  // I1
  }
  void publish(std::uint64_t ticket) const noexcept {
    slot(ticket).word.store(slot_word(ticket, slot_state::full), std::memory_order_release);  // R1 -> A2 (I2)
  }
  bool is_passed(std::uint64_t ticket, std::uint64_t word) const noexcept;
  std::uint32_t run_of(slot_state state, std::uint64_t ticket, std::size_t most) const noexcept;

  lane_access lanes_;
  queue_bytes bytes_;  // copied at attach: a scribbled header cannot push us out of bounds
  slot_type* slots_;
};

template <shareable T>
[[gnu::always_inline]] inline bool queue_claims<T>::push(T const& value) const {
  auto& intent = lanes_.mine().intent;
  auto& tail = bytes_.header().tail;
  auto ticket = tail.load(std::memory_order_relaxed);  // a guess; the CAS decides
  bool is_named = false;
  for (;;) {
    auto const word = slot(ticket).word.load(std::memory_order_acquire);  // A1 <- R2 (I3)
    auto const distance = slot_distance(word, ticket);
    if (distance == 0) [[likely]] {
      is_named ? rename(intent, ticket) : write_name(intent, what(lane_op::push), ticket);
      is_named = true;
      // release: the name comes first (I4). The slot's address follows from `ticket`, not from what the CAS
      // returns: a core that had to wait for that would load the slot for the next pop too early, and again.
      auto found = ticket;
      if (tail.compare_exchange_weak(found, ticket + 1, std::memory_order_release, std::memory_order_relaxed)) {
        write(ticket, value);
        publish(ticket);
        forget(intent);
        if ((ticket & 0xFF) == 0) [[unlikely]] bytes_.note_fill();
        wake(bytes_.header().consumers);
        return true;
      }
      ticket = found;
      continue;
    }
    if (distance < 0) {
      if (is_passed(ticket, word)) continue;  // I5 holds: that slot is free now
      break;
    }
    auto const moved = tail.load(std::memory_order_relaxed);  // a peer took this ticket
    // A slot ahead of a tail that does not move: bytes that no queue leaves behind.
    if (moved == ticket) break;
    ticket = moved;
  }
  if (is_named) forget(intent);
  bytes_.note_fill();
  return false;
}

// Whether the slot was abandoned one lap ago, and is behind the head: then anybody may free it.
template <shareable T>
bool queue_claims<T>::is_passed(std::uint64_t ticket, std::uint64_t word) const noexcept {
  auto const before = ticket - bytes_.capacity();
  if (word != slot_word(before, slot_state::abandoned)) return false;
  if (!is_past(bytes_.header().head.load(std::memory_order_acquire), before)) return false;  // I5
  slot(ticket).word.compare_exchange_strong(word, slot_word(ticket, slot_state::free), std::memory_order_acq_rel,
                                            std::memory_order_relaxed);  // R2 -> A1
  return true;
}

// How many slots from `ticket` on are in that state for their ticket.
template <shareable T>
std::uint32_t queue_claims<T>::run_of(slot_state state, std::uint64_t ticket, std::size_t most) const noexcept {
  std::uint32_t run = 0;
  while (run < most && slot(ticket + run).word.load(std::memory_order_acquire) ==  // A1 <- R2, A2 <- R1
                           slot_word(ticket + run, state))
    ++run;
  return run;
}

// The first slot of the batch is published last: until then no consumer gets past it, so that store is the
// point of effect for all.
template <shareable T>
std::size_t queue_claims<T>::push_n(std::span<T const> values) const {
  auto const most = std::min<std::uint64_t>({values.size(), bytes_.capacity(), most_tickets});
  if (most == 0) return 0;
  auto& intent = lanes_.mine().intent;
  auto& tail = bytes_.header().tail;
  auto ticket = tail.load(std::memory_order_relaxed);  // a guess; the CAS decides
  for (;;) {
    auto const run = run_of(slot_state::free, ticket, most);
    if (run == 0) {
      auto const moved = tail.load(std::memory_order_relaxed);
      if (moved != ticket) {
        ticket = moved;
        continue;
      }
      if (is_passed(ticket, slot(ticket).word.load(std::memory_order_acquire))) continue;  // A1 <- R2
      break;
    }
    write_name(intent, what(lane_op::push, run), ticket);
    // release: the name comes first (I4)
    if (!tail.compare_exchange_weak(ticket, ticket + run, std::memory_order_release, std::memory_order_relaxed)) {
      forget(intent);  // the next name may have another count: not both words can change at once
      continue;
    }
    intent.what.store(what(lane_op::pushing, run), std::memory_order_release);  // all of them are its own
    for (std::uint32_t i = 0; i < run; ++i) write(ticket + i, values[i]);
    for (auto i = run; i-- > 0;) publish(ticket + i);
    forget(intent);
    if ((ticket & 0xFF) + run > 0xFF) bytes_.note_fill();
    wake(bytes_.header().consumers);
    return run;
  }
  bytes_.note_fill();
  return 0;
}

// Names and takes the ticket of one full slot.
template <shareable T>
[[gnu::always_inline]] inline taken_ticket queue_claims<T>::take(lane_name& name, lane_op op) const {
  auto& header = bytes_.header();
  // relaxed: a hint on a line that is needed anyway; take_back() looks for itself
  if (header.recall.load(std::memory_order_relaxed) != 0) [[unlikely]]
    if (auto const old = bytes_.take_back(owner(), name, what(op))) return {*old, true};
  auto ticket = header.head.load(std::memory_order_relaxed);  // a guess; the CAS decides
  bool is_named = false;
  for (;;) {
    auto const word = slot(ticket).word.load(std::memory_order_acquire);  // A2 <- R1 (I2)
    auto const distance = slot_distance(word, ticket);
    if (distance == 1) [[likely]] {
      is_named ? rename(name, ticket) : write_name(name, what(op), ticket);
      is_named = true;
      // release: the name comes first (I4)
      auto found = ticket;
      if (header.head.compare_exchange_weak(found, ticket + 1, std::memory_order_release,
                                            std::memory_order_relaxed))
        return {ticket, true};
      ticket = found;
      continue;
    }
    if (distance <= 0) break;  // not published, or not even free: nothing to take
    if (distance == 2) bytes_.step_over_abandoned();
    auto const moved = header.head.load(std::memory_order_relaxed);  // a peer took this ticket
    if (moved == ticket) break;  // bytes that no queue leaves behind
    ticket = moved;
  }
  if (is_named) forget(name);
  return {};
}

// Until the name says popped, all elements of the batch are still in the queue; from then on none is.
template <shareable T>
std::size_t queue_claims<T>::pop_n(std::span<T> out) const {
  auto const most = std::min<std::uint64_t>({out.size(), bytes_.capacity(), most_tickets});
  if (most == 0) return 0;
  auto& header = bytes_.header();
  auto& intent = lanes_.mine().intent;
  auto ticket = header.head.load(std::memory_order_relaxed);  // a guess; the CAS decides
  // relaxed: as in take(). What was given back is older than any run.
  while (header.recall.load(std::memory_order_relaxed) == 0) {
    auto const run = run_of(slot_state::full, ticket, most);
    if (run == 0) {
      auto const moved = header.head.load(std::memory_order_relaxed);
      if (moved == ticket) break;
      ticket = moved;
      continue;
    }
    write_name(intent, what(lane_op::pop, run), ticket);
    // release: the name comes first (I4)
    if (!header.head.compare_exchange_weak(ticket, ticket + run, std::memory_order_release,
                                           std::memory_order_relaxed)) {
      forget(intent);
      continue;
    }
    for (std::uint32_t i = 0; i < run; ++i)
      std::memcpy(&out[i], slot(ticket + i).payload.data(), sizeof(T));  // I1
    intent.what.store(what(lane_op::popped, run), std::memory_order_release);  // point of effect
    for (std::uint32_t i = 0; i < run; ++i) retire(ticket + i);
    forget(intent);
    wake(header.producers);
    return run;
  }
  return 0;
}

}  // namespace stoa
