// stoa/queue.hpp: bounded FIFO, many producers, many consumers, any number of processes.
//
// Bytes     docs/format.md "queue", layout 1: queue_header, then capacity slots.
// Progress  try_ calls return in a bounded number of steps unless peers advance meanwhile. A stopped
//           claimer holds back later tickets of its side, as FIFO order demands; a dead one does not.
// Crash     An operation takes effect with one store, R1 or R2 (for batches: see there). Dying before, the
//           push never happened and its slot is passed over; the element of a pop or lease goes to
//           the next consumer. Dying after, the operation is complete. (docs/crash.md, Q1 to Q9)
// Signals   Not for use in a signal handler that may interrupt a change by the same thread of anything in the
//           same segment: both would write the thread's lane.
//
// The algorithm and its invariants are in queue_claims.hpp, recovery in queue_bytes.hpp.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <stoa/base/shareable.hpp>
#include <stoa/queue_bytes.hpp>
#include <stoa/queue_claims.hpp>
#include <stoa/queue_lease.hpp>
#include <stoa/wait_point.hpp>

namespace stoa {

inline bool const queue_is_registered = register_kind(queue_operations());

// A handle: process-local, cheap to copy, safe to share between threads. The bytes outlive it.
// Calls that change the queue throw errc::read_only, forked or too_many_threads where those apply.
template <shareable T>
class queue {
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
    if (!entry->owner().is_read_only()) bytes->settle(entry->owner());
    return queue{std::move(entry), *bytes};
  }

  // --- push ---

  // false: full, or the slot's consumer of the lap before is not done. Never waits.
  [[nodiscard]] bool try_push(T const& value) const {
    if (claims_.push(value)) [[likely]] return true;
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
    if (claims_.push(value)) [[likely]] return true;
    bool const done = wait_for(bytes().header().producers, until, strategy, [&](bool thorough) {
      if (thorough) bytes().settle(owner());
      return claims_.push(value);
    });
    if (!done) count(bytes().header().push_refusals);
    return done;
  }
  // Pushes as many of the front of `values` as there is room for, contiguously and all at once: others see
  // all of them or none, also if this process dies. Returns how many.
  [[nodiscard]] std::size_t try_push_n(std::span<T const> values) const {
    auto const pushed = claims_.push_n(values);
    if (pushed == 0 && !values.empty()) [[unlikely]] return push_again(values.front());
    return pushed;
  }

  // --- pop ---

  // nullopt: empty, or the next element is not yet published. Never waits.
  [[nodiscard]] std::optional<T> try_pop() const {
    auto& intent = claims_.my_lane().intent;
    auto got = claims_.take(intent, lane_op::pop);
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
    auto& intent = claims_.my_lane().intent;
    auto got = claims_.take(intent, lane_op::pop);
    if (!got.is_taken) [[unlikely]] got = wait_to_take(intent, lane_op::pop, until, strategy);
    return finish_pop(intent, got);
  }
  // Pops up to out.size() elements that lie published in a row; how many. If this process dies before it
  // has copied all of them, all go to others.
  [[nodiscard]] std::size_t try_pop_n(std::span<T> out) const {
    auto const popped = claims_.pop_n(out);
    if (popped != 0 || out.empty()) [[likely]] return popped;
    // Nothing in a row: perhaps one that was given back or lies behind an abandoned slot.
    auto const one = try_pop();
    if (!one) return 0;
    out.front() = *one;
    return 1;
  }

  // --- claim: for work that must be done even if the worker dies ---

  // An element that stays in the queue, invisible to others, until commit(); if the lease is aborted or
  // destroyed, or this process dies, the next consumer gets it. An empty lease: nothing there.
  // Throws too_many_leases when the lanes of the segment, with 8 leases each, are used up.
  [[nodiscard]] lease_type try_claim() const {
    auto& name = lease_name();
    auto got = claims_.take(name, lane_op::lease);
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
    auto got = claims_.take(name, lane_op::lease);
    if (!got.is_taken) [[unlikely]] got = wait_to_take(name, lane_op::lease, until, strategy);
    return make_lease(name, got);
  }

