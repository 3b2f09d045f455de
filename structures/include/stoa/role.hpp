// stoa/role.hpp: a part in a structure that one live process plays at a time: the producer's, the consumer's.
//
// A role is a word with the participant id of its holder, 0 for nobody. It is taken at first use, refused
// while its holder lives, given back when he is done with it, and taken over when he died. The successor
// goes on from what the structure's own words say; what is needed for that is the structure's business.
//
// I1 one holder   one CAS from 0, or from the id of a dead process, decides. Ids are never used twice: who is
//                 late with his judgement that a holder is dead takes nothing over      R1 -> A1
#pragma once
#include <stoa/attachment.hpp>
#include <stoa/base/atomic.hpp>
#include <stoa/base/result.hpp>
#include <string_view>

namespace stoa {

// What a role is called in errors, and what its holder does.
struct role_words {
  std::string_view noun;  // "producer"
  std::string_view verb;  // "push"
};
inline constexpr role_words producer_role{"producer", "push"};
inline constexpr role_words consumer_role{"consumer", "pop"};

// role_taken while a live process, or another handle of this one, has it; read_only, forked.
result<void> take_role(atomic_u64& holder, attached_entry const& entry, role_words const& called);

// Racy, as everything about others. One system call.
inline bool is_role_alive(atomic_u64 const& holder, attachment const& owner) noexcept {
  return owner.is_alive(holder.load(std::memory_order_relaxed));
}

// Of a role that this process holds.
inline void release_role(atomic_u64& holder, attachment const& owner) noexcept {
  auto mine = owner.self();
  // R1 -> A1: all this holder did, before the next one starts (I1).
  holder.compare_exchange_strong(mine, 0, std::memory_order_release, std::memory_order_relaxed);
}

}  // namespace stoa
