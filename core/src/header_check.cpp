#include "header_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "hash.hpp"
#include "segment_file.hpp"

namespace stoa {
namespace {

constexpr std::size_t constant_bytes = offsetof(segment_header, checksum);

// The constant part of a segment_header, without its atomics: a copy to be looked at.
struct header_copy {
  alignas(segment_header) std::array<std::byte, sizeof(segment_header)> bytes{};

  template <class T>
  T field(std::size_t offset) const noexcept {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
  }
};

bool is_all_zero(header_copy const& header) noexcept {
  return std::ranges::all_of(header.bytes, [](std::byte b) { return b == std::byte{0}; });
}

// What follows from the limits must be what the header says.
bool agrees(header_copy const& header, segment_layout const& layout) noexcept {
  auto const says = [&](std::size_t offset, std::uint64_t value) {
    return header.field<std::uint64_t>(offset) == value;
  };
  return header.field<std::uint32_t>(offsetof(segment_header, name_slots)) == layout.name_slots &&
         says(offsetof(segment_header, participants_offset), layout.participants_offset) &&
         says(offsetof(segment_header, attachments_offset), layout.attachments_offset) &&
         says(offsetof(segment_header, lanes_offset), layout.lanes_offset) &&
         says(offsetof(segment_header, name_words_offset), layout.name_words_offset) &&
         says(offsetof(segment_header, entries_offset), layout.entries_offset) &&
         says(offsetof(segment_header, extents_offset), layout.extents_offset) &&
         says(offsetof(segment_header, total_bytes), layout.total_bytes);
}

}  // namespace

std::uint64_t header_checksum(segment_header const& header) noexcept {
  return format_hash(std::span{reinterpret_cast<std::byte const*>(&header), constant_bytes});
}

result<checked_header> read_header(segment_file const& file) {
  header_copy header;
  auto const got = file.read(header.bytes.data(), header.bytes.size(), 0);
  if (!got) return got.error();
  if (is_all_zero(header))
    return failure{errc::empty_file, fmt::format("expected a stoa segment, found {}",
                                                 *got == 0 ? "an empty file" : "zero bytes only")};
  if (header.field<std::array<char, 8>>(0) != segment_magic)
    return failure{errc::foreign_file, "expected a stoa segment, found a file that is none"};
  if (*got < header.bytes.size())
    return failure{errc::truncated, fmt::format("expected a header of {} bytes, found {} bytes",
                                                header.bytes.size(), *got)};
  if (auto const order = header.field<std::uint32_t>(offsetof(segment_header, byte_order));
      order != segment_byte_order && order == __builtin_bswap32(segment_byte_order))
    return failure{errc::wrong_byte_order, "expected a little-endian segment, found a big-endian one"};
  auto const version = header.field<std::uint32_t>(offsetof(segment_header, version));
  if (version != segment_version)
    return failure{errc::unsupported_version,
                   fmt::format("expected format version {}, found {}", segment_version, version)};
  auto const said = header.field<std::uint64_t>(offsetof(segment_header, checksum));
  auto const computed = format_hash(std::span{header.bytes}.first(constant_bytes));
  if (said != computed)
    return failure{errc::corrupt_segment,
                   fmt::format("expected a header with checksum {:016x}, found {:016x}", said, computed)};
  if (auto const features = header.field<std::uint32_t>(offsetof(segment_header, features)); features != 0)
    return failure{errc::unsupported_version,
                   fmt::format("expected no optional features, found {:#x}", features)};

  if (auto const lifetime = header.field<std::uint32_t>(offsetof(segment_header, lifetime)); lifetime > 1)
    return failure{errc::corrupt_segment, fmt::format("expected a lifetime of 0 or 1, found {}", lifetime)};

  checked_header out;
  auto const total = header.field<std::uint64_t>(offsetof(segment_header, total_bytes));
  auto const extents = header.field<std::uint64_t>(offsetof(segment_header, extents_offset));
  out.limits = {total - extents, header.field<std::uint32_t>(offsetof(segment_header, max_entries)),
                header.field<std::uint32_t>(offsetof(segment_header, max_participants)),
                header.field<std::uint32_t>(offsetof(segment_header, max_lanes))};
  auto const layout = segment_layout::compute(out.limits);
  if (!layout || !agrees(header, *layout))
    return failure{errc::corrupt_segment, "the header's limits and offsets contradict each other"};
  auto const bytes = file.bytes();
  if (!bytes) return bytes.error();
  if (*bytes < layout->total_bytes)
    return failure{errc::truncated, fmt::format("expected {} bytes, found {}", layout->total_bytes, *bytes)};
  out.layout = *layout;
  return out;
}

}  // namespace stoa
