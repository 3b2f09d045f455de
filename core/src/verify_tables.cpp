// The tables of a segment, and what its entries say: everything but what is in the structures.
#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <stoa/base/words.hpp>
#include <stoa/kinds.hpp>

#include "entries.hpp"
#include "hash.hpp"
#include "header_check.hpp"
#include "segment_file.hpp"
#include "table_check.hpp"

namespace stoa {
namespace {

template <std::size_t N>
std::string_view bounded(std::array<char, N> const& text) noexcept {
  return {text.data(), ::strnlen(text.data(), text.size())};
}

template <std::size_t N>
bool is_zero_padded(std::array<char, N> const& text) noexcept {
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(bounded(text).size()), text.end(),
                     [](char each) { return each == '\0'; });
}

}  // namespace

void attachment::table_check::run() {
  is_long_enough();
  page();
  participants();
  attachments();
  lanes();
  name_words();
}

// --- header ---

bool attachment::table_check::is_long_enough() {
  auto const found = read_header(*owner_->file_);
  if (found) return true;
  look_.damage("header", map_.base(), "what was there when the segment was opened", found.error().message());
  return found.error().code() != errc::truncated;
}

void attachment::table_check::page() {
  auto const& header = map_.header();
  auto const& layout = map_.layout();
  auto const bump = current(header.bump);
  if (bump < layout.extents_offset || bump > layout.total_bytes || !is_aligned(bump, pad_bytes))
    look_.damage("bump", &header.bump,
                 fmt::format("a multiple of {} from {:#x} to {:#x}", pad_bytes, layout.extents_offset,
                             layout.total_bytes),
                 fmt::format("{:#x}", bump));
  auto const used = current(header.lanes_used);
  if (used > map_.limits().max_lanes)
    look_.damage("lanes_used", &header.lanes_used, fmt::format("at most {}", map_.limits().max_lanes),
                 fmt::format("{}", used));
  auto const behind = offsetof(segment_header, lanes_used) + sizeof(header.lanes_used);
  look_.zeros("rest of the header's page", map_.base() + behind, page_bytes - behind);
}

// --- participants and what they have attached ---

void attachment::table_check::participants() {
  for (std::uint32_t place = 0; place < map_.limits().max_participants; ++place) {
    auto const& record = map_.participant(place);
    auto const field = fmt::format("participant {}", place);
    auto const pid = current(record.pid);
    auto const generation = current(record.generation);
    if (generation >> 48 != 0)
      look_.damage(field + ", generation", &record.generation, "less than 2^48", fmt::format("{:#x}", generation));
    if (record.name.back().load(std::memory_order_relaxed) >> 56 != 0)
      look_.damage(field + ", name", &record.name, "zero as the last byte", "another");
    look_.zeros(field + ", unused", &record.unused, sizeof(record.unused));
    bool const is_held = owner_->is_place_held(place);
    if (is_held && generation == 0 && current(record.generation) == 0)
      look_.damage(field + ", generation", &record.generation, "1 or more, as the place is held", "0");
    if (pid == 0 || is_held || current(record.generation) != generation ||
        current(record.pid) != pid)
      continue;
    std::uint64_t held = 0;
    for (auto const& bits : map_.attachment_row(place))
      held += static_cast<std::uint64_t>(std::popcount(bits.load(std::memory_order_relaxed)));
    look_.note(field, &record,
               fmt::format("process {} was killed, entries it had attached: {}; its place is for the next who comes",
                           pid, held));
  }
}

void attachment::table_check::attachments() {
  auto const bytes = map_.layout().attachment_row_bytes();
  for (std::uint32_t place = 0; place < map_.limits().max_participants; ++place) {
    auto const row = map_.attachment_row(place);
    look_.zeros(fmt::format("attachments of participant {}", place), row.data() + row.size(), bytes - row.size_bytes());
  }
}

// --- lanes ---

void attachment::table_check::lanes() {
  auto const lanes = map_.lanes();
  for (std::uint64_t i = 0; i < lanes.size(); ++i) {
    auto& each = lanes[i];
    auto const field = fmt::format("lane {}", i);
    auto const owner = current(each.owner);
    // Counted before it is taken, so what is read after the owner is more.
    auto const used = current(map_.header().lanes_used);
    if (i >= used) {
      look_.zeros(field + ", which nobody ever took", &each, sizeof(each));
      continue;
    }
    if (owner != 0 && owner != abandoned_owner && !look_.was_ever(owner))
      look_.damage(field + ", owner", &each.owner, "a participant that was ever here", fmt::format("{:#x}", owner));
    look_.zeros(field + ", unused", &each.unused, sizeof(each.unused));
    look_.zeros(field + ", unused", &each.intent + 1,
                offsetof(lane, leases) - offsetof(lane, intent) - sizeof(lane_name));
    lane_names(each, i, owner == 0);
  }
}

