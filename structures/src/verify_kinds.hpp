// verify_kinds.hpp: the check of each kind, and what several of them share. What each looks at: docs/verify.md.
#pragma once
#include <stoa/inspection.hpp>
#include <stoa/known_lives.hpp>
#include <stoa/short_owner.hpp>
#include <stoa/sync/holder.hpp>
#include <utility>

namespace stoa::internal {

void verify_array(inspection& look);
void verify_value(inspection& look);
void verify_bitset(inspection& look);
void verify_queue(inspection& look);
void verify_spsc_queue(inspection& look);
void verify_ring(inspection& look);
void verify_stack(inspection& look);
void verify_object_pool(inspection& look);
void verify_map(inspection& look);
void verify_message_ring(inspection& look);
void verify_channel(inspection& look);
void verify_exchange(inspection& look);

// The bytes of a header that are zero: from, to, from the start of the body.
void verify_pads(inspection& look, std::initializer_list<std::pair<std::uint64_t, std::uint64_t>> pads);
// A largest size that was seen.
void verify_high_water(inspection& look, atomic_u64 const& high_water, std::uint64_t capacity);

// Whether such a participant may ever have been there: of its life there are some bits only.
bool was_ever(inspection const& look, short_owner owner) noexcept;
bool was_ever_holder(inspection const& look, holder_word word) noexcept;

// Requires: was_ever().
inline bool is_alive(known_lives& known, inspection const& look, short_owner owner) noexcept {
  return known.is_alive(participant_of(look.owner(), owner));
}

}  // namespace stoa::internal
