// stoa/sync/barrier.hpp: a number of threads of any processes that wait for each other, phase after phase. The dead
// are not waited for.
//
// Bytes     docs/format.md "barrier", layout 1: barrier_header, then `members` barrier_members.
// Progress  arrive() looks at the members, no system call; wait() waits for the live ones, also for stopped ones.
// Crash     A member is a thread, from its first arrival on. One that dies counts as arrived until somebody new takes
//           its place. Places that nobody ever had are waited for. (docs/crash.md, J1 to J4)
//
//   member:  0 --CAS--> holder --arrive_and_drop--> mark alone: dropped for good
//                         | dies: CAS to the next holder
//   phase:   p --CAS, when all members have arrived for p, died or dropped--> p + 1
//
// I1 one each   a place belongs to one thread; it is only taken from a dead one (holder.hpp)
// I2 derived    nothing is counted: who has arrived is said by the members themselves, so no death can leave a wrong
//               count. One CAS ends a phase
// I3 carried    who goes on sees what all did before they arrived     R1 -> A1, R2 -> A2
#pragma once
#include <memory>
#include <stoa/sync/fixed_body.hpp>
#include <stoa/sync/holder.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct barrier_header {            // offset size
  std::uint64_t members;           //      0    8
  std::array<std::byte, 120> pad;  //      8  120
  atomic_u64 phase;                //    128    8  how many have ended
  wait_flag waiters;               //    136    4
  std::array<std::byte, 116> rest;  //   140  116
};
static_assert(offsetof(barrier_header, phase) == 128);
static_assert(offsetof(barrier_header, waiters) == 136);
static_assert(sizeof(barrier_header) == 256);

struct barrier_member {  // offset size
  atomic_u64 holder;     //      0    8
  atomic_u64 arrived;    //      8    8  phases it has arrived for: in phase p, p + 1
};
static_assert(sizeof(barrier_member) == 16);

struct barrier_shape {
  template <std::integral N>
  explicit barrier_shape(N count) : members{to_count(count)} {}
  std::uint64_t members;
};

kind_operations const& barrier_operations();
inline bool const barrier_is_registered = register_kind(barrier_operations());

// A handle: process-local, cheap to copy, safe to share between threads; the calling thread is who arrives. All
// calls throw read_only and forked, those that arrive also role_taken (all places belong to live threads, or were
// dropped) and would_deadlock (it has arrived in this phase already).
class barrier {
 public:
  using shape = barrier_shape;
  class arrival_token {
   private:
    friend class barrier;
    explicit arrival_token(std::uint64_t phase) noexcept : phase_{phase} {}
    std::uint64_t phase_;
  };

  static structure_identity identity() { return {"barrier", 1, &descriptor_of<std::uint64_t>()}; }
  // invalid_argument: none, or more than 4096.
  static result<std::uint64_t> bytes_for(shape const& asked);
  static void format(std::span<std::byte> body, shape const& asked) {
    ::new (body.data()) barrier_header{asked.members, {}, {}, {}, {}};  // zeroed memory: no members yet
  }
  static result<barrier> adopt(std::shared_ptr<attached_entry> entry);

  [[nodiscard]] arrival_token arrive() const;
  // Arrives, and is no member any more: from the next phase on one fewer is waited for, for good.
  void arrive_and_drop() const;
  void arrive_and_wait(wait_strategy strategy = wait_strategy::adaptive) const { wait(arrive(), strategy); }
  void wait(arrival_token arrival, wait_strategy strategy = wait_strategy::adaptive) const {
    wait_until(arrival, deadline::never(), strategy);
  }
  // False: the phase had not ended when `timeout` had passed. The arrival stands.
  template <class Rep, class Period>
  bool wait_for(arrival_token arrival, std::chrono::duration<Rep, Period> timeout,
                wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_until(arrival, deadline::after(timeout), strategy);
  }
  bool wait_until(arrival_token arrival, wait_clock::time_point when,
                  wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_until(arrival, deadline::at(when), strategy);
  }
  bool wait_until(arrival_token arrival, deadline until, wait_strategy strategy = wait_strategy::adaptive) const;

  std::uint64_t capacity() const noexcept { return members_; }
  // How many phases have ended. Racy.
  std::uint64_t phase() const noexcept { return header_->phase.load(std::memory_order_relaxed); }

 private:
  barrier(std::shared_ptr<attached_entry> entry, barrier_header* header, std::uint64_t members) noexcept
      : entry_{std::move(entry)}, header_{header}, members_{members}, names_{entry_->owner()} {}

  barrier_member& member(std::uint64_t i) const noexcept {
    return reinterpret_cast<barrier_member*>(header_ + 1)[i];
  }
  barrier_member& own_member() const;
  barrier_member* take_member() const;
  bool has_ended(std::uint64_t phase, bool thorough) const noexcept;
  bool has_arrived(barrier_member const& who, std::uint64_t phase, bool thorough) const noexcept;

  std::shared_ptr<attached_entry> entry_;
  barrier_header* header_;
  std::uint64_t members_;  // copied at attach
  holder_names names_;
};

}  // namespace stoa