void attachment::table_check::lane_names(lane& of, std::uint64_t number, bool is_free) {
  for_each_name(of, [&](lane_name& name) {
    auto const what = current(name.what);
    if (what == 0) return;
    bool const is_intent = &name == &of.intent;
    auto const field = fmt::format("lane {}, {}", number, is_intent ? "intent" : "lease");
    auto const op = static_cast<unsigned>(op_of(what));
    if (op == 0 || op > static_cast<unsigned>(lane_op::lock) || slot_of(what) >= map_.layout().name_slots ||
        what >> 40 == 0)
      return look_.damage(field, &name, "nothing, or an operation on tickets of an entry", fmt::format("{:#x}", what));
    // While others come and go a lane may be taken, used and free again between two looks at it.
    if (is_free && look_.is_still() && (is_intent || op_of(what) != lane_op::returned))
      look_.damage(field, &name, "nothing that would have to be settled, in a lane that is free",
                   fmt::format("{:#x}", what));
  });
}

// --- names ---

void attachment::table_check::name_words() {
  entries_.clear();
  std::uint64_t in_use = 0;
  for (std::uint32_t slot = 0; slot < map_.layout().name_slots; ++slot) {
    name_word(slot);
    in_use += state_of(table_.word(slot)) == name_state::live;
  }
  if (look_.is_still() && in_use > map_.limits().max_entries)
    look_.damage("name words", map_.name_words().data(), fmt::format("at most {} live ones", map_.limits().max_entries),
                 fmt::format("{}", in_use));
  pairs(entries_);
}

void attachment::table_check::name_word(std::uint32_t slot) {
  auto const word = table_.word(slot);
  auto const* const where = &map_.name_words()[slot];
  auto const field = fmt::format("name word {}", slot);
  switch (state_of(word)) {
    case name_state::empty:
      if (hash_of(word) != 0)
        look_.damage(field, where, "no hash, as it is empty", fmt::format("{:#x}", hash_of(word)));
      return;
    case name_state::retired: return;
    case name_state::building:
      if (!owner_->is_being_built(slot) && table_.word(slot) == word)
        look_.note(field, where, "who was publishing there died: name and bytes are for the next");
      return;
    case name_state::live: break;
  }
  auto const copy = table_.read(slot, word);
  if (!copy) return;
  live_entry entry{word, {*copy, slot, name_generation_of(word), {}}};
  if (auto const view = owner_->checked_view(slot, word, *copy)) {
    entry.view = *view;
    record(entry);
    bytes(entry);
    probe(entry);
    entries_.push_back(entry);
  } else {
    blame(entry, "record", 0, "one that agrees with the segment", view.error().message());
  }
}

void attachment::table_check::blame(live_entry const& entry, std::string_view field, std::size_t offset,
                                    std::string expected, std::string found) {
  auto const slot = entry.view.slot;
  look_.damage(fmt::format("entry {} '{}', {}", slot, bounded(entry.view.record.name), field),
               reinterpret_cast<std::byte const*>(&map_.entries()[slot]) + offset, std::move(expected),
               std::move(found));
}

