// stoa/sync/event.hpp: something that has happened, or not yet; all who wait for it go on when it has.
//
// Bytes     docs/format.md "event", layout 1.
// Progress  set() and reset() are lock-free, is_set() is wait-free.
// Crash     Nobody holds an event. set() and reset() are one CAS each. (docs/crash.md, E1 to E3)
//
//   word:  bit 0 is set | bits 1-63 how many times it was set
//
// I1 carried   who sees the event set, or that it was set meanwhile, sees what the setter did before     R1 -> A1
// I2 no miss   who waits when set() is called goes on, even if reset() comes before it looks: the count has moved
#pragma once
#include <memory>
#include <stoa/sync/fixed_body.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct event_header {              // offset size
  atomic_u64 word;                 //      0    8
  wait_flag waiters;               //      8    4
  std::array<std::byte, 116> pad;  //     12  116
};
static_assert(offsetof(event_header, waiters) == 8);
static_assert(sizeof(event_header) == pad_bytes);

kind_operations const& event_operations();
inline bool const event_is_registered = register_kind(event_operations());

// A handle: process-local, cheap to copy, safe to share between threads. Starts unset, stays set until reset().
// Calls but is_set() throw read_only and forked.
class event {
 public:
  using shape = no_shape;

  static structure_identity identity() { return {"event", 1, &descriptor_of<std::uint64_t>()}; }
  static result<std::uint64_t> bytes_for(shape const&) { return sizeof(event_header); }
  static void format(std::span<std::byte> body, shape const&) { ::new (body.data()) event_header{}; }
  static result<event> adopt(std::shared_ptr<attached_entry> entry) {
    auto const header = adopt_header<event_header>(entry->view());
    if (!header) return header.error();
    return event{std::move(entry), *header};
  }

  void set() const {
    require_writable(*entry_, "set");
    auto seen = header_->word.load(std::memory_order_relaxed);  // a guess; the CAS decides
    // R1 -> A1 (I1), also where it was set: each setter is seen. acquire: what came before is handed on.
    while (!header_->word.compare_exchange_weak(seen, (seen | 1) + 2, std::memory_order_acq_rel,
                                                std::memory_order_relaxed)) {
    }
    wake(header_->waiters);
  }
  // Whether it was set.
  bool reset() const {
    require_writable(*entry_, "reset");
    return (header_->word.fetch_and(~std::uint64_t{1}, std::memory_order_acq_rel) & 1) != 0;  // A1, R1
  }
  bool is_set() const noexcept {
    return (header_->word.load(std::memory_order_acquire) & 1) != 0;  // A1 <- R1 (I1)
  }

  void wait(wait_strategy strategy = wait_strategy::adaptive) const { wait_until(deadline::never(), strategy); }
  // False: not set when `timeout` had passed.
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> timeout, wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_until(deadline::after(timeout), strategy);
  }
  bool wait_until(wait_clock::time_point when, wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_until(deadline::at(when), strategy);
  }
  bool wait_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const;

 private:
  event(std::shared_ptr<attached_entry> entry, event_header* header) noexcept
      : entry_{std::move(entry)}, header_{header} {}
  std::shared_ptr<attached_entry> entry_;
  event_header* header_;
};

}  // namespace stoa
