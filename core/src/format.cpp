#include <bit>
#include <stoa/segment_format.hpp>

namespace stoa {

std::optional<segment_layout> segment_layout::compute(segment_limits const& limits) noexcept {
  auto const within = [](std::uint32_t value, std::uint32_t most) { return value >= 1 && value <= most; };
  if (!within(limits.max_entries, most_entries)) return std::nullopt;
  if (!within(limits.max_participants, most_participants)) return std::nullopt;
  if (!within(limits.max_lanes, most_lanes)) return std::nullopt;
  if (limits.extent_bytes > std::uint64_t{1} << 62) return std::nullopt;

  segment_layout made;
  // At least a quarter of the slots stays free, so that probing stays short. 64 slots fill a word of the bits.
  made.name_slots = std::bit_ceil(std::max<std::uint32_t>(limits.max_entries / 3 * 4 + 2, 64));
  std::uint64_t end = page_bytes;
  auto const place = [&end](std::uint64_t bytes) {
    auto const offset = end;
    end = align_up(end + bytes, pad_bytes);
    return offset;
  };
  made.participants_offset = place(limits.max_participants * sizeof(participant_record));
  made.attachments_offset = place(limits.max_participants * made.attachment_row_bytes());
  made.lanes_offset = place(limits.max_lanes * sizeof(lane));
  made.name_words_offset = place(made.name_slots * sizeof(std::uint64_t));
  made.entries_offset = place(made.name_slots * sizeof(entry_record));
  made.extents_offset = align_up(end, page_bytes);
  made.total_bytes = made.extents_offset + align_up(limits.extent_bytes, page_bytes);
  return made;
}

}  // namespace stoa
