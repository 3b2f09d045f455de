// spoiled_tables.hpp: damages of everything outside the structures.
#pragma once
#include <stoa/name_table.hpp>
#include <vector>

#include "spoiled.hpp"

namespace stoa::testing {

template <class Change>
auto change_record(Change change) {
  return [=](std::byte*, segment const& in) {
    auto const& map = in.attachment().map();
    auto found = name_table{map}.find("other").value();
    change(found.record, in);
    store_words(map.entries()[found.slot].words.data(), &found.record, sizeof(found.record));
  };
}
// To the next empty slot but one: look-ups end before it.
inline void move_away(std::byte*, segment const& in) {
  auto const& map = in.attachment().map();
  auto const found = name_table{map}.find("other").value();
  auto const to = (found.slot + 8) % map.layout().name_slots;
  map.name_words()[to].store(found.word);
  store_words(map.entries()[to].words.data(), &found.record, sizeof(found.record));
  map.name_words()[found.slot].store(0);
}
inline void double_name(std::byte*, segment const& in) {
  auto const& map = in.attachment().map();
  auto const found = name_table{map}.find("other").value();
  auto const to = (found.slot + 1) % map.layout().name_slots;
  map.name_words()[to].store(found.word);
  store_words(map.entries()[to].words.data(), &found.record, sizeof(found.record));
}

inline std::vector<spoiled> spoiled_tables() {
  auto const lane_word = [](std::size_t offset, std::uint64_t value) {
    return [=](std::byte* base, segment const& in) {
      at<atomic_u64>(base, in.attachment().map().layout().lanes_offset + offset).store(value);
    };
  };
  auto const header = [](std::size_t offset, std::uint64_t value) { return set_word(offset, value); };
  return {
      {"bump before the extents", "bump", header(offsetof(segment_header, bump), 128)},
      {"bump before the end of an extent", "extent_bytes",
       [](std::byte* base, segment const& in) {
         at<segment_header>(base).bump.store(in.attachment().map().layout().extents_offset);
       }},
      {"more lanes used than there are", "lanes_used", header(offsetof(segment_header, lanes_used), 99)},
      {"bytes behind the header", "rest of the header's page", set_byte(3000)},
      {"another checksum", "header", set_byte(offsetof(segment_header, checksum))},
      {"a participant's unused bytes", "participant 1, unused",
       [](std::byte*, segment const& in) { in.attachment().map().participant(1).unused[5] = std::byte{1}; }},
      {"a generation of more than 48 bits", "participant 2, generation",
       [](std::byte*, segment const& in) { in.attachment().map().participant(2).generation.store(~0ull); }},
      {"a generation of 0 in a place that is held", "participant 0, generation",
       [](std::byte*, segment const& in) { in.attachment().map().participant(0).generation.store(0); }},
      {"a command without an end", "participant 1, name",
       [](std::byte*, segment const& in) { in.attachment().map().participant(1).name[3].store(~0ull); }},
      {"bits behind those of a row", "attachments of participant 1",
       [](std::byte*, segment const& in) {
         auto const row = in.attachment().map().attachment_row(1);
         row.data()[row.size()].store(1);
       }},
      {"a lane of who was never here", "lane 0, owner", lane_word(offsetof(lane, owner), nobody_ever)},
      {"a lane's unused bytes", "lane 0, unused", lane_word(offsetof(lane, unused), 1)},
      {"a lane's unused bytes behind the intent", "lane 0, unused", lane_word(offsetof(lane, intent) + 24, 1)},
      {"an operation that does not exist", "lane 0, lease",
       lane_word(offsetof(lane, leases), make_what(make_lane_tag(1, 1), static_cast<lane_op>(9)))},
      {"a name for no ticket", "lane 0, lease",
       lane_word(offsetof(lane, leases), make_what(make_lane_tag(1, 1), lane_op::push, 0))},
      {"a name without an operation", "lane 0, intent", lane_word(offsetof(lane, intent), 1 << 4)},
      {"a name of an entry that cannot be", "lane 0, lease",
       lane_word(offsetof(lane, leases), make_what(make_lane_tag(0xFFFFF, 1), lane_op::push))},
      {"an intent in a lane that is free", "lane 0, intent",
       [](std::byte*, segment const& in) {
         auto& first = in.attachment().map().lanes()[0];
         first.owner.store(0);
         first.intent.what.store(make_what(make_lane_tag(1, 1), lane_op::push));
       }, false},
      {"a lane that nobody ever took", "lane 3, which nobody ever took",
       [](std::byte*, segment const& in) { in.attachment().map().lanes()[3].leases[2].ticket.store(1); }},
      {"an empty slot with a hash", "name word",
       [](std::byte*, segment const& in) {
         for (auto& word : in.attachment().map().name_words())
           if (word.load() == 0) return word.store(make_name_word(7, 1, name_state::empty));
       }},
      {"more live names than there may be", "name words",
       [](std::byte*, segment const& in) {
         auto const& map = in.attachment().map();
         auto more = map.limits().max_entries - 1;  // there are two
         for (auto& word : map.name_words())
           if (word.load() == 0 && more > 0) word.store(make_name_word(more--, 1, name_state::live));
       }},
      {"another name", "'othex', name", change_record([](entry_record& of, segment const&) { of.name[4] = 'x'; })},
      {"a name that is not padded", "'other', name",
       change_record([](entry_record& of, segment const&) { of.name[9] = 'x'; })},
      {"a kind that is not padded", "'other', kind",
       change_record([](entry_record& of, segment const&) { of.kind[9] = 'x'; })},
      {"an extent outside", "'other', record",
       change_record([](entry_record& of, segment const&) { of.extent_offset = ~0ull & ~127ull; })},
      {"an extent of odd size", "'other', extent_bytes",
       change_record([](entry_record& of, segment const&) { of.extent_bytes += 8; })},
      {"the extent of another", "extent",
       change_record([](entry_record& of, segment const& in) {
         of.extent_offset = name_table{in.attachment().map()}.find("one")->record.extent_offset;
       })},
      {"a descriptor elsewhere", "'other', descriptor_offset",
       change_record([](entry_record& of, segment const&) { of.descriptor_offset -= 8; })},
      {"another descriptor", "'other', descriptor",
       change_record([](entry_record& of, segment const&) { of.descriptor_hash ^= 1; })},
      {"an alignment that is none", "'other', element",
       change_record([](entry_record& of, segment const&) { of.element_align = 3; })},
      {"unused bytes of an entry", "'other', unused",
       change_record([](entry_record& of, segment const&) { of.unused[50] = std::byte{1}; })},
      {"bytes behind the descriptor", "'other', extent",
       [](std::byte* base, segment const& in) {
         auto const record = name_table{in.attachment().map()}.find("other")->record;
         base[record.extent_offset + record.extent_bytes - 1] = std::byte{1};
       }},
      {"a name that no look-up comes to", "'other', name", &move_away},
      {"a name twice", "'other', name", &double_name},
  };
}

}  // namespace stoa::testing
