// stoa/spsc_queue.hpp: bounded FIFO with one producer and one consumer, in any two processes.
//
// No index is shared on the fast path: each side keeps its cursor to itself, and the word in the slot says
// whose turn it is, so that one message costs one transfer of one line.
//
// Bytes     docs/format.md "spsc_queue", layout 1: spsc_queue_header, then capacity slots.
// Progress  try_ calls are wait-free.
// Crash     Push and pop have one store each that counts, R1 and R4; a batch as well. A role belongs to
//           the process that first uses it, as long as it lives; the next one to use it takes over and goes on
//           where the dead one stopped. Nothing is to be repaired. (docs/crash.md, P1 to P6)
//
//   free(t) --producer writes, R1--> full(t) --consumer reads, head = t + 1 (R4), R2--> free(t + capacity)
//
// I1 roles     one live producer, one live consumer: the CAS on the role word decides      role.hpp:R1 -> role.cpp:A1
// I2 publish   the payload is whole before the word says full                              R1 -> A2
// I3 retire    the payload is finished with before the word says free                      R2 -> A1
// I4 noted     tail is noted after the slot is published, head before the slot is freed: a successor finds
//              its place from the note and the slots
#pragma once
#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stoa/base/shareable.hpp>
#include <stoa/spsc_queue_bytes.hpp>
#include <stoa/wait_point.hpp>

namespace stoa {

inline bool const spsc_queue_is_registered = register_kind(spsc_queue_operations());

// A handle: process-local, cheap to copy. One thread at a time may push and one may pop, with any copy. The
// first push or pop takes the role, or throws errc::role_taken while another live process, or another
// attach in this one, has it; the role is given back when the last copy goes.
template <shareable T>
class spsc_queue {
  using slot_type = queue_slot<T>;

 public:
  using value_type = T;
  using shape = queue_shape;

