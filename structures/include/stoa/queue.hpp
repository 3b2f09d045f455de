// stoa/queue.hpp: bounded FIFO, many producers, many consumers, any number of processes.
//
// After D. Vyukov's bounded MPMC queue (1024cores.net), with two changes: a slot's word tells ticket and
// state apart, and every claim is named before it is made, so that it outlives the claimer.
//
// Bytes     docs/format.md "queue", layout 1: queue_header, then capacity slots.
// Progress  try_ calls return in a bounded number of steps unless peers advance meanwhile. A stopped
//           claimer holds back later tickets of its side, as FIFO order demands; a dead one does not.
// Crash     An operation takes effect with one store, R1 or R2 (for batches: see there). Dying before, the
//           push never happened and its slot is passed over; the element of a pop or lease goes to
//           the next consumer. Dying after, the operation is complete. (docs/crash.md, Q1 to Q9)
// Signals   Not for use in a signal handler that may interrupt the same thread's push or pop.
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
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stoa/base/shareable.hpp>
#include <stoa/queue_bytes.hpp>
#include <stoa/queue_lease.hpp>
#include <stoa/queue_slot.hpp>

namespace stoa {

inline bool const queue_is_registered = register_kind(queue_operations());

// A handle: process-local, cheap to copy, safe to share between threads. The bytes outlive it.
// Calls that change the queue throw errc::read_only, forked or too_many_threads where those apply.
template <shareable T>
class queue {
  using slot_type = queue_slot<T>;

 public:
  using value_type = T;
  using shape = queue_shape;
  using lease_type = queue_lease<T>;

