// stoa/segment_map.hpp: a mapped segment's parts by name. Non-owning; bounds were checked at open.
#pragma once
#include <cassert>
#include <cstddef>
#include <span>
#include <stoa/segment_format.hpp>

namespace stoa {

// Built from a *copy* of the header: what the bounds depend on is never read from the segment again.
class segment_map {
 public:
  segment_map(std::byte* base, segment_limits const& limits, segment_layout const& layout) noexcept
      : base_{base}, limits_{limits}, layout_{layout} {}

  segment_limits const& limits() const noexcept { return limits_; }
  segment_layout const& layout() const noexcept { return layout_; }
  std::byte* base() const noexcept { return base_; }

  segment_header& header() const noexcept { return *at<segment_header>(0); }
  participant_record& participant(std::uint32_t place) const noexcept {
    assert(place < limits_.max_participants);
    return at<participant_record>(layout_.participants_offset)[place];
  }
  std::span<atomic_u64> attachment_row(std::uint32_t place) const noexcept {
    assert(place < limits_.max_participants);
    auto const offset = layout_.attachments_offset + place * layout_.attachment_row_bytes();
    return {at<atomic_u64>(offset), layout_.name_slots / 64};
  }
  std::span<lane> lanes() const noexcept {
    return {at<lane>(layout_.lanes_offset), limits_.max_lanes};
  }
  // Those that were ever taken: others need not be looked at.
  std::span<lane> used_lanes() const noexcept {
    // A stale count is late by lanes whose first name is later still.      A1 <- lanes.cpp:R2
    auto const used = header().lanes_used.load(std::memory_order_acquire);
    return lanes().first(used < limits_.max_lanes ? used : limits_.max_lanes);
  }
  std::span<atomic_u64> name_words() const noexcept {
    return {at<atomic_u64>(layout_.name_words_offset), layout_.name_slots};
  }
  std::span<entry_words> entries() const noexcept {
    return {at<entry_words>(layout_.entries_offset), layout_.name_slots};
  }

 private:
  template <class T>
  T* at(std::uint64_t offset) const noexcept {
    return reinterpret_cast<T*>(base_ + offset);
  }
  std::byte* base_;
  segment_limits limits_;
  segment_layout layout_;
};

}  // namespace stoa
