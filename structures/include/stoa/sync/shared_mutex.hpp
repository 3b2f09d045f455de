// stoa/sync/shared_mutex.hpp: one writer, or any number of readers, of any processes. The dead lock nobody out.
//
//   std::shared_lock reading{mutex};
//   std::unique_lock writing{mutex};
//
// Bytes     docs/format.md "shared_mutex", layout 1: shared_mutex_header, then `readers` words.
// Progress  Blocking. A writer that waits holds up new readers. Who is stopped with it holds up whom it excludes.
// Crash     A reader that died changed nothing: its mark does not count. A writer that died leaves the mutex
//           abandoned, as with mutex: all who lock are told, until somebody has put right what it was changing.
//           (docs/crash.md, Y1 to Y6)
//
//   word:    0 free --CAS--> holder + claim --readers have gone--> holder --store--> 0
//            mark: abandoned, as in mutex.hpp. A claim says that nothing was changed yet
//   reader:  0 free --CAS--> holder --store--> 0          one word for each shared lock
//
// I1 one writer   one CAS on the word decides; it is only taken from a dead one (holder.hpp)
// I2 excluded     a reader writes its mark, then looks at the word; a writer writes the word, then looks at the marks:
//                 all sequentially consistent, so of the two at least one sees the other         (A2, A3)
// I3 carried      a writer sees what readers and writers before it had done, a reader what writers had: R1 -> A1,
//                 R2 -> A3
#pragma once
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stoa/sync/after_death.hpp>
#include <stoa/sync/fixed_body.hpp>
#include <stoa/sync/holder.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct shared_mutex_header {       // offset size
  std::uint64_t readers;           //      0    8  shared locks there can be at once
  std::array<std::byte, 120> pad;  //      8  120
  atomic_u64 word;                 //    128    8  the writer
  atomic_u64 deaths;               //    136    8  writers that died with it
  wait_flag waiters;               //    144    4
  std::array<std::byte, 108> rest;  //    148  108
};
static_assert(offsetof(shared_mutex_header, word) == 128);
static_assert(offsetof(shared_mutex_header, waiters) == 144);
static_assert(sizeof(shared_mutex_header) == 256);

struct shared_mutex_shape {
  shared_mutex_shape() = default;
  template <std::integral N>
  explicit shared_mutex_shape(N count) : readers{to_count(count)} {}
  std::uint64_t readers = 128;
};

kind_operations const& shared_mutex_operations();
inline bool const shared_mutex_is_registered = register_kind(shared_mutex_operations());

// A handle: process-local, cheap to copy, safe to share between threads. All calls that lock throw owner_died while
// the mutex is abandoned; would_deadlock if they would wait for a lock of the calling thread (the try_ forms say
// false); read_only and forked. A thread
// may have several shared locks, and gets would_deadlock for a further one while a writer waits. More readers than
// there is room for wait.
class shared_mutex {
 public:
  using shape = shared_mutex_shape;

  static structure_identity identity() { return {"shared_mutex", 1, &descriptor_of<std::uint64_t>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked);
  static void format(std::span<std::byte> body, shape const& asked) {
    ::new (body.data()) shared_mutex_header{asked.readers, {}, {}, {}, {}, {}};  // zeroed memory: nobody reads
  }
  static result<shared_mutex> adopt(std::shared_ptr<attached_entry> entry);

  void lock(wait_strategy strategy = wait_strategy::adaptive) const;
  [[nodiscard]] bool try_lock() const;
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
  // Throws not_owner; does nothing in a forked child, as does unlock_shared().
  void unlock() const;

  void lock_shared(wait_strategy strategy = wait_strategy::adaptive) const;
  [[nodiscard]] bool try_lock_shared() const;
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_shared_for(std::chrono::duration<Rep, Period> timeout,
                                         wait_strategy strategy = wait_strategy::adaptive) const {
    return try_lock_shared_until(deadline::after(timeout), strategy);
  }
  [[nodiscard]] bool try_lock_shared_until(wait_clock::time_point when,
                                           wait_strategy strategy = wait_strategy::adaptive) const {
    return try_lock_shared_until(deadline::at(when), strategy);
  }
  [[nodiscard]] bool try_lock_shared_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const;
  void unlock_shared() const;

  // --- after the death of a writer: as with mutex ---

  [[nodiscard]] bool lock_or_inherit(wait_strategy strategy = wait_strategy::adaptive) const;
  void make_consistent() const;
  template <class Repair>
  bool recover(Repair repair) const {
    return internal::recover(*this, repair);
  }
  bool is_consistent() const noexcept;

  // Shared locks there can be at once.
  std::uint64_t capacity() const noexcept { return readers_; }

 private:
  enum class outcome { busy, taken, inherited, abandoned, own };

  shared_mutex(std::shared_ptr<attached_entry> entry, shared_mutex_header* header, std::uint64_t readers) noexcept
      : entry_{std::move(entry)}, header_{header}, readers_{readers}, names_{entry_->owner()} {}

  atomic_u64& reader(std::uint64_t i) const noexcept { return reinterpret_cast<atomic_u64*>(header_ + 1)[i]; }
  std::uint64_t first_place() const noexcept;
  atomic_u64* own_mark() const noexcept;
  atomic_u64* take_mark(bool thorough) const noexcept;
  outcome claim(bool thorough, bool inherits) const noexcept;
  outcome drain(bool thorough) const noexcept;
  outcome look_at_writer(bool thorough) const noexcept;
  outcome look_and_mark(bool thorough) const noexcept;
  template <class Attempt>
  outcome repeat(std::optional<deadline> until, wait_strategy strategy, bool is_look_due, Attempt attempt) const;
  outcome write(std::optional<deadline> until, wait_strategy strategy, bool inherits) const;
  outcome read(std::optional<deadline> until, wait_strategy strategy) const;
  bool bury(std::uint64_t seen, std::uint64_t next) const noexcept;
  void let_go_of_word() const noexcept;
  bool is_locked_by(outcome found) const;
  [[noreturn]] void throw_deadlock() const;

  std::shared_ptr<attached_entry> entry_;
  shared_mutex_header* header_;
  std::uint64_t readers_;  // copied at attach
  holder_names names_;
};

}  // namespace stoa