  static structure_identity identity() { return {"queue", 1, &descriptor_of<T>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) {
    return queue_bytes::bytes_for(slot_layout::of<T>(), asked);
  }
  static void format(std::span<std::byte> body, shape const& asked) {
    queue_bytes::format(body, slot_layout::of<T>(), asked);
  }
  static result<queue> adopt(std::shared_ptr<attached_entry> entry) {
    auto bytes = queue_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    if (bytes->layout() != slot_layout::of<T>()) return damaged(*entry, "its slots have another layout than this type's");
    queue made{std::move(entry), *bytes};
    if (!made.entry_->owner().is_read_only()) made.bytes_.settle(made.entry_->owner());
    return made;
  }

  // --- push ---

  // false: full, or the slot's consumer of the lap before is not done. Never waits.
  [[nodiscard]] bool try_push(T const& value) const {
    if (push_one(value)) [[likely]] return true;
    return push_again(value);
  }
  // Waits while full.
  void push(T const& value, wait_strategy strategy = wait_strategy::adaptive) const {
    push_until(value, deadline::never(), strategy);
  }
  // false: still full when `timeout` had passed.
  template <class Rep, class Period>
  [[nodiscard]] bool push_for(T const& value, std::chrono::duration<Rep, Period> timeout,
                wait_strategy strategy = wait_strategy::adaptive) const {
    return push_until(value, deadline::after(timeout), strategy);
  }
  bool push_until(T const& value, deadline until, wait_strategy strategy = wait_strategy::adaptive) const {
    if (push_one(value)) [[likely]] return true;
    bool const done = wait_for(bytes_.header().producers, until, strategy, [&](bool thorough) {
      if (thorough) bytes_.settle(owner());
      return push_one(value);
    });
    if (!done) count(bytes_.header().push_refusals);
    return done;
  }
  // Pushes as many of the front of `values` as there is room for, contiguously and all at once: others see
  // all of them or none, also if this process dies. Returns how many.
  [[nodiscard]] std::size_t try_push_n(std::span<T const> values) const;

  // --- pop ---

  // nullopt: empty, or the next element is not yet published. Never waits.
  [[nodiscard]] std::optional<T> try_pop() const {
    auto& intent = lanes_.mine().intent;
    auto got = take(intent, lane_op::pop);
    if (!got.is_taken) [[unlikely]] got = take_again(intent, lane_op::pop);
    return finish_pop(intent, got);
  }
  T pop(wait_strategy strategy = wait_strategy::adaptive) const {
    return *pop_until(deadline::never(), strategy);
  }
  template <class Rep, class Period>
  [[nodiscard]] std::optional<T> pop_for(std::chrono::duration<Rep, Period> timeout,
                           wait_strategy strategy = wait_strategy::adaptive) const {
    return pop_until(deadline::after(timeout), strategy);
  }
  std::optional<T> pop_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const {
    auto& intent = lanes_.mine().intent;
    auto got = take(intent, lane_op::pop);
    if (!got.is_taken) [[unlikely]] got = wait_to_take(intent, lane_op::pop, until, strategy);
    return finish_pop(intent, got);
  }
  // Pops up to out.size() elements that lie published in a row; how many. If this process dies before it
  // has copied all of them, all go to others.
  [[nodiscard]] std::size_t try_pop_n(std::span<T> out) const;

  // --- claim: for work that must be done even if the worker dies ---

  // An element that stays in the queue, invisible to others, until commit(); if the lease is aborted or
  // destroyed, or this process dies, the next consumer gets it. An empty lease: nothing there.
  // Throws too_many_leases when the lanes of the segment, with 8 leases each, are used up.
  [[nodiscard]] lease_type try_claim() const {
    auto& name = lease_name();
    auto got = take(name, lane_op::lease);
    if (!got.is_taken) [[unlikely]] got = take_again(name, lane_op::lease);
    return make_lease(name, got);
  }
  [[nodiscard]] lease_type claim(wait_strategy strategy = wait_strategy::adaptive) const {
    return claim_until(deadline::never(), strategy);
  }
  template <class Rep, class Period>
  [[nodiscard]] lease_type claim_for(std::chrono::duration<Rep, Period> timeout,
                       wait_strategy strategy = wait_strategy::adaptive) const {
    return claim_until(deadline::after(timeout), strategy);
  }
  [[nodiscard]] lease_type claim_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const {
    auto& name = lease_name();
    auto got = take(name, lane_op::lease);
    if (!got.is_taken) [[unlikely]] got = wait_to_take(name, lane_op::lease, until, strategy);
    return make_lease(name, got);
  }

  // --- state; racy where others work at the same time ---

  std::uint64_t capacity() const noexcept { return bytes_.capacity(); }
  // Elements pushed and not taken; leased ones do not count.
  std::uint64_t size() const noexcept { return bytes_.was_size(); }
  bool empty() const noexcept { return size() == 0; }
  queue_statistics statistics() const noexcept { return bytes_.statistics(); }
  // Looks for dead processes now and settles what they left. Blocking calls do this by themselves every
  // few milliseconds, try_ calls that find nothing likewise.
  void recover() const {
    require_writable(*entry_, "recover");
    bytes_.settle(owner());
  }

 private:
  queue(std::shared_ptr<attached_entry> entry, queue_bytes bytes) noexcept
      : entry_{std::move(entry)},
        lanes_{entry_->owner()},
        bytes_{bytes},
        slots_{reinterpret_cast<slot_type*>(bytes.begin())} {}

  attachment& owner() const noexcept { return lanes_.owner(); }
  slot_type& slot(std::uint64_t ticket) const noexcept { return slots_[ticket & bytes_.mask()]; }
  std::uint64_t what(lane_op op, std::uint32_t tickets = 1) const noexcept {
    return make_what(bytes_.tag(), op, tickets);
  }
  static void count(atomic_u64& counter) noexcept {
    counter.fetch_add(1, std::memory_order_relaxed);  // a statistic: nothing hangs on it
  }
  // The payload of a ticket this thread has claimed (I1). The slot's bytes were written as a T's.
  static T& payload(slot_type& mine) noexcept {
    return *std::launder(reinterpret_cast<T*>(mine.payload.data()));
  }

  lane_name& lease_name() const {
    if (auto* const name = bytes_.free_lease(lanes_.mine())) [[likely]] return *name;
    return owner().another_lease([&](lane& each) { return bytes_.free_lease(each); });
  }

  [[gnu::noinline]] bool push_again(T const& value) const {
    if (entry_->is_look_due()) {
      bytes_.settle(owner());
      if (push_one(value)) return true;
    }
    count(bytes_.header().push_refusals);
    return false;
  }
  struct taken {
    std::uint64_t ticket = 0;
    bool is_taken = false;
  };
  taken take(lane_name& name, lane_op op) const;
  // Off the fast path, and out of line: what is left in line is what the compiler keeps in registers.
  [[gnu::noinline]] taken take_again(lane_name& name, lane_op op) const {
    if (entry_->is_look_due()) {
      bytes_.settle(owner());
      if (auto const got = take(name, op); got.is_taken) return got;
    }
    count(bytes_.header().pop_refusals);
    return {};
  }
  [[gnu::noinline]] taken wait_to_take(lane_name& name, lane_op op, deadline until, wait_strategy strategy) const {
    taken got;
    wait_for(bytes_.header().consumers, until, strategy, [&](bool thorough) {
      if (thorough) bytes_.settle(owner());
      got = take(name, op);
      return got.is_taken;
    });
    if (!got.is_taken) count(bytes_.header().pop_refusals);
    return got;
  }
  void retire_popped(lane_name& intent, std::uint64_t ticket) const noexcept {
    retire(ticket);  // point of effect
    forget(intent);
    wake(bytes_.header().producers);
  }
  std::optional<T> finish_pop(lane_name& intent, taken got) const {
    if constexpr (sizeof(T) <= 2 * sizeof(std::uint64_t)) {
      // In registers all the way: an optional in memory would stall on its two differently sized stores.
      if (!got.is_taken) [[unlikely]] return std::nullopt;
      T const value = payload(slot(got.ticket));  // I1
      retire_popped(intent, got.ticket);
      return value;
    } else {
      std::optional<T> value;  // made where the caller wants it: one copy
      if (got.is_taken) [[likely]] {
        value.emplace(payload(slot(got.ticket)));  // I1
        retire_popped(intent, got.ticket);
      }
      return value;
    }
  }
  lease_type make_lease(lane_name& name, taken got) const {
    if (!got.is_taken) return {};
    return lease_type{entry_, bytes_, name, got.ticket, payload(slot(got.ticket))};
  }

  bool push_one(T const& value) const;
  bool is_passed(std::uint64_t ticket, std::uint64_t word) const noexcept;
  std::uint32_t free_run(std::uint64_t ticket, std::size_t most) const noexcept;
  std::uint32_t full_run(std::uint64_t ticket, std::size_t most) const noexcept;

  void retire(std::uint64_t ticket) const noexcept {
    slot(ticket).word.store(bytes_.free_word_after(ticket), std::memory_order_release);  // R2 -> A1 (I3)
  }

  std::shared_ptr<attached_entry> entry_;
  lane_access lanes_;
  queue_bytes bytes_;  // copied at attach: a scribbled header cannot push us out of bounds
  slot_type* slots_;
};

template <shareable T>
[[gnu::always_inline]] inline bool queue<T>::push_one(T const& value) const {
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
        std::memcpy(slot(ticket).payload.data(), &value, sizeof(T));  // I1
        slot(ticket).word.store(slot_word(ticket, slot_state::full), std::memory_order_release);  // R1 -> A2 (I2)
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
bool queue<T>::is_passed(std::uint64_t ticket, std::uint64_t word) const noexcept {
  auto const before = ticket - bytes_.capacity();
  if (word != slot_word(before, slot_state::abandoned)) return false;
  if (!is_past(bytes_.header().head.load(std::memory_order_acquire), before)) return false;
  slot(ticket).word.compare_exchange_strong(word, slot_word(ticket, slot_state::free), std::memory_order_acq_rel,
                                            std::memory_order_relaxed);  // R2 -> A1
  return true;
}

template <shareable T>
std::uint32_t queue<T>::free_run(std::uint64_t ticket, std::size_t most) const noexcept {
  std::uint32_t run = 0;
  while (run < most && slot(ticket + run).word.load(std::memory_order_acquire) ==  // A1 <- R2
                           slot_word(ticket + run, slot_state::free))
    ++run;
  return run;
}

template <shareable T>
std::uint32_t queue<T>::full_run(std::uint64_t ticket, std::size_t most) const noexcept {
  std::uint32_t run = 0;
  while (run < most && slot(ticket + run).word.load(std::memory_order_acquire) ==  // A2 <- R1
                           slot_word(ticket + run, slot_state::full))
    ++run;
  return run;
}

// The first slot of the batch is published last: until then no consumer gets past it, so that store is the
// point of effect for all.
template <shareable T>
std::size_t queue<T>::try_push_n(std::span<T const> values) const {
  auto const most = std::min<std::uint64_t>({values.size(), bytes_.capacity(), most_tickets});
  if (most == 0) return 0;
  auto& intent = lanes_.mine().intent;
  auto& tail = bytes_.header().tail;
  auto ticket = tail.load(std::memory_order_relaxed);  // a guess; the CAS decides
  for (;;) {
    auto const run = free_run(ticket, most);
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
    for (std::uint32_t i = 0; i < run; ++i)
      std::memcpy(slot(ticket + i).payload.data(), &values[i], sizeof(T));  // I1
    for (auto i = run; i-- > 0;)
      slot(ticket + i).word.store(slot_word(ticket + i, slot_state::full), std::memory_order_release);  // R1 -> A2
    forget(intent);
    if ((ticket & 0xFF) + run > 0xFF) bytes_.note_fill();
    wake(bytes_.header().consumers);
    return run;
  }
  bytes_.note_fill();
  count(bytes_.header().push_refusals);
  return 0;
}

// Names and takes the ticket of one full slot.
template <shareable T>
[[gnu::always_inline]] inline auto queue<T>::take(lane_name& name, lane_op op) const -> taken {
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
std::size_t queue<T>::try_pop_n(std::span<T> out) const {
  auto const most = std::min<std::uint64_t>({out.size(), bytes_.capacity(), most_tickets});
  if (most == 0) return 0;
  auto& header = bytes_.header();
  auto& intent = lanes_.mine().intent;
  auto ticket = header.head.load(std::memory_order_relaxed);  // a guess; the CAS decides
  // relaxed: as in take(). What was given back is older than any run.
  while (header.recall.load(std::memory_order_relaxed) == 0) {
    auto const run = full_run(ticket, most);
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
  // Nothing in a row: perhaps one that was given back or lies behind an abandoned slot.
  if (auto one = try_pop()) {
    out[0] = *one;
    return 1;
  }
  return 0;
}

}  // namespace stoa
