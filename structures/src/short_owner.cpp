#include <stoa/short_owner.hpp>

namespace stoa {

participant_id last_life_of(attachment const& looker, std::uint64_t place) noexcept {
  if (place >= looker.map().limits().max_participants) return 0;
  auto const at = static_cast<std::uint32_t>(place);
  return make_participant_id(looker.map().participant(at).generation.load(std::memory_order_acquire), at);
}

participant_id participant_of(attachment const& looker, short_owner owner) noexcept {
  // At least the owner's own life, so another one is a later one, and the owner dead.
  auto const id = last_life_of(looker, place_of_short_owner(owner));
  return id != 0 && short_owner_of(id) == owner ? id : 0;
}

}  // namespace stoa
