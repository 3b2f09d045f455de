#include "patch.hpp"

#include <array>
#include <cstring>
#include <stoa/lanes.hpp>
#include <string_view>

#include "header_check.hpp"

namespace stoa::fuzz {
namespace {

using testing::range;
using testing::specimen;

// Which part, by the low bits of step::what; half of all patches go to the structure.
constexpr std::array<std::string_view, 16> parts{"header",     "header", "participants", "attachments",
                                                 "lanes",      "lanes",  "name words",   "entry",
                                                 "structure",  "structure", "structure", "structure",
                                                 "structure",  "structure", "structure", "structure"};
std::string_view part_of(step const& what) noexcept { return parts[what.what % parts.size()]; }

range const* find_range(step const& what, specimen const& whole) noexcept {
  std::size_t count = 0;
  for (auto const& each : whole.ranges) count += each.part == part_of(what);
  if (count == 0) return nullptr;
  auto skip = (what.what / parts.size()) % count;
  for (auto const& each : whole.ranges)
    if (each.part == part_of(what) && skip-- == 0) return &each;
  return nullptr;
}

template <class Word>
Word load(std::byte const* from) noexcept {
  Word out;
  std::memcpy(&out, from, sizeof(out));
  return out;
}

// A name as lanes have it, of the entry whose name word `value` chooses.
std::uint64_t lane_name_of(std::uint64_t value, specimen const& whole, std::byte const* base) noexcept {
  for (auto const& each : whole.ranges)
    if (each.part == "name words")
      for (auto slot = each.begin; slot < each.end; slot += sizeof(std::uint64_t)) {
        auto const word = load<std::uint64_t>(base + slot);
        if (state_of(word) != name_state::live) continue;
        auto const tag = make_lane_tag(static_cast<std::uint32_t>((slot - each.begin) / sizeof(std::uint64_t)),
                                       name_generation_of(word));
        return make_what(tag, static_cast<lane_op>(value % 16), static_cast<std::uint32_t>(value >> 8 & 0xFFFF));
      }
  return value;
}

std::uint64_t value_of(step const& what, std::uint64_t now, range const& where, specimen const& whole,
                       std::byte const* base) noexcept {
  switch (what.how % 8) {
    case 3: return now + static_cast<std::uint64_t>(static_cast<std::int16_t>(what.value));
    case 4: return now ^ std::uint64_t{1} << what.value % 64;
    case 5: return load<std::uint64_t>(base + where.begin + what.value % ((where.end - where.begin) / 8) * 8);
    case 6: return make_participant_id(what.value % 8, static_cast<std::uint32_t>(what.value >> 8 & 3));
    case 7: return lane_name_of(what.value, whole, base);
    default: return what.value;
  }
}

}  // namespace

void patched::undo() const noexcept {
  if (at != nullptr) std::memcpy(at, &before, bytes);
}

bool is_of_entry(step const& what) noexcept {
  return part_of(what) == "entry" || part_of(what) == "name words";
}

patched apply_patch(step const& what, specimen const& whole, std::byte* base) noexcept {
  auto const* const where = find_range(what, whole);
  if (where == nullptr) return {};
  patched out;
  out.bytes = what.how % 8 == 0 ? 1 : what.how % 8 == 1 ? 4 : 8;
  auto const units = (where->end - where->begin) / out.bytes;
  out.at = base + where->begin + what.at % units * out.bytes;
  std::memcpy(&out.before, out.at, out.bytes);
  auto const with = value_of(what, out.before, *where, whole, base);
  std::memcpy(out.at, &with, out.bytes);
  if (what.what % parts.size() == 0) {  // the checksum is made right
    auto& header = *reinterpret_cast<segment_header*>(base);
    header.checksum = header_checksum(header);
  }
  return out;
}

}  // namespace stoa::fuzz
