#include "verify_kinds.hpp"

#include <fmt/format.h>

namespace stoa::internal {

void verify_pads(inspection& look, std::initializer_list<std::pair<std::uint64_t, std::uint64_t>> pads) {
  for (auto const& each : pads)
    look.zeros("padding", look.entry().body.data() + each.first, each.second - each.first);
}

void verify_high_water(inspection& look, atomic_u64 const& high_water, std::uint64_t capacity) {
  auto const found = high_water.load(std::memory_order_relaxed);  // alone
  if (found > capacity)
    look.damage("high_water", &high_water, fmt::format("at most {}", capacity), fmt::format("{}", found));
}

namespace {

// `bits` of the generation of that place, which was read after the word they are from.
bool was_life(inspection const& look, std::uint64_t place, std::uint64_t life, unsigned bits) noexcept {
  if (!look.has_place(place)) return false;
  auto const now = current(look.owner().map().participant(static_cast<std::uint32_t>(place)).generation);
  return now >> bits != 0 || (life != 0 && life <= now);
}

}  // namespace

bool was_ever(inspection const& look, short_owner owner) noexcept {
  return was_life(look, place_of_short_owner(owner), owner >> short_owner_place_bits,
                  short_owner_bits - short_owner_place_bits);
}

bool was_ever_holder(inspection const& look, holder_word word) noexcept {
  return was_life(look, holder_place_of(word), holder_in(word) >> holder_generation_shift, 27);
}

}  // namespace stoa::internal