  // --- state; racy where others work at the same time ---

  std::uint64_t capacity() const noexcept { return bytes().capacity(); }
  // Elements pushed and not taken; leased ones do not count.
  std::uint64_t size() const noexcept { return bytes().was_size(); }
  bool empty() const noexcept { return size() == 0; }
  queue_statistics statistics() const noexcept { return bytes().statistics(); }
  // Looks for dead processes now and settles what they left. Blocking calls do this by themselves every
  // few milliseconds, try_ calls that find nothing likewise.
  void recover() const {
    require_writable(*entry_, "recover");
    bytes().settle(owner());
  }
  // For a waitable_fd: an element to be popped.
  wait_point arrivals() const {
    require_writable(*entry_, "wait for");
    return {&bytes().header().consumers, [self = *this] { return self.bytes().has_arrivals(); },
            [self = *this] { self.recover(); }};
  }

 private:
  queue(std::shared_ptr<attached_entry> entry, queue_bytes const& bytes) noexcept
      : entry_{std::move(entry)}, claims_{entry_->owner(), bytes} {}

  queue_bytes const& bytes() const noexcept { return claims_.bytes(); }
  attachment& owner() const noexcept { return claims_.owner(); }
  static void count(atomic_u64& counter) noexcept {
    counter.fetch_add(1, std::memory_order_relaxed);  // a statistic: nothing hangs on it
  }

  lane_name& lease_name() const {
    if (auto* const name = bytes().free_lease(claims_.my_lane())) [[likely]] return *name;
    return owner().another_lease([&](lane& each) { return bytes().free_lease(each); });
  }

  // Off the fast path, and out of line: what is left in line is what the compiler keeps in registers.
  [[gnu::noinline]] bool push_again(T const& value) const {
    if (entry_->is_look_due()) {
      bytes().settle(owner());
      if (claims_.push(value)) return true;
    }
    count(bytes().header().push_refusals);
    return false;
  }
  [[gnu::noinline]] taken_ticket take_again(lane_name& name, lane_op op) const {
    if (entry_->is_look_due()) {
      bytes().settle(owner());
      if (auto const got = claims_.take(name, op); got.is_taken) return got;
    }
    count(bytes().header().pop_refusals);
    return {};
  }
  [[gnu::noinline]] taken_ticket wait_to_take(lane_name& name, lane_op op, deadline until, wait_strategy strategy) const {
    taken_ticket got;
    wait_for(bytes().header().consumers, until, strategy, [&](bool thorough) {
      if (thorough) bytes().settle(owner());
      got = claims_.take(name, op);
      return got.is_taken;
    });
    if (!got.is_taken) count(bytes().header().pop_refusals);
    return got;
  }
  void retire_popped(lane_name& intent, std::uint64_t ticket) const noexcept {
    claims_.retire(ticket);  // point of effect
    forget(intent);
    wake(bytes().header().producers);
  }
  std::optional<T> finish_pop(lane_name& intent, taken_ticket got) const {
    if constexpr (sizeof(T) <= 2 * sizeof(std::uint64_t)) {
      // In registers all the way: an optional in memory would stall on its two differently sized stores.
      if (!got.is_taken) [[unlikely]] return std::nullopt;
      T const value = claims_.payload(got.ticket);  // I1
      retire_popped(intent, got.ticket);
      return value;
    } else {
      std::optional<T> value;  // made where the caller wants it: one copy
      if (got.is_taken) [[likely]] {
        value.emplace(claims_.payload(got.ticket));  // I1
        retire_popped(intent, got.ticket);
      }
      return value;
    }
  }
  lease_type make_lease(lane_name& name, taken_ticket got) const {
    if (!got.is_taken) return {};
    return lease_type{entry_, bytes(), name, got.ticket, claims_.payload(got.ticket)};
  }

  std::shared_ptr<attached_entry> entry_;
  queue_claims<T> claims_;
};

}  // namespace stoa
