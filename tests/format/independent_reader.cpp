// docs/format.md, sections 4 to 11: everything outside the structures.
#include "independent_reader.hpp"

#include <algorithm>

#include "independent_bytes.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace independent {
namespace {

std::uint64_t hash64(void const* from, std::size_t size) {
  return XXH64(from, size, 0);
}

independent::header read_fields(bytes file) {
  independent::header out;
  out.total_bytes = u64(file, 24);
  out.max_entries = u32(file, 32);
  out.max_participants = u32(file, 36);
  out.max_lanes = u32(file, 40);
  out.name_slots = u32(file, 44);
  out.participants_offset = u64(file, 48);
  out.attachments_offset = u64(file, 56);
  out.lanes_offset = u64(file, 64);
  out.name_words_offset = u64(file, 72);
  out.entries_offset = u64(file, 80);
  out.extents_offset = u64(file, 88);
  out.lifetime = u32(file, 96);
  out.bump = u64(file, 128);
  out.lanes_used = u64(file, 136);
  return out;
}

// Section 5.
void require_layout(independent::header const& found) {
  require(found.max_entries >= 1 && found.max_entries <= 1u << 19, "max_entries");
  require(found.max_participants >= 1 && found.max_participants <= 1u << 12, "max_participants");
  require(found.max_lanes >= 1 && found.max_lanes <= 1u << 16, "max_lanes");
  std::uint64_t slots = 1;
  while (slots < std::max<std::uint64_t>(64, found.max_entries / 3 * 4 + 2)) slots *= 2;
  require(found.name_slots == slots, "name_slots");
  auto const row = align(slots / 8, 128);
  require(found.participants_offset == 4096, "participants_offset");
  auto at = found.participants_offset + align(found.max_participants * std::uint64_t{128}, 128);
  require(found.attachments_offset == at, "attachments_offset");
  at += align(found.max_participants * row, 128);
  require(found.lanes_offset == at, "lanes_offset");
  at += align(found.max_lanes * std::uint64_t{256}, 128);
  require(found.name_words_offset == at, "name_words_offset");
  at += align(slots * 8, 128);
  require(found.entries_offset == at, "entries_offset");
  at = align(at + slots * 256, 4096);
  require(found.extents_offset == at, "extents_offset");
  require(found.total_bytes >= at, "total_bytes");
  require((found.total_bytes - at) % 4096 == 0, "extent bytes");
}

participant read_participant(bytes file, independent::header const& where, std::uint32_t place,
                             std::uint64_t row_bytes) {
  auto const record = part(file, where.participants_offset + place * 128ull, 128);
  participant out;
  out.place = place;
  out.id = u64(record, 0) << 16 | (place + 1);
  out.pid = u64(record, 8);
  out.start_time = u64(record, 16);
  out.command = text(part(record, 32, 32));
  auto const row = part(file, where.attachments_offset + place * row_bytes, row_bytes);
  for (std::uint32_t slot = 0; slot < where.name_slots; ++slot)
    if ((u64(row, slot / 64 * 8) >> (slot % 64) & 1) != 0) out.slots.push_back(slot);
  return out;
}

lane read_lane(bytes record) {
  lane out;
  out.owner = u64(record, 0);
  for (unsigned i = 0; i < 9; ++i) {
    auto const at = i == 0 ? 16u : 128 + (i - 1) * 16;
    auto const what = u64(record, at);
    if ((what & 0xF) == 0) continue;
    out.names.push_back({i == 0, static_cast<unsigned>(what & 0xF),
                         static_cast<std::uint32_t>(what >> 4 & 0xFFFFF),
                         static_cast<std::uint32_t>(what >> 24 & 0xFFFF),
                         static_cast<std::uint32_t>(what >> 40), u64(record, at + 8)});
  }
  return out;
}

}  // namespace

segment::segment(bytes file) : file_{file} {
  require(file.size() >= 256, "no room for a header");
  require(text(part(file, 0, 8)) == "stoaseg", "magic");
  require(u32(file, 12) == 0x01020304, "byte order");
  require(u32(file, 8) == 1, "version");
  require(u64(file, 120) == hash64(file.data(), 120), "checksum");
  require(u32(file, 16) == 256 && u32(file, 20) == 0, "header_bytes or features");
  header_ = read_fields(file);
  require_layout(header_);
  require(file.size() >= header_.total_bytes, "the file is truncated");
}

std::uint64_t segment::row_bytes() const noexcept {
  return align(header_.name_slots / 8, 128);
}

std::vector<participant> segment::participants() const {
  std::vector<participant> out;
  for (std::uint32_t place = 0; place < header_.max_participants; ++place) {
    auto found = read_participant(file_, header_, place, row_bytes());
    if (found.id >> 16 != 0) out.push_back(std::move(found));
  }
  return out;
}

std::vector<lane> segment::lanes() const {
  std::vector<lane> out;
  auto const used = std::min<std::uint64_t>(header_.lanes_used, header_.max_lanes);
  for (std::uint64_t i = 0; i < used; ++i)
    out.push_back(read_lane(part(file_, header_.lanes_offset + i * 256, 256)));
  return out;
}

std::uint64_t segment::name_word(std::uint32_t slot) const {
  return u64(file_, header_.name_words_offset + slot * 8ull);
}

// Section 10, "Validate".
entry segment::read_entry(std::uint32_t slot, std::uint64_t word) const {
  auto const record = part(file_, header_.entries_offset + slot * 256ull, 256);
  require(record[63] == std::byte{0} && record[79] == std::byte{0}, "a text without end");
  entry out;
  out.slot = slot;
  out.generation = static_cast<std::uint32_t>(word >> 2 & 0x3FFFFFFF);
  out.name = text(part(record, 0, 64));
  out.kind = text(part(record, 64, 16));
  require(u32(record, 80) == 1, "layout of the kind");
  out.element_align = u32(record, 84);
  out.element_bytes = u64(record, 88);
  auto const offset = u64(record, 96);
  require(offset % 128 == 0 && offset >= header_.extents_offset, "extent_offset");
  auto const extent =
      part(file_.first(static_cast<std::size_t>(header_.total_bytes)), offset, u64(record, 104));
  require(extent.size() % 128 == 0, "extent_bytes");
  out.body = part(extent, 0, u64(record, 112));
  require(u64(record, 120) == align(out.body.size(), 8), "descriptor_offset");
  require(u32(record, 128) <= 65536, "descriptor_bytes");
  auto const type = part(extent, u64(record, 120), u32(record, 128));
  require(hash64(type.data(), type.size()) == u64(record, 136), "descriptor_hash");
  out.type = text(type);
  return out;
}

std::vector<entry> segment::entries() const {
  std::vector<entry> out;
  for (std::uint32_t slot = 0; slot < header_.name_slots; ++slot)
    if (auto const word = name_word(slot); (word & 3) == 1) out.push_back(read_entry(slot, word));
  return out;
}

std::optional<entry> segment::find(std::string_view wanted) const {
  auto const hash = hash64(wanted.data(), wanted.size()) >> 32;
  for (std::uint32_t i = 0; i < header_.name_slots; ++i) {
    auto const slot = static_cast<std::uint32_t>(hash + i) & (header_.name_slots - 1);
    auto const word = name_word(slot);
    if ((word & 3) == 0) return std::nullopt;
    if ((word & 3) != 1 || word >> 32 != hash) continue;
    if (auto found = read_entry(slot, word); found.name == wanted) return found;
  }
  return std::nullopt;
}

}  // namespace independent
