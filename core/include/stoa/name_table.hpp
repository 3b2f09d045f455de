// stoa/name_table.hpp: which name means which entry. Look-ups take no lock.
//
// Open addressing over name words {hash, generation, state}; the entry of slot i is entries()[i].
// Writers hold the admin lock; a reader that meets one sees the word before or after.
//
//   empty --publish--> building --R1--> live --erase: R2--> retired --publish--> building ...
//
// I1 publish  the entry and the structure behind it are whole before the word says live   R1 -> A1
// I2 stable   an entry's words change only while no live participant holds the slot, and the
//             generation advances with them: a reader that finds the same word before and after
//             has read one entry                                                          R3 -> A2
// I3 probing  a slot is made empty again only when the next one is empty: no probe for a live name
//             comes past it
#pragma once
#include <optional>
#include <stoa/segment_map.hpp>
#include <string_view>

namespace stoa {

struct found_name {
  std::uint32_t slot = 0;
  std::uint64_t word = 0;
  entry_record record{};
};

class name_table {
 public:
  explicit name_table(segment_map const& map) noexcept : map_{&map} {}

  static std::uint32_t hash(std::string_view name) noexcept;

  std::uint64_t word(std::uint32_t slot) const noexcept {
    return map_->name_words()[slot].load(std::memory_order_acquire);  // A1 <- R1, R2; A2 <- R3
  }
  // The entry of `slot` if its life is still the one that `word` tells, whatever its state is by now.
  std::optional<entry_record> read(std::uint32_t slot, std::uint64_t word) const noexcept;

  // A live entry of that name. Wait-free: at most one probe per slot.
  std::optional<found_name> find(std::string_view name) const noexcept;
  // Also one that is being built.
  std::optional<found_name> find_any(std::string_view name) const noexcept;
  // The first slot on the name's probe path that nobody uses, as `is_used` says. Admin lock.
  template <class IsUsed>
  std::optional<std::uint32_t> free_slot(std::string_view name, IsUsed is_used) const noexcept {
    auto const mask = map_->layout().name_slots - 1;
    for (std::uint32_t i = 0; i <= mask; ++i) {
      auto const slot = (hash(name) + i) & mask;
      if (state_of(word(slot)) == name_state::empty || !is_used(slot)) return slot;
    }
    return std::nullopt;
  }

  // Under the admin lock, slot unused: fills the entry and makes it `building`. Returns its word.
  std::uint64_t build(std::uint32_t slot, std::string_view name, entry_record const& record) noexcept;
  // building -> live or retired; live -> retired. By the one who built, or under the admin lock.
  void become(std::uint32_t slot, std::uint64_t word, name_state state) noexcept;
  // Under the admin lock, slot unused: makes it empty where that shortens probing and breaks none.
  void tidy(std::uint32_t slot) noexcept;

 private:
  template <class Accept>
  std::optional<found_name> probe(std::string_view name, Accept accept) const noexcept;

  segment_map const* map_;
};

}  // namespace stoa
