#include <stoa/base/words.hpp>
#include <stoa/name_table.hpp>

#include "hash.hpp"

namespace stoa {

std::uint32_t name_table::hash(std::string_view name) noexcept {
  return static_cast<std::uint32_t>(format_hash(name) >> 32);
}

std::optional<entry_record> name_table::read(std::uint32_t slot, std::uint64_t expected) const noexcept {
  entry_record copy;
  load_words(&copy, map_->entries()[slot].words.data(), sizeof(copy));
  // Acquires: the loads above come before the second look at the word; pairs with the fence in build().
  std::atomic_thread_fence(std::memory_order_acquire);
  // The state may have changed meanwhile; the entry's words do so only with hash or generation (I2).
  auto const now = map_->name_words()[slot].load(std::memory_order_relaxed);
  if (hash_of(now) != hash_of(expected) || name_generation_of(now) != name_generation_of(expected))
    return std::nullopt;
  return copy;
}

template <class Accept>
std::optional<found_name> name_table::probe(std::string_view name, Accept accept) const noexcept {
  auto const wanted = hash(name);
  auto const mask = map_->layout().name_slots - 1;
  for (std::uint32_t i = 0; i <= mask; ++i) {
    auto const slot = (wanted + i) & mask;
    auto const seen = word(slot);
    if (state_of(seen) == name_state::empty) return std::nullopt;
    if (hash_of(seen) != wanted || !accept(state_of(seen))) continue;
    auto const record = read(slot, seen);
    // A record that changed belongs to a name that was erased meanwhile: no longer this one.
    if (record && record->name.back() == '\0' && name == record->name.data())
      return found_name{slot, seen, *record};
  }
  return std::nullopt;
}

std::optional<found_name> name_table::find(std::string_view name) const noexcept {
  return probe(name, [](name_state state) { return state == name_state::live; });
}

std::optional<found_name> name_table::find_any(std::string_view name) const noexcept {
  return probe(name, [](name_state state) {
    return state == name_state::live || state == name_state::building;
  });
}

std::uint64_t name_table::build(std::uint32_t slot, std::string_view name,
                                entry_record const& record) noexcept {
  auto& place = map_->name_words()[slot];
  // First the word, so that a reader of the old entry notices, then the entry.
  auto const generation = name_generation_of(place.load(std::memory_order_relaxed)) + 1;  // admin lock
  auto const made = make_name_word(hash(name), generation, name_state::building);
  place.store(made, std::memory_order_relaxed);  // ordered by the fence below
  // Whoever reads one of the words below sees the word above; pairs with the fence in read() (I2).
  std::atomic_thread_fence(std::memory_order_release);
  store_words(map_->entries()[slot].words.data(), &record, sizeof(record));
  return made;
}

void name_table::become(std::uint32_t slot, std::uint64_t word, name_state state) noexcept {
  auto const next = make_name_word(hash_of(word), name_generation_of(word), state);
  // R1 -> A1 (I1), R2 -> A1. seq_cst: an eraser that then looks for holders, and a holder that sets
  // its bit and then looks at this word, must not both miss the other (attachment.hpp I2).
  map_->name_words()[slot].store(next, std::memory_order_seq_cst);
}

void name_table::tidy(std::uint32_t slot) noexcept {
  auto const next = (slot + 1) & (map_->layout().name_slots - 1);
  if (state_of(word(next)) != name_state::empty) return;  // I3
  // The generation stays: it tells the lives of this slot apart.
  become(slot, make_name_word(0, name_generation_of(word(slot)), name_state::empty), name_state::empty);
}

}  // namespace stoa