  static structure_identity identity() { return {"spsc_queue", 1, &descriptor_of<T>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) {
    return spsc_queue_bytes::bytes_for(slot_layout::of<T>(), asked);
  }
  static void format(std::span<std::byte> body, shape const& asked) {
    spsc_queue_bytes::format(body, slot_layout::of<T>(), asked);
  }
  static result<spsc_queue> adopt(std::shared_ptr<attached_entry> entry) {
    auto bytes = spsc_queue_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    if (bytes->layout() != slot_layout::of<T>())
      return damaged(*entry, "its slots have another layout than this type's");
    return spsc_queue{std::make_shared<shared_state>(std::move(entry), *bytes)};
  }

  // --- the producer's ---

  // false: full. Never waits.
  [[nodiscard]] bool try_push(T const& value) const {
    if (push_one(value)) [[likely]] return true;
    count(header().push_refusals);
    return false;
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
    bool const done = wait_for(header().producer_wait, until, strategy, [&](bool) { return push_one(value); });
    if (!done) count(header().push_refusals);
    return done;
  }
  // Pushes as many of the front of `values` as there is room for, all at once: the consumer sees all of them
  // or none, also if this process dies. Returns how many.
  [[nodiscard]] std::size_t try_push_n(std::span<T const> values) const;

  // --- the consumer's ---

  // nullopt: empty. Never waits.
  [[nodiscard]] std::optional<T> try_pop() const {
    auto& mine = own(state_->consumer, spsc_role::consumer);
    return finish_pop(mine, is_full(mine.cursor));
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
    auto& mine = own(state_->consumer, spsc_role::consumer);
    return finish_pop(mine, is_full(mine.cursor) || wait_until_full(mine, until, strategy));
  }
  // Pops up to out.size() elements at once; how many. If this process dies, all or none are taken.
  [[nodiscard]] std::size_t try_pop_n(std::span<T> out) const;

  // --- roles ---

  // Takes the role now rather than at the first use. role_taken, read_only, forked.
  result<void> try_become_producer() const { return take(state_->producer, spsc_role::producer); }
  result<void> try_become_consumer() const { return take(state_->consumer, spsc_role::consumer); }
  // Whether a live process has the role. One system call.
  bool has_producer() const noexcept { return bytes().is_role_alive(owner(), spsc_role::producer); }
  bool has_consumer() const noexcept { return bytes().is_role_alive(owner(), spsc_role::consumer); }

  // --- state; racy where the other side works at the same time ---

  std::uint64_t capacity() const noexcept { return bytes().capacity(); }
  std::uint64_t size() const noexcept { return bytes().was_size(); }
  bool empty() const noexcept { return size() == 0; }
  // For a waitable_fd of the consumer: an element to be popped.
  wait_point arrivals() const {
    require_writable(*state_->entry, "wait for");
    return {&header().consumer_wait, [self = *this] { return self.bytes().has_arrivals(); }};
  }
  queue_statistics statistics() const noexcept { return bytes().statistics(); }

 private:
  // What a side knows and shares with nobody but copies of its handle.
  struct side {
    std::uint64_t epoch = 0;   // of this process when it took the role; 0: it has not
    std::uint64_t cursor = 0;  // the next ticket
  };
  struct shared_state {
    shared_state(std::shared_ptr<attached_entry> held, spsc_queue_bytes const& found)
        : entry{std::move(held)}, bytes{found} {}
    shared_state(shared_state const&) = delete;
    shared_state& operator=(shared_state const&) = delete;
    ~shared_state() {
      if (producer.epoch == fork_epoch()) bytes.release_role(entry->owner(), spsc_role::producer);
      if (consumer.epoch == fork_epoch()) bytes.release_role(entry->owner(), spsc_role::consumer);
    }
    std::shared_ptr<attached_entry> entry;
    spsc_queue_bytes bytes;
    alignas(pad_bytes) side producer;
    alignas(pad_bytes) side consumer;
  };

  explicit spsc_queue(std::shared_ptr<shared_state> state) noexcept
      : state_{std::move(state)},
        slots_{reinterpret_cast<slot_type*>(state_->bytes.begin())},
        mask_{state_->bytes.mask()} {}

  attachment& owner() const noexcept { return state_->entry->owner(); }
  spsc_queue_bytes const& bytes() const noexcept { return state_->bytes; }
  spsc_queue_header& header() const noexcept { return bytes().header(); }
  slot_type& slot(std::uint64_t ticket) const noexcept { return slots_[ticket & mask_]; }
  static void count(atomic_u64& counter) noexcept {
    // relaxed: a statistic with one writer
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  result<void> take(side& which, spsc_role role) const {
    if (which.epoch == fork_epoch()) return {};
    auto const cursor = bytes().take_role(*state_->entry, role);
    if (!cursor) return cursor.error();
    which = {fork_epoch(), *cursor};
    return {};
  }
  // The side's state, with the role taken. A forked child has another epoch, and is refused.
  side& own(side& which, spsc_role role) const {
    if (which.epoch != fork_epoch()) [[unlikely]] take(which, role).value();
    return which;
  }
  bool is_free(std::uint64_t ticket) const noexcept {
    return slot(ticket).word.load(std::memory_order_acquire) == slot_word(ticket, slot_state::free);  // A1 <- R2
  }
  bool is_full(std::uint64_t ticket) const noexcept {
    return slot(ticket).word.load(std::memory_order_acquire) == slot_word(ticket, slot_state::full);  // A2 <- R1
  }

  bool push_one(T const& value) const;

  void retire_popped(side& mine) const noexcept {
    auto const ticket = mine.cursor++;
    header().head.store(ticket + 1, std::memory_order_release);  // R4: point of effect, before R2 (I4)
    slot(ticket).word.store(bytes().free_word_after(ticket), std::memory_order_release);  // R2 -> A1 (I3)
    wake(header().producer_wait);
  }
  T const& payload(std::uint64_t ticket) const noexcept {
    return *std::launder(reinterpret_cast<T const*>(slot(ticket).payload.data()));
  }
  std::optional<T> finish_pop(side& mine, bool is_there) const {
    if (!is_there) [[unlikely]] count(header().pop_refusals);
    if constexpr (sizeof(T) <= 2 * sizeof(std::uint64_t)) {
      // In registers all the way: an optional in memory would stall on its two differently sized stores.
      if (!is_there) [[unlikely]] return std::nullopt;
      T const value = payload(mine.cursor);
      retire_popped(mine);
      return value;
    } else {
      std::optional<T> value;  // made where the caller wants it: one copy
      if (is_there) [[likely]] {
        value.emplace(payload(mine.cursor));
        retire_popped(mine);
      }
      return value;
    }
  }
  // Out of line: what is left in line is what the compiler keeps in registers.
  [[gnu::noinline]] bool wait_until_full(side& mine, deadline until, wait_strategy strategy) const {
    return wait_for(header().consumer_wait, until, strategy, [&](bool) { return is_full(mine.cursor); });
  }

  std::shared_ptr<shared_state> state_;
  slot_type* slots_;    // copied at attach: a scribbled header cannot push us out of bounds
  std::uint64_t mask_;  // likewise
};

template <shareable T>
[[gnu::always_inline]] inline bool spsc_queue<T>::push_one(T const& value) const {
  auto& mine = own(state_->producer, spsc_role::producer);
  auto const ticket = mine.cursor;
  if (!is_free(ticket)) {
    bytes().note_fill();
    return false;
  }
  std::memcpy(slot(ticket).payload.data(), &value, sizeof(T));
  slot(ticket).word.store(slot_word(ticket, slot_state::full), std::memory_order_release);  // R1 -> A2 (I2)
  mine.cursor = ticket + 1;
  header().tail.store(ticket + 1, std::memory_order_release);  // after R1 (I4)
  if ((ticket & 0xFF) == 0) [[unlikely]] bytes().note_fill();
  wake(header().consumer_wait);
  return true;
}

// Published from the last slot to the first: the consumer gets past none before the first is full, so that
// store is the point of effect for all.
template <shareable T>
std::size_t spsc_queue<T>::try_push_n(std::span<T const> values) const {
  auto& mine = own(state_->producer, spsc_role::producer);
  auto const ticket = mine.cursor;
  auto const most = std::min<std::uint64_t>(values.size(), bytes().capacity());
  std::uint64_t run = 0;
  for (; run < most && is_free(ticket + run); ++run)
    std::memcpy(slot(ticket + run).payload.data(), &values[run], sizeof(T));
  if (run == 0) {
    if (!values.empty()) count(header().push_refusals);
    return 0;
  }
  for (auto i = run; i-- > 0;)
    slot(ticket + i).word.store(slot_word(ticket + i, slot_state::full), std::memory_order_release);  // R1 -> A2
  mine.cursor = ticket + run;
  header().tail.store(ticket + run, std::memory_order_release);  // after R1 (I4)
  bytes().note_fill();
  wake(header().consumer_wait);
  return run;
}

template <shareable T>
std::size_t spsc_queue<T>::try_pop_n(std::span<T> out) const {
  auto& mine = own(state_->consumer, spsc_role::consumer);
  auto const ticket = mine.cursor;
  auto const most = std::min<std::uint64_t>(out.size(), bytes().capacity());
  std::uint64_t run = 0;
  for (; run < most && is_full(ticket + run); ++run)
    std::memcpy(&out[run], slot(ticket + run).payload.data(), sizeof(T));
  if (run == 0) {
    if (!out.empty()) count(header().pop_refusals);
    return 0;
  }
  mine.cursor = ticket + run;
  header().head.store(ticket + run, std::memory_order_release);  // R4: point of effect for all (I4)
  for (std::uint64_t i = 0; i < run; ++i)
    slot(ticket + i).word.store(bytes().free_word_after(ticket + i), std::memory_order_release);  // R2 -> A1
  wake(header().producer_wait);
  return run;
}

}  // namespace stoa
