#include <algorithm>
#include <numeric>
#include <stoa/base/layout.hpp>
#include <stoa/extents.hpp>

namespace stoa {
namespace {

// The part of `piece` inside `area`, grown to whole units of pad_bytes.
extent cut(extent piece, extent area) noexcept {
  auto const piece_end = checked_add(piece.offset, piece.bytes).value_or(area.end());
  auto const begin = std::clamp(piece.offset, area.offset, area.end());
  auto const stop = std::clamp(piece_end, begin, area.end());
  if (begin == stop) return {begin, 0};
  auto const end = std::min(align_up(stop, pad_bytes), area.end());
  auto const aligned = begin & ~(pad_bytes - 1);
  return {aligned, end - aligned};
}

std::vector<extent> merged(std::vector<extent> pieces) {
  std::sort(pieces.begin(), pieces.end(), [](auto& a, auto& b) { return a.offset < b.offset; });
  std::vector<extent> out;
  for (auto const& piece : pieces) {
    if (piece.bytes == 0) continue;
    if (!out.empty() && piece.offset <= out.back().end())
      out.back().bytes = std::max(out.back().end(), piece.end()) - out.back().offset;
    else
      out.push_back(piece);
  }
  return out;
}

}  // namespace

extent_map::extent_map(extent area, std::uint64_t bump, std::vector<extent> in_use) : area_{area} {
  for (auto& piece : in_use) piece = cut(piece, area);
  in_use_ = merged(std::move(in_use));
  // I1: a cursor behind an extent in use is wrong, however it came to be.
  bump_ = in_use_.empty() ? area.offset : in_use_.back().end();
  bump_ = std::max(bump_, std::min(align_up(std::min(bump, area.end()), pad_bytes), area.end()));
}

std::vector<extent> extent_map::gaps() const {
  std::vector<extent> out;
  auto begin = area_.offset;
  for (auto const& piece : in_use_) {
    if (piece.offset > begin) out.push_back({begin, piece.offset - begin});
    begin = piece.end();
  }
  if (area_.end() > begin) out.push_back({begin, area_.end() - begin});
  return out;
}

std::optional<chosen_extent> extent_map::choose(std::uint64_t bytes, bool gaps_first) const {
  if (bytes == 0 || bytes > area_.bytes) return std::nullopt;
  auto const wanted = align_up(bytes, pad_bytes);
  bool const fits_behind = wanted <= area_.end() - bump_;
  if (fits_behind && !gaps_first) return chosen_extent{{bump_, wanted}, true};
  for (auto const& gap : gaps())
    if (wanted <= gap.bytes && (!fits_behind || gap.offset + wanted <= bump_))
      return chosen_extent{{gap.offset, wanted}, false};
  if (fits_behind) return chosen_extent{{bump_, wanted}, true};
  return std::nullopt;
}

std::uint64_t extent_map::free_bytes() const noexcept {
  return std::accumulate(in_use_.begin(), in_use_.end(), area_.bytes,
                         [](std::uint64_t left, extent const& piece) { return left - piece.bytes; });
}

std::uint64_t extent_map::largest_free() const {
  std::uint64_t largest = 0;
  for (auto const& gap : gaps()) largest = std::max(largest, gap.bytes);
  return largest;
}

}  // namespace stoa
