// stoa/spsc_queue.hpp: bounded FIFO with one producer and one consumer, in any two processes.
//
// The elements lie in a row, and each side moves a cursor over them that the other reads: Lamport's queue ("Specifying
// concurrent program modules", 1983). Each side remembers how far the other had come when it last looked, and looks
// again only when that is less than it wants; and the producer asks for the lines that it will write ahead of time.
//
// Bytes     docs/format.md "spsc_queue", layout 1: spsc_queue_header, then capacity elements.
// Progress  try_ calls are wait-free.
// Crash     Push and pop, of one or of many, have one store that counts, R1 and R2. A role belongs to the process that
//           first uses it, as long as it lives; the next one to use it takes over and goes on where the dead one
//           stopped. Nothing is to be repaired. (docs/crash.md, P1 to P6)
//
//        popped        head       pushed       tail        room        head + capacity
//   ---------------------+----------------------+-----------------------+------
//                         consumer reads, R2 -->  producer writes, R1 -->
//
// I1 roles     one live producer, one live consumer: the CAS on the role word decides      role.hpp:R1 -> role.cpp:A1
// I2 publish   an element is whole before tail is past it                                  R1 -> A2
// I3 retire    an element is finished with before head is past it                          R2 -> A1
// I4 in order  head <= tail <= head + capacity: each side moves its own cursor only, and not past the limit it has seen
#pragma once
#include <algorithm>
#include <concepts>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stoa/base/cross_core_copy.hpp>
#include <stoa/base/prefetch.hpp>
#include <stoa/base/shareable.hpp>
#include <stoa/spsc_queue_bytes.hpp>
#include <stoa/wait_point.hpp>
#include <utility>

namespace stoa {

inline bool const spsc_queue_is_registered = register_kind(spsc_queue_operations());

// A handle: process-local, cheap to copy. One thread at a time may push and one may pop, with any copy. The
// first push or pop takes the role, or throws errc::role_taken while another live process, or another
// attach in this one, has it; the role is given back when the last copy goes.
template <shareable T>
class spsc_queue {
 public:
  using value_type = T;
  using shape = queue_shape;

