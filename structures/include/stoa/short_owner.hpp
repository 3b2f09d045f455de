// stoa/short_owner.hpp: a participant in 24 bits, for words that hold other things as well.
//
// { low 11 bits of the participant's generation | place + 1 }; 0 is nobody. Two lives of one place that are 2048
// apart look alike: then what the dead one holds waits until the living one is dead as well. The other
// mistake, to take a living owner for a dead one, would need somebody who is held up between verdict and CAS while
// the owner's place passes through a multiple of 2048 lives, the last of which comes by the very same word.
#pragma once
#include <cstdint>
#include <stoa/attachment.hpp>

namespace stoa {

using short_owner = std::uint32_t;  // 24 bits
inline constexpr unsigned short_owner_bits = 24;
inline constexpr unsigned short_owner_place_bits = 13;
static_assert(most_participants < 1u << short_owner_place_bits);

constexpr short_owner short_owner_of(participant_id id) noexcept {
  constexpr std::uint64_t life_mask = (1u << (short_owner_bits - short_owner_place_bits)) - 1;
  return static_cast<short_owner>((place_of(id) + 1) | (generation_of(id) & life_mask) << short_owner_place_bits);
}
constexpr std::uint32_t place_of_short_owner(short_owner owner) noexcept {
  return (owner & ((1u << short_owner_place_bits) - 1)) - 1;
}
// The life that holds a participant's place. 0: none does, or there is no such place. One system call. The kernel is
// asked first: whoever is named in a word that was read before had its place by then, so this is its life or a later
// one, whatever the word's own order carries (attachment.hpp I1).
participant_id life_in(attachment const& looker, std::uint64_t place) noexcept;
// The participant that it is, if it lives, else 0. One system call.
participant_id participant_of(attachment const& looker, short_owner owner) noexcept;
inline bool is_alive(attachment const& looker, short_owner owner) noexcept {
  return participant_of(looker, owner) != 0;
}

}  // namespace stoa
