// The entries of a segment: hold, attach, erase, and what is free.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stoa/attachment.hpp>
#include <stoa/extents.hpp>
#include <stoa/name_table.hpp>

#include "admin_guard.hpp"
#include "entries.hpp"
#include "hash.hpp"
#include "names.hpp"
#include "segment_file.hpp"

namespace stoa {

attached_entry::~attached_entry() { owner_->let_go(view_.slot); }

std::string attached_entry::where() const {
  return fmt::format("segment '{}', {} '{}'", owner_->name(), view_.kind(), view_.name());
}

void attachment::hold(std::uint32_t slot) noexcept {
  std::scoped_lock const guard{holds_mutex_};
  if (holds_[slot]++ != 0) return;
  ++holds_taken_;
  auto& word = map_.attachment_row(place_of(self_))[slot / 64];
  auto const bits = word.load(std::memory_order_relaxed);  // this process writes its own row only
  // seq_cst: set before the entry's word is looked at again (I2); partner name_table.cpp become().
  word.store(bits | std::uint64_t{1} << (slot % 64), std::memory_order_seq_cst);
}

void attachment::let_go(std::uint32_t slot) noexcept {
  if (is_read_only() || was_inherited()) return;
  std::scoped_lock const guard{holds_mutex_};
  if (--holds_[slot] != 0) return;
  auto& word = map_.attachment_row(place_of(self_))[slot / 64];
  auto const bits = word.load(std::memory_order_relaxed);  // own row
  // R4 -> A4: what this process did to the bytes comes before they are handed out again.
  word.store(bits & ~(std::uint64_t{1} << (slot % 64)), std::memory_order_release);
}

std::vector<std::uint64_t> attachment::held_slots() const {
  // The bits below must not be older than any retirement that this process knows of (I2).
  std::atomic_thread_fence(std::memory_order_seq_cst);
  std::vector<std::uint64_t> held(map_.layout().name_slots / 64);
  std::vector<std::uint64_t> row(held.size());
  for (std::uint32_t place = 0; place < map_.limits().max_participants; ++place) {
    auto const bits = map_.attachment_row(place);
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = bits[i].load(std::memory_order_acquire);  // A4 <- R4
    if (std::ranges::all_of(row, [](auto word) { return word == 0; })) continue;
    if (!is_place_held(place)) continue;  // the bits of the dead do not count
    for (std::size_t i = 0; i < row.size(); ++i) held[i] |= row[i];
  }
  return held;
}

result<entry_view> attachment::checked_view(std::uint32_t slot, std::uint64_t word,
                                            entry_record const& record) const {
  auto const damaged = [&](char const* what) {
    return failure{errc::corrupt_segment,
                   fmt::format("segment '{}', entry in slot {}: {}", name_, slot, what)};
  };
  auto const& layout = map_.layout();
  if (record.name.back() != '\0' || record.kind.back() != '\0') return damaged("a text without end");
  if (record.extent_offset < layout.extents_offset || record.extent_offset > layout.total_bytes ||
      !is_aligned(record.extent_offset, pad_bytes))
    return damaged("its extent starts outside the segment's extents");
  if (record.extent_bytes > layout.total_bytes - record.extent_offset)
    return damaged("its extent ends outside the segment");
  if (record.body_bytes > record.extent_bytes) return damaged("its body is larger than its extent");
  if (record.descriptor_bytes > longest_descriptor || record.descriptor_offset > record.extent_bytes ||
      record.descriptor_bytes > record.extent_bytes - record.descriptor_offset)
    return damaged("its type descriptor lies outside its extent");
  return entry_view{record, slot, name_generation_of(word),
                    {map_.base() + record.extent_offset, record.body_bytes}};
}

std::string attachment::descriptor(entry_view const& entry) const {
  auto const* text = map_.base() + entry.record.extent_offset + entry.record.descriptor_offset;
  std::string copy(entry.record.descriptor_bytes, '\0');
  std::memcpy(copy.data(), text, copy.size());
  // Not held: another structure may have the bytes by now.
  if (format_hash(copy) != entry.record.descriptor_hash) return fmt::format("?{}", entry.record.element_bytes);
  return copy;
}

result<void> attachment::matches(entry_view const& entry, structure_identity const& what) const {
  auto const mismatch = [&](errc code, std::string const& expected, std::string const& found) {
    return failure{code, fmt::format("segment '{}', '{}': expected {}, found {}", name_, entry.name(),
                                     expected, found)};
  };
  auto const& record = entry.record;
  auto const described = [](std::string_view kind, std::string_view type, std::uint64_t bytes,
                            std::uint32_t align) {
    return fmt::format("{} of {} ({} bytes, aligned to {})", kind, type, bytes, align);
  };
  auto const expected = [&] {
    return described(what.kind, what.type->text, what.type->element_bytes, what.type->element_align);
  };
  auto const found = [&] {
    return described(entry.kind(), descriptor(entry), record.element_bytes, record.element_align);
  };
  if (entry.kind() != what.kind) return mismatch(errc::kind_mismatch, expected(), found());
  if (record.layout != what.layout)
    return mismatch(errc::layout_mismatch, fmt::format("layout {} of {}", what.layout, expected()),
                    fmt::format("layout {} of {}", record.layout, found()));
  if (record.descriptor_hash != what.type->hash || record.element_bytes != what.type->element_bytes ||
      record.element_align != what.type->element_align)
    return mismatch(errc::type_mismatch, expected(), found());
  return {};
}

result<std::shared_ptr<attached_entry>> attachment::attach(std::string_view name,
                                                           structure_identity const& what) {
  if (auto ok = usable(); !ok) return ok.error();
  if (auto ok = check_entry_name(name_, name); !ok) return ok.error();
  name_table const table{map_};
  for (;;) {
    auto const found = table.find(name);
    if (!found)
      return failure{errc::no_such_name, fmt::format("segment '{}' has no '{}'", name_, name)};
    auto view = checked_view(found->slot, found->word, found->record);
    if (!view) return view.error();
    if (auto ok = matches(*view, what); !ok) return ok.error();
    if (is_read_only()) return std::make_shared<attached_entry>(shared_from_this(), *view);
    hold(found->slot);
    held_slot held{*this, found->slot};
    // seq_cst, after hold(): either this sees the retirement or the eraser sees the bit (I2).
    if (map_.name_words()[found->slot].load(std::memory_order_seq_cst) == found->word)
      return held.become_handle(*view);
  }
}

result<bool> attachment::erase(std::string_view name) {
  if (auto ok = usable(); !ok) return ok.error();
  if (is_read_only())
    return failure{errc::read_only, fmt::format("segment '{}' is open read-only: cannot erase '{}'", name_,
                                                name)};
  if (auto ok = check_entry_name(name_, name); !ok) return ok.error();
  admin_guard const guard{admin_mutex_, *file_};
  if (!guard.is_locked()) return admin_guard::held_up(name_);
  name_table table{map_};
  auto const found = table.find(name);
  if (!found) return false;
  table.become(found->slot, found->word, name_state::retired);
  return true;
}

std::vector<entry_view> attachment::entries() const {
  std::vector<entry_view> out;
  name_table const table{map_};
  for (std::uint32_t slot = 0; slot < map_.layout().name_slots; ++slot) {
    auto const word = table.word(slot);
    if (state_of(word) != name_state::live) continue;
    auto const record = table.read(slot, word);
    if (!record) continue;
    if (auto view = checked_view(slot, word, *record)) out.push_back(*view);
  }
  return out;
}

std::uint64_t attachment::free_bytes() const {
  name_table const table{map_};
  auto const held = held_slots();
  std::vector<extent> in_use;
  for (std::uint32_t slot = 0; slot < map_.layout().name_slots; ++slot) {
    auto const word = table.word(slot);
    if (state_of(word) != name_state::live && !has_bit(held, slot)) continue;
    if (auto const record = table.read(slot, word))
      in_use.push_back({record->extent_offset, record->extent_bytes});
  }
  auto const& layout = map_.layout();
  return extent_map{{layout.extents_offset, layout.total_bytes - layout.extents_offset}, 0, in_use}
      .free_bytes();
}

}  // namespace stoa