  static structure_identity identity() { return {"spsc_queue", 1, &descriptor_of<T>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) {
    return spsc_queue_bytes::bytes_for(sizeof(T), asked);
  }
  static void format(std::span<std::byte> body, shape const& asked) {
    spsc_queue_bytes::format(body, sizeof(T), asked);
  }
  static result<spsc_queue> adopt(std::shared_ptr<attached_entry> entry) {
    auto bytes = spsc_queue_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    if (bytes->element_bytes() != sizeof(T)) return damaged(*entry, "its elements have another size than this type's");
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
  // Like try_push, but `make` writes the element in its place, all of it: what it finds there is zero, or any mixture of
  // what was once written in this place. Nothing is pushed if it throws, or dies. It must not push.
  template <std::invocable<T&> Make>
  [[nodiscard]] bool try_produce(Make&& make) const;

  // --- the consumer's ---

  // nullopt: empty. Never waits.
  [[nodiscard]] std::optional<T> try_pop() const {
    auto& mine = consumer();
    return finish_pop(mine, is_there(mine));
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
    auto& mine = consumer();
    return finish_pop(mine, is_there(mine) || wait_until_there(mine, until, strategy));
  }
  // Pops up to out.size() elements at once; how many. If this process dies, all or none are taken.
  [[nodiscard]] std::size_t try_pop_n(std::span<T> out) const;
  // Calls use(element) with the first element in its place, without a copy, and pops it when that has returned. If it
  // throws, or this process dies in it, the element is still there: the next consumer uses it again. false: empty.
  // `use` must not pop.
  template <std::invocable<T const&> Use>
  [[nodiscard]] bool try_consume(Use&& use) const;
  // Likewise with several: use(std::span<T const>) has the first ones that lie in a row, at most `most`; all are popped
  // at once. Fewer than there are where the row ends, at a multiple of the capacity. How many.
  template <std::invocable<std::span<T const>> Use>
  [[nodiscard]] std::size_t try_consume_n(Use&& use, std::size_t most = std::numeric_limits<std::size_t>::max()) const;

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
    return {&header().consumer_wait, [self = *this] { return !self.empty(); }};
  }
  queue_statistics statistics() const noexcept { return bytes().statistics(); }

 private:
  // What a side knows and shares with nobody but copies of its handle.
  struct side {
    std::uint64_t epoch = 0;   // of this process when it took the role; 0: it has not
    std::uint64_t cursor = 0;  // the next ticket
    std::uint64_t limit = 0;   // it may go on to here, and perhaps further by now
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
        elements_{state_->bytes.elements()},
        mask_{state_->bytes.mask()} {}

  attachment& owner() const noexcept { return state_->entry->owner(); }
  spsc_queue_bytes const& bytes() const noexcept { return state_->bytes; }
  spsc_queue_header& header() const noexcept { return bytes().header(); }
  std::byte* place(std::uint64_t ticket) const noexcept { return elements_ + (ticket & mask_) * sizeof(T); }
  // How many elements there are from that ticket's on to the last one's.
  std::uint64_t row_from(std::uint64_t ticket) const noexcept { return mask_ + 1 - (ticket & mask_); }
  T& element(std::uint64_t ticket) const noexcept { return *std::launder(reinterpret_cast<T*>(place(ticket))); }
  static void count(atomic_u64& counter) noexcept {
    // relaxed: a statistic with one writer
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  result<void> take(side& which, spsc_role role) const {
    if (which.epoch == fork_epoch()) return {};
    auto const cursor = bytes().take_role(*state_->entry, role);
    if (!cursor) return cursor.error();
    which = {fork_epoch(), *cursor, *cursor};
    return {};
  }
  // The side's state, with the role taken. A forked child has another epoch, and is refused.
  side& own(side& which, spsc_role role) const {
    require_mine(which, role);
    return which;
  }
  // Also after the user's function: it may have forked, and then its child is here as well.
  void require_mine(side& which, spsc_role role) const {
    if (which.epoch != fork_epoch()) [[unlikely]] take(which, role).value();
  }
  side& producer() const { return own(state_->producer, spsc_role::producer); }
  side& consumer() const { return own(state_->consumer, spsc_role::consumer); }

  // How many tickets this side may use from its cursor on; it looks where the other one is if it knows of fewer than
  // `wanted`.
  std::uint64_t within_limit(side& mine, spsc_role role, std::uint64_t wanted) const {
    if (mine.limit - mine.cursor < wanted) [[unlikely]] look_again(mine, role);
    return mine.limit - mine.cursor;
  }
  // Out of line, as what waits: what is left in line is what the compiler keeps in registers.
  [[gnu::noinline]] void look_again(side& mine, spsc_role role) const {
    auto const limit = bytes().limit(role);
    if (limit - mine.cursor > capacity()) [[unlikely]]
      throw error{bytes().bad_limit(*state_->entry, role, mine.cursor, limit)};
    mine.limit = limit;
  }
  bool has_room(side& mine) const {
    if (within_limit(mine, spsc_role::producer, 1) != 0) [[likely]] return true;
    bytes().note_size(capacity());
    return false;
  }
  bool is_there(side& mine) const { return within_limit(mine, spsc_role::consumer, 1) != 0; }

  bool push_one(T const& value) const;
  void write(std::uint64_t ticket, T const& value) const noexcept;
  void write_run(std::uint64_t ticket, std::span<T const> values) const noexcept;
  void prefetch_from(std::uint64_t ticket) const noexcept;

  void publish(side& mine, std::uint64_t count) const noexcept {
    auto const before = mine.cursor;
    mine.cursor += count;
    header().tail.store(mine.cursor, std::memory_order_release);  // R1 -> A2 (I2): point of effect
    if (((before ^ mine.cursor) & ~std::uint64_t{0xFF}) != 0) [[unlikely]] bytes().note_size(bytes().was_size());
    wake(header().consumer_wait);
  }
  void retire(side& mine, std::uint64_t count) const noexcept {
    mine.cursor += count;
    header().head.store(mine.cursor, std::memory_order_release);  // R2 -> A1 (I3): point of effect
    wake(header().producer_wait);
  }
  // Retires one element when what is returned has been made from it: compilers copy an optional that is named once more
  // on its way out, and stall on that.
  struct retiring {
    ~retiring() { queue.retire(mine, 1); }
    spsc_queue const& queue;
    side& mine;
  };
  std::optional<T> finish_pop(side& mine, bool is_there) const {
    if (!is_there) [[unlikely]] {
      count(header().pop_refusals);
      return std::nullopt;
    }
    retiring const last{*this, mine};
    return std::optional<T>{std::as_const(element(mine.cursor))};
  }
  [[gnu::noinline]] bool wait_until_there(side& mine, deadline until, wait_strategy strategy) const {
    return wait_for(header().consumer_wait, until, strategy, [&](bool) { return is_there(mine); });
  }

  // So far ahead lines are asked for, and so many of a batch.
  static constexpr std::size_t prefetched_bytes = 4096;

  std::shared_ptr<shared_state> state_;
  std::byte* elements_;  // copied at attach: a scribbled header cannot push us out of bounds
  std::uint64_t mask_;   // likewise
};

// For the line that the producer will come to 4 KB further on, or half of the queue if that is less, once for each line:
// the consumer has it, mostly, and has long since read it. Larger elements are left to those who copy them.
template <shareable T>
[[gnu::always_inline]] inline void spsc_queue<T>::prefetch_from(std::uint64_t ticket) const noexcept {
  if constexpr (sizeof(T) <= prefetched_bytes) {
    auto const at = (ticket & mask_) * sizeof(T);  // the first element begins a line
    if (at % cache_line_bytes >= sizeof(T)) return;
    auto const end = (mask_ + 1) * sizeof(T);
    auto const ahead = at + std::min(prefetched_bytes, end / 2);
    prefetch_for_write(elements_ + (ahead < end ? ahead : ahead - end), sizeof(T));
  }
}

template <shareable T>
[[gnu::always_inline]] inline void spsc_queue<T>::write(std::uint64_t ticket, T const& value) const noexcept {
  if constexpr (sizeof(T) >= cross_core_copy_from)
    cross_core_copy(place(ticket), reinterpret_cast<std::byte const*>(&value), sizeof(T));
  else
    std::memcpy(place(ticket), &value, sizeof(T));
}

template <shareable T>
[[gnu::always_inline]] inline bool spsc_queue<T>::push_one(T const& value) const {
  auto& mine = producer();
  if (!has_room(mine)) [[unlikely]] return false;
  prefetch_from(mine.cursor);
  write(mine.cursor, value);
  publish(mine, 1);
  return true;
}

template <shareable T>
template <std::invocable<T&> Make>
bool spsc_queue<T>::try_produce(Make&& make) const {
  auto& mine = producer();
  if (!has_room(mine)) [[unlikely]] {
    count(header().push_refusals);
    return false;
  }
  prefetch_from(mine.cursor);
  std::invoke(std::forward<Make>(make), element(mine.cursor));
  require_mine(mine, spsc_role::producer);
  publish(mine, 1);
  return true;
}

// Of elements that lie in a row. Asks for the lines of the first, as many as a core may wait for at once, and more.
template <shareable T>
void spsc_queue<T>::write_run(std::uint64_t ticket, std::span<T const> values) const noexcept {
  if constexpr (sizeof(T) >= cross_core_copy_from) {
    for (auto const& each : values) write(ticket++, each);
  } else if (!values.empty()) {
    prefetch_for_write(place(ticket), std::min(values.size_bytes(), prefetched_bytes));
    std::memcpy(place(ticket), values.data(), values.size_bytes());
  }
}

template <shareable T>
std::size_t spsc_queue<T>::try_push_n(std::span<T const> values) const {
  auto& mine = producer();
  auto const run = std::min<std::uint64_t>(values.size(), within_limit(mine, spsc_role::producer, values.size()));
  if (run < values.size()) bytes().note_size(capacity());
  if (run == 0) {
    if (!values.empty()) count(header().push_refusals);
    return 0;
  }
  auto const in_a_row = std::min(run, row_from(mine.cursor));
  write_run(mine.cursor, values.first(in_a_row));
  write_run(mine.cursor + in_a_row, values.subspan(in_a_row, run - in_a_row));
  publish(mine, run);
  return run;
}

template <shareable T>
std::size_t spsc_queue<T>::try_pop_n(std::span<T> out) const {
  auto& mine = consumer();
  auto const run = std::min<std::uint64_t>(out.size(), within_limit(mine, spsc_role::consumer, out.size()));
  if (run == 0) {
    if (!out.empty()) count(header().pop_refusals);
    return 0;
  }
  auto const in_a_row = std::min(run, row_from(mine.cursor));
  std::memcpy(out.data(), place(mine.cursor), in_a_row * sizeof(T));
  std::memcpy(out.data() + in_a_row, elements_, (run - in_a_row) * sizeof(T));
  retire(mine, run);
  return run;
}

template <shareable T>
template <std::invocable<T const&> Use>
bool spsc_queue<T>::try_consume(Use&& use) const {
  auto& mine = consumer();
  if (!is_there(mine)) [[unlikely]] {
    count(header().pop_refusals);
    return false;
  }
  std::invoke(std::forward<Use>(use), std::as_const(element(mine.cursor)));
  require_mine(mine, spsc_role::consumer);
  retire(mine, 1);
  return true;
}

template <shareable T>
template <std::invocable<std::span<T const>> Use>
std::size_t spsc_queue<T>::try_consume_n(Use&& use, std::size_t most) const {
  auto& mine = consumer();
  auto const wanted = std::min<std::uint64_t>(most, row_from(mine.cursor));
  auto const run = std::min(wanted, within_limit(mine, spsc_role::consumer, wanted));
  if (run == 0) {
    if (most != 0) count(header().pop_refusals);
    return 0;
  }
  std::invoke(std::forward<Use>(use), std::span<T const>{&element(mine.cursor), run});
  require_mine(mine, spsc_role::consumer);
  retire(mine, run);
  return run;
}

}  // namespace stoa