void attachment::table_check::record(live_entry const& entry) {
  auto const& said = entry.view.record;
  auto const name = bounded(said.name);
  if (name.empty() || !is_zero_padded(said.name))
    blame(entry, "name", 0, "1 to 63 bytes, padded with zeros", fmt::format("{} bytes", name.size()));
  if (name_table::hash(name) != hash_of(entry.word))
    blame(entry, "name", 0, fmt::format("one with the hash {:#x}", hash_of(entry.word)),
          fmt::format("one with the hash {:#x}", name_table::hash(name)));
  if (bounded(said.kind).empty() || !is_zero_padded(said.kind))
    blame(entry, "kind", offsetof(entry_record, kind), "a name, padded with zeros", std::string{bounded(said.kind)});
  if (!is_aligned(said.extent_bytes, pad_bytes))
    blame(entry, "extent_bytes", offsetof(entry_record, extent_bytes), fmt::format("a multiple of {}", pad_bytes),
          fmt::format("{}", said.extent_bytes));
  // After the word, which comes after bump.
  auto const bump = current(map_.header().bump);
  if (auto const end = said.extent_offset + said.extent_bytes; end > bump)
    blame(entry, "extent_bytes", offsetof(entry_record, extent_bytes), fmt::format("an extent up to bump, {:#x}", bump),
          fmt::format("one up to {:#x}", end));
  if (said.descriptor_offset != align_up(said.body_bytes, word_bytes))
    blame(entry, "descriptor_offset", offsetof(entry_record, descriptor_offset),
          fmt::format("{}", align_up(said.body_bytes, word_bytes)), fmt::format("{}", said.descriptor_offset));
  if (said.element_bytes == 0 || !std::has_single_bit(said.element_align) || said.element_align > pad_bytes)
    blame(entry, "element", offsetof(entry_record, element_align), "one with bytes and an alignment",
          fmt::format("{} bytes aligned to {}", said.element_bytes, said.element_align));
  auto const unused = std::ranges::find_if(said.unused, [](std::byte each) { return each != std::byte{0}; });
  if (unused != said.unused.end())
    blame(entry, "unused", offsetof(entry_record, unused), "zero bytes",
          fmt::format("{:#04x}", std::to_integer<int>(*unused)));
}

// The descriptor, and what pads the extent.
void attachment::table_check::bytes(live_entry const& entry) {
  auto const& said = entry.view.record;
  auto const* const begin = map_.base() + said.extent_offset;
  auto const* const text = begin + said.descriptor_offset;
  auto const hash = format_hash(std::span{text, said.descriptor_bytes});
  auto const text_end = said.descriptor_offset + said.descriptor_bytes;
  auto const is_zero = [&](std::uint64_t from, std::uint64_t to) {
    return from >= to || std::all_of(begin + from, begin + to, [](std::byte each) { return each == std::byte{0}; });
  };
  bool const is_padded = is_zero(said.body_bytes, said.descriptor_offset) && is_zero(text_end, said.extent_bytes);
  if (!is_still_live(entry)) return;  // the bytes may be another's by now
  if (hash != said.descriptor_hash)
    blame(entry, "descriptor", offsetof(entry_record, descriptor_hash),
          fmt::format("a text with the hash {:#x}", said.descriptor_hash), fmt::format("one with {:#x}", hash));
  if (!is_padded)
    blame(entry, "extent", offsetof(entry_record, extent_bytes), "zero bytes around the descriptor", "others");
}

// Whether a look-up would come to it (name_table.hpp I3).
void attachment::table_check::probe(live_entry const& entry) {
  auto const mask = map_.layout().name_slots - 1;
  for (auto slot = hash_of(entry.word) & mask; slot != entry.view.slot; slot = (slot + 1) & mask) {
    if (state_of(table_.word(slot)) != name_state::empty) continue;
    if (is_still_live(entry))
      blame(entry, "name", 0, fmt::format("no empty slot between {} and here", hash_of(entry.word) & mask),
            fmt::format("slot {} empty: nobody finds it", slot));
    return;
  }
}

void attachment::table_check::pairs(std::vector<live_entry> entries) {
  auto const compare = [&](auto order, auto collide, char const* field, std::size_t offset, char const* expected) {
    std::ranges::sort(entries, order);
    for (std::size_t i = 1; i < entries.size(); ++i) {
      auto const& one = entries[i - 1];
      auto const& other = entries[i];
      if (!collide(one.view.record, other.view.record) || !is_still_live(one) || !is_still_live(other)) continue;
      blame(other, field, offset, expected, fmt::format("those of '{}' in slot {}", one.view.name(), one.view.slot));
    }
  };
  compare([](auto const& a, auto const& b) { return a.view.name() < b.view.name(); },
          [](auto const& a, auto const& b) { return a.name == b.name; }, "name", 0, "a name of its own");
  compare([](auto const& a, auto const& b) { return a.view.record.extent_offset < b.view.record.extent_offset; },
          [](auto const& a, auto const& b) { return a.extent_offset + a.extent_bytes > b.extent_offset; }, "extent",
          offsetof(entry_record, extent_offset), "bytes of its own");
}

}  // namespace stoa
