// stoa/sync/mutex.hpp: mutual exclusion between threads of any processes. One who dies with it locks nobody out.
//
//   std::scoped_lock lock{mutex};              // also unique_lock, std::lock, condition_variable
//   mutex.recover([&] { put_right(); });       // after a death: true for the one process that did
//
// Bytes     docs/format.md "mutex", layout 1.
// Progress  Blocking, and not fair: who comes when it is free has it. A holder that is stopped holds up the others,
//           however long; nothing is ever taken from a live process. lock and unlock are one CAS and one store.
// Crash     A mutex whose holder died is *abandoned*: what it guards may be half changed. lock(), try_lock() and
//           their timed forms then throw errc::owner_died, in all processes, until somebody has put that right:
//           recover() or lock_or_inherit() with make_consistent(). (docs/crash.md, T1 to T6)
// Threads   A thread that ends with the mutex leaves it locked as long as its process is attached: let go by RAII.
//
//   word:  0 free --CAS--> holder --store--> 0
//          holder, dead  --CAS--> free + mark (who only locks) or own + mark (who inherits)
//          mark: abandoned. It stays through unlock(), until the holder drops it with make_consistent()
//
// I1 one holder   one CAS decides; a word is only taken from a holder whose process is dead (holder.hpp)
// I2 carried      who locks sees what the last holder did before it let go        R1 -> A1
#pragma once
#include <mutex>
#include <stoa/sync/after_death.hpp>
#include <stoa/sync/fixed_body.hpp>
#include <stoa/sync/holder.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct mutex_header {              // offset size
  atomic_u64 word;                 //      0    8  who has it; the mark: abandoned
  atomic_u64 deaths;               //      8    8  holders that died with it
  wait_flag waiters;               //     16    4
  std::array<std::byte, 108> pad;  //     20  108
};
static_assert(offsetof(mutex_header, waiters) == 16);
static_assert(sizeof(mutex_header) == pad_bytes);

kind_operations const& mutex_operations();
inline bool const mutex_is_registered = register_kind(mutex_operations());

// A handle: process-local, cheap to copy, safe to share between threads; all copies are the same mutex. All calls
// that lock throw owner_died as said above, would_deadlock if the calling thread has the mutex (try_lock and the
// timed ones say false), read_only and forked.
class mutex {
 public:
  using shape = no_shape;

  static structure_identity identity() { return {"mutex", 1, &descriptor_of<std::uint64_t>()}; }
  static result<std::uint64_t> bytes_for(shape const&) { return sizeof(mutex_header); }
  static void format(std::span<std::byte> body, shape const&) { ::new (body.data()) mutex_header{}; }
  static result<mutex> adopt(std::shared_ptr<attached_entry> entry) {
    auto const header = adopt_header<mutex_header>(entry->view());
    if (!header) return header.error();
    return mutex{std::move(entry), *header};
  }

  void lock(wait_strategy strategy = wait_strategy::adaptive) const {
    require_writable(*entry_, "lock");
    if (!try_take()) [[unlikely]] lock_slowly(strategy);
  }
  // False: somebody has it, this thread perhaps; or had it when it died, a moment ago.
  [[nodiscard]] bool try_lock() const {
    require_writable(*entry_, "lock");
    return try_take() || try_lock_slowly();
  }
  // False: still so when `timeout` had passed.
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(std::chrono::duration<Rep, Period> timeout,
                                  wait_strategy strategy = wait_strategy::adaptive) const {
    return try_lock_until(deadline::after(timeout), strategy);
  }
  [[nodiscard]] bool try_lock_until(wait_clock::time_point when,
                                    wait_strategy strategy = wait_strategy::adaptive) const {
    return try_lock_until(deadline::at(when), strategy);
  }
  [[nodiscard]] bool try_lock_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const;

  // Throws not_owner if the calling thread does not have it. In a forked child it does nothing: the parent has it.
  // A mutex that was inherited and not made consistent stays abandoned.
  void unlock() const {
    auto const seen = header_->word.load(std::memory_order_relaxed);  // only this thread changes its own word
    if (holder_in(seen) != names_.mine() || entry_->owner().was_inherited()) [[unlikely]] return refuse_unlock();
    header_->word.store(seen & holder_mark, std::memory_order_release);  // R1 -> A1 (I2)
    wake(header_->waiters);
  }

  // --- after a death ---

  // Locks in any case. True: inherited from one who died, now or before; what the mutex guards may be half changed.
  // Put it right, then make_consistent(), then unlock().
  [[nodiscard]] bool lock_or_inherit(wait_strategy strategy = wait_strategy::adaptive) const;
  // By the holder: what the mutex guards is whole. Throws not_owner.
  void make_consistent() const;
  // Locks; if the mutex is abandoned runs repair(), and it is consistent. False: it was, nothing was run. If repair()
  // throws, or this process dies in it, the mutex stays abandoned.
  template <class Repair>
  bool recover(Repair repair) const {
    return internal::recover(*this, repair);
  }
  // Racy, but for the holder. One system call while somebody has it.
  bool is_consistent() const noexcept;

 private:
  enum class outcome { busy, taken, inherited, abandoned, own };

  mutex(std::shared_ptr<attached_entry> entry, mutex_header* header) noexcept
      : entry_{std::move(entry)}, header_{header}, names_{entry_->owner()} {}

  bool try_take() const noexcept {
    std::uint64_t nobody = 0;
    // A1 <- R1 (I1, I2). A failed CAS carries nothing.
    return header_->word.compare_exchange_strong(nobody, names_.mine(), std::memory_order_acquire,
                                                 std::memory_order_relaxed);
  }
  outcome attempt(bool thorough, bool inherits) const noexcept;
  outcome wait_to_lock(deadline until, wait_strategy strategy, bool inherits) const;
  bool is_locked_by(outcome found) const;
  void lock_slowly(wait_strategy strategy) const;
  bool try_lock_slowly() const;
  void refuse_unlock() const;

  std::shared_ptr<attached_entry> entry_;
  mutex_header* header_;
  holder_names names_;
};

}  // namespace stoa
