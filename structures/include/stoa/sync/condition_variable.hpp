// stoa/sync/condition_variable.hpp: wait, without the mutex, until somebody says that something has changed.
//
//   std::unique_lock lock{mutex};
//   changed.wait(lock, [&] { return !todo.empty(); });
//
// Bytes     docs/format.md "condition_variable", layout 1.
// Progress  notify_one() and notify_all() are wait-free. They do the same: all who wait look again, one after the
//           other, as they get the mutex. So a waiter that dies when it was chosen takes no notification with it.
// Crash     Nobody holds a condition variable. A waiter that dies is none any more; one that wakes up and finds that
//           the holder of the mutex died throws owner_died, without the mutex. (docs/crash.md, C1 to C3)
//
// I1 no lost wake   a waiter takes down the sequence before it lets go of the mutex, a notifier moves it on after it
//                   made its change under the mutex: who did not see the change sees the sequence move     R1 -> A1
#pragma once
#include <condition_variable>
#include <memory>
#include <stoa/sync/fixed_body.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct condition_header {          // offset size
  atomic_u64 sequence;             //      0    8  notifications
  wait_flag waiters;               //      8    4
  std::array<std::byte, 116> pad;  //     12  116
};
static_assert(offsetof(condition_header, waiters) == 8);
static_assert(sizeof(condition_header) == pad_bytes);

kind_operations const& condition_variable_operations();
inline bool const condition_variable_is_registered = register_kind(condition_variable_operations());

// A handle: process-local, cheap to copy, safe to share between threads. `Lock` is a std::unique_lock of a mutex, or
// whatever else has lock() and unlock(). As in the standard library a waiter may wake without a notification. All
// calls throw read_only and forked.
class condition_variable {
 public:
  using shape = no_shape;

  static structure_identity identity() { return {"condition", 1, &descriptor_of<std::uint64_t>()}; }
  static result<std::uint64_t> bytes_for(shape const&) { return sizeof(condition_header); }
  static void format(std::span<std::byte> body, shape const&) { ::new (body.data()) condition_header{}; }
  static result<condition_variable> adopt(std::shared_ptr<attached_entry> entry) {
    auto const header = adopt_header<condition_header>(entry->view());
    if (!header) return header.error();
    return condition_variable{std::move(entry), *header};
  }

  void notify_one() const { notify_all(); }
  void notify_all() const {
    require_writable(*entry_, "notify");
    header_->sequence.fetch_add(1, std::memory_order_release);  // R1 -> A1 (I1)
    wake(header_->waiters);
  }

  template <class Lock>
  void wait(Lock& lock) const {
    wait_once(lock, deadline::never(), wait_strategy::adaptive);
  }
  template <class Lock, class Predicate>
  void wait(Lock& lock, Predicate holds, wait_strategy strategy = wait_strategy::adaptive) const {
    wait_until(lock, deadline::never(), std::move(holds), strategy);
  }
  template <class Lock, class Rep, class Period>
  std::cv_status wait_for(Lock& lock, std::chrono::duration<Rep, Period> timeout) const {
    return wait_until(lock, deadline::after(timeout));
  }
  // What holds() says in the end.
  template <class Lock, class Rep, class Period, class Predicate>
  bool wait_for(Lock& lock, std::chrono::duration<Rep, Period> timeout, Predicate holds,
                wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_until(lock, deadline::after(timeout), std::move(holds), strategy);
  }
  template <class Lock>
  std::cv_status wait_until(Lock& lock, wait_clock::time_point when) const {
    return wait_until(lock, deadline::at(when));
  }
  template <class Lock, class Predicate>
  bool wait_until(Lock& lock, wait_clock::time_point when, Predicate holds,
                  wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_until(lock, deadline::at(when), std::move(holds), strategy);
  }
  template <class Lock>
  std::cv_status wait_until(Lock& lock, deadline until, wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_once(lock, until, strategy) ? std::cv_status::no_timeout : std::cv_status::timeout;
  }
  template <class Lock, class Predicate>
  bool wait_until(Lock& lock, deadline until, Predicate holds, wait_strategy strategy = wait_strategy::adaptive) const {
    while (!holds())
      if (!wait_once(lock, until, strategy)) return holds();
    return true;
  }

 private:
  condition_variable(std::shared_ptr<attached_entry> entry, condition_header* header) noexcept
      : entry_{std::move(entry)}, header_{header} {}

  // Whether there was a notification.
  template <class Lock>
  bool wait_once(Lock& lock, deadline until, wait_strategy strategy) const {
    require_writable(*entry_, "wait");
    auto const before = header_->sequence.load(std::memory_order_relaxed);  // while nobody can notify of a change (I1)
    lock.unlock();
    bool const is_notified = was_notified_since(before, until, strategy);
    lock.lock();
    return is_notified;
  }
  bool was_notified_since(std::uint64_t before, deadline until, wait_strategy strategy) const;

  std::shared_ptr<attached_entry> entry_;
  condition_header* header_;
};

}  // namespace stoa
