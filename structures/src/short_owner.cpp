#include <stoa/short_owner.hpp>

namespace stoa {

participant_id life_in(attachment const& looker, std::uint64_t place) noexcept {
  if (place >= looker.map().limits().max_participants) return 0;
  auto const at = static_cast<std::uint32_t>(place);
  if (!looker.is_place_held(at)) return 0;
  // attachment.cpp:R5
  return make_participant_id(looker.map().participant(at).generation.load(std::memory_order_acquire), at);
}

participant_id participant_of(attachment const& looker, short_owner owner) noexcept {
  auto const id = life_in(looker, place_of_short_owner(owner));
  return id != 0 && short_owner_of(id) == owner ? id : 0;
}

}  // namespace stoa
