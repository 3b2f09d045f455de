#include <stoa/short_owner.hpp>

namespace stoa {

participant_id participant_of(attachment const& looker, short_owner owner) noexcept {
  auto const place = place_of_short_owner(owner);
  if (place >= looker.map().limits().max_participants) return 0;
  // At least the owner's own, so another one is a later one, and the owner dead.
  auto const life = looker.map().participant(place).generation.load(std::memory_order_acquire);
  auto const id = make_participant_id(life, place);
  return short_owner_of(id) == owner ? id : 0;
}

}  // namespace stoa
