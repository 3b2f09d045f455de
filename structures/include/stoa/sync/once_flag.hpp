// stoa/sync/once_flag.hpp: something that one process does, and all others find done.
//
//   stoa::call_once(flag, [&] { prepare(); });
//
// Bytes     docs/format.md "once_flag", layout 1.
// Progress  Done, it costs a load. Until then who comes waits for who is at it, also for a stopped one.
// Crash     If the one who is at it dies, another begins anew, as after an exception: what is called must be able
//           to find itself half done. (docs/crash.md, U1 to U4)
//
//   word:  0 --CAS--> holder --store--> 1 done
//                       | throws: 0      | dead: CAS to the next holder
//
// I1 one at it   one CAS decides who runs; it is only taken from a dead one (holder.hpp)
// I2 carried     who finds it done sees what was done     R1 -> A1
#pragma once
#include <functional>
#include <memory>
#include <stoa/sync/fixed_body.hpp>
#include <stoa/sync/holder.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct once_header {               // offset size
  atomic_u64 word;                 //      0    8  who is at it, or 1: done
  atomic_u64 attempts;             //      8    8  how often it was begun
  wait_flag waiters;               //     16    4
  std::array<std::byte, 108> pad;  //     20  108
};
static_assert(offsetof(once_header, waiters) == 16);
static_assert(sizeof(once_header) == pad_bytes);

kind_operations const& once_flag_operations();
inline bool const once_flag_is_registered = register_kind(once_flag_operations());

// A handle: process-local, cheap to copy, safe to share between threads.
class once_flag {
 public:
  using shape = no_shape;

  static structure_identity identity() { return {"once_flag", 1, &descriptor_of<std::uint64_t>()}; }
  static result<std::uint64_t> bytes_for(shape const&) { return sizeof(once_header); }
  static void format(std::span<std::byte> body, shape const&) { ::new (body.data()) once_header{}; }
  static result<once_flag> adopt(std::shared_ptr<attached_entry> entry) {
    auto const header = adopt_header<once_header>(entry->view());
    if (!header) return header.error();
    return once_flag{std::move(entry), *header};
  }

  // Works read-only.
  bool is_done() const noexcept {
    return header_->word.load(std::memory_order_acquire) == holder_mark;  // A1 <- R1 (I2)
  }
  // Runs what is given, unless that was done already; waits for another that is at it. True: it ran here. An
  // exception goes through, and the next one runs it. Throws would_deadlock if this thread is at it, and, when not
  // done, read_only and forked.
  template <class Call, class... Args>
  bool call(Call&& what, Args&&... args) const {
    if (is_done()) [[likely]] return false;
    if (!begin()) return false;
    ending end{*this};
    std::invoke(std::forward<Call>(what), std::forward<Args>(args)...);
    end.result = holder_mark;
    return true;
  }

 private:
  // At the end of the attempt, however it ends.
  struct ending {
    once_flag const& flag;
    std::uint64_t result = 0;
    explicit ending(once_flag const& which) noexcept : flag{which} {}
    ending(ending const&) = delete;
    ending& operator=(ending const&) = delete;
    ~ending() { flag.end(result); }
  };
  once_flag(std::shared_ptr<attached_entry> entry, once_header* header) noexcept
      : entry_{std::move(entry)}, header_{header}, names_{entry_->owner()} {}
  bool begin() const;
  void end(std::uint64_t result) const noexcept;

  std::shared_ptr<attached_entry> entry_;
  once_header* header_;
  holder_names names_;
};

// As std::call_once.
template <class Call, class... Args>
void call_once(once_flag const& flag, Call&& what, Args&&... args) {
  flag.call(std::forward<Call>(what), std::forward<Args>(args)...);
}

}  // namespace stoa
