// stoa/stack.hpp: bounded LIFO, any number of processes.
//
// Bytes     docs/format.md "stack", layout 1: stack_header, then capacity nodes.
// Progress  Lock-free: whoever is stopped, wherever, holds back nobody but keeps one node from use.
// Crash     A push takes effect with one CAS, a pop likewise. Dying before, it never happened; the element
//           of a pop goes with the popper. The node goes back to the free ones. (docs/crash.md, K1 to K6)
// Signals   Not for use in a signal handler that may interrupt a change by the same thread of anything in the
//           same segment: both would write the thread's lane.
//
// The algorithm and its invariants are in stack_bytes.hpp.
#pragma once
#include <bit>
#include <memory>
#include <optional>
#include <span>
#include <stoa/base/shareable.hpp>
#include <stoa/stack_bytes.hpp>

namespace stoa {

inline bool const stack_is_registered = register_kind(stack_operations());

// A handle: process-local, cheap to copy, safe to share between threads. The bytes outlive it.
// Calls that change the stack throw errc::read_only, forked or too_many_threads where those apply.
template <shareable T>
class stack {
  static constexpr stack_layout layout = stack_layout::of(sizeof(T), alignof(T));

 public:
  using value_type = T;
  using shape = stack_shape;

  static structure_identity identity() { return {"stack", 1, &descriptor_of<T>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) { return stack_bytes::bytes_for(layout, asked); }
  static void format(std::span<std::byte> body, shape const& asked) { stack_bytes::format(body, layout, asked); }
  static result<stack> adopt(std::shared_ptr<attached_entry> entry) {
    auto bytes = stack_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    if (bytes->layout() != layout) return damaged(*entry, "its nodes have another layout than this type's");
    if (!entry->owner().is_read_only()) bytes->settle(entry->owner());
    return stack{std::move(entry), *bytes};
  }

  // --- push ---

  // false: full. Never waits.
  [[nodiscard]] bool try_push(T const& value) const {
    if (push_once(value)) [[likely]] return true;
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
    if (push_once(value)) [[likely]] return true;
    bool const done = wait_for(bytes_.header().pushers, until, strategy, [&](bool thorough) {
      if (thorough) bytes_.settle(owner());
      return push_once(value);
    });
    if (!done) count(bytes_.header().push_refusals);
    return done;
  }
  // Pushes the front of `values`, one after the other, until there is no room; how many. Others may come
  // between them.
  [[nodiscard]] std::size_t try_push_n(std::span<T const> values) const {
    std::size_t pushed = 0;
    while (pushed < values.size() && try_push(values[pushed])) ++pushed;
    return pushed;
  }

  // --- pop ---

  // nullopt: empty. Never waits.
  [[nodiscard]] std::optional<T> try_pop() const {
    auto const popped = pop_once();
    if (!popped) [[unlikely]] count(bytes_.header().pop_refusals);
    return popped;
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
    auto popped = pop_once();
    if (popped) [[likely]] return popped;
    // A death never keeps back an element: nobody needs to look for the dead here.
    popped = wait_for(bytes_.header().poppers, until, strategy, [&](bool) { return pop_once(); });
    if (!popped) count(bytes_.header().pop_refusals);
    return popped;
  }
  // Pops up to out.size() elements, one after the other, the youngest first; how many. Others may pop or
  // push between them. If this process dies meanwhile, what it had popped is gone with it.
  [[nodiscard]] std::size_t try_pop_n(std::span<T> out) const {
    std::size_t popped = 0;
    for (; popped < out.size(); ++popped) {
      auto const each = popped == 0 ? try_pop() : pop_once();
      if (!each) break;
      out[popped] = *each;
    }
    return popped;
  }

  // --- state; racy where others work at the same time ---

  // A copy of the youngest element, as it was at one moment. Writes nothing.
  [[nodiscard]] std::optional<T> top() const noexcept {
    for (auto head = bytes_.header().top.load(std::memory_order_acquire);;) {  // A1 <- R1 (I2)
      if (node_in(head) >= bytes_.capacity()) return std::nullopt;
      std::array<std::byte, sizeof(T)> copy;
      load_words(copy.data(), bytes_.payload(node_in(head), layout), sizeof(T));
      // A3 <- R3: whoever saw a word of the next payload sees that the head has changed (I5).
      std::atomic_thread_fence(std::memory_order_acquire);
      auto const now = bytes_.header().top.load(std::memory_order_acquire);  // A1 <- R1, for the next attempt
      if (now == head) return std::bit_cast<T>(copy);
      head = now;
    }
  }
  std::uint64_t capacity() const noexcept { return bytes_.capacity(); }
  std::uint64_t size() const noexcept { return bytes_.was_size(); }
  bool empty() const noexcept { return size() == 0; }
  stack_statistics statistics() const noexcept { return bytes_.statistics(); }
  // Looks for dead processes now and returns the nodes they had taken. Those who find no room do so by
  // themselves every few milliseconds.
  void recover() const {
    require_writable(*entry_, "recover");
    bytes_.settle(owner());
  }

 private:
  stack(std::shared_ptr<attached_entry> entry, stack_bytes const& bytes) noexcept
      : entry_{std::move(entry)}, lanes_{entry_->owner()}, bytes_{bytes} {}

  attachment& owner() const noexcept { return lanes_.owner(); }
  static void count(atomic_u64& counter) noexcept {
    counter.fetch_add(1, std::memory_order_relaxed);  // a statistic: nothing hangs on it
  }

  [[gnu::always_inline]] bool push_once(T const& value) const {
    auto& intent = lanes_.mine().intent;
    auto& header = bytes_.header();
    auto const node = bytes_.take(header.free, intent, make_what(bytes_.tag(), lane_op::push), layout.node_bytes);
    if (node == no_node) return false;
    std::atomic_thread_fence(std::memory_order_release);  // R3 -> A3: after its last link (I5)
    store_words(bytes_.payload(node, layout), &value, sizeof(T));  // I1
    bytes_.put_element(node, layout.node_bytes);  // point of effect
    forget(intent);
    wake(header.poppers);
    return true;
  }
  [[gnu::always_inline]] std::optional<T> pop_once() const {
    auto& intent = lanes_.mine().intent;
    auto& header = bytes_.header();
    // Point of effect.
    auto const node = bytes_.take(header.top, intent, make_what(bytes_.tag(), lane_op::pop), layout.node_bytes);
    if (node == no_node) return std::nullopt;
    std::array<std::byte, sizeof(T)> copy;
    load_words(copy.data(), bytes_.payload(node, layout), sizeof(T));  // I1
    bytes_.put_free(node, layout.node_bytes);
    forget(intent);
    wake(header.pushers);
    return std::bit_cast<T>(copy);
  }
  // Off the fast path, and out of line.
  [[gnu::noinline]] bool push_again(T const& value) const {
    if (entry_->is_look_due()) {
      bytes_.settle(owner());
      if (push_once(value)) return true;
    }
    count(bytes_.header().push_refusals);
    return false;
  }

  std::shared_ptr<attached_entry> entry_;
  lane_access lanes_;
  stack_bytes bytes_;
};

}  // namespace stoa
