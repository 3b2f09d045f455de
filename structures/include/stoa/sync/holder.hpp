// stoa/sync/holder.hpp: a word that names who holds something: one thread of one attached process.
//
//    63    62                   36 35              14 13          1 0
//   +-------+-----------------------+------------------+-------------+------+
//   | claim | generation (27 bits)  |      thread      |  place + 1  | mark |
//   +-------+-----------------------+------------------+-------------+------+
//
// Generation and place are those of the participant id; 0 in all three is nobody. Claim and mark are the structure's own.
// `thread` tells the threads of a process apart that live at the same time (the kernel's number of the thread).
//
// I1 once     a holder that died is never taken for a live one: the generation of its place has advanced, or the
//             place's kernel lock is free. (27 bits of it: a word would have to stay unlooked at through 2^27 lives
//             of one place, and then it would be waited for, never robbed.)
#pragma once
#include <stoa/attachment.hpp>
#include <stoa/fork_guard.hpp>

namespace stoa {

using holder_word = std::uint64_t;

namespace internal {

struct known_thread {
  std::uint64_t epoch = 0;  // a forked child is another thread
  std::uint64_t number = 0;
};
inline constinit thread_local known_thread this_thread;
std::uint64_t ask_thread_number() noexcept;

inline std::uint64_t thread_number() noexcept {
  if (this_thread.epoch == stoa::fork_epoch()) [[likely]] return this_thread.number;
  return ask_thread_number();
}

}  // namespace internal

inline constexpr unsigned holder_thread_shift = 14;
inline constexpr unsigned holder_generation_shift = 36;
inline constexpr holder_word holder_mark = 1;
inline constexpr holder_word holder_place_mask = 0x1FFF << 1;
inline constexpr holder_word holder_claim = holder_word{1} << 63;
inline constexpr holder_word holder_generation_mask = (holder_word{1} << 27) - 1;
static_assert(most_participants <= 0x1FFE);

constexpr holder_word make_holder(participant_id id, std::uint64_t thread) noexcept {
  return (generation_of(id) & holder_generation_mask) << holder_generation_shift |
         (thread & 0x3F'FFFF) << holder_thread_shift | ((holder_word{place_of(id)} + 1) << 1 & holder_place_mask);
}
constexpr holder_word holder_in(std::uint64_t word) noexcept { return word & ~(holder_mark | holder_claim); }
constexpr std::uint64_t thread_of(holder_word word) noexcept { return word >> holder_thread_shift & 0x3F'FFFF; }
constexpr std::uint64_t holder_place_of(holder_word word) noexcept { return ((word & holder_place_mask) >> 1) - 1; }

// The threads of one attachment.
class holder_names {
 public:
  explicit holder_names(attachment const& owner) noexcept : base_{make_holder(owner.self(), 0)} {}
  // The calling thread.
  holder_word mine() const noexcept { return base_ | internal::thread_number() << holder_thread_shift; }

 private:
  holder_word base_;
};

// Whether the process that `word` names lives (I1). A word that names nobody, or no place there is: false. One
// system call at most.
bool is_holder_alive(attachment const& looker, holder_word word) noexcept;

}  // namespace stoa
