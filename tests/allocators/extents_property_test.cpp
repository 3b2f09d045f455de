// extents against a model: an area of units, each free or used, and a cursor.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <stoa/base/layout.hpp>
#include <stoa/extents.hpp>
#include <vector>

namespace stoa {
namespace {

constexpr std::uint64_t units = 64;
constexpr extent area{3 * page_bytes, units* pad_bytes};

bool overlap(extent const& a, extent const& b) {
  return a.offset < b.end() && b.offset < a.end();
}

std::string text(extent const& piece) {
  return '[' + std::to_string(piece.offset) + ' ' + std::to_string(piece.bytes) + ']';
}

// What the units of the area look like when these extents are in use.
std::vector<bool> used_units(std::vector<extent> const& in_use) {
  std::vector<bool> used(units);
  for (auto const& piece : in_use) {
    if (piece.bytes == 0) continue;
    auto const last = piece.bytes > std::numeric_limits<std::uint64_t>::max() - piece.offset
                          ? std::numeric_limits<std::uint64_t>::max()
                          : piece.end() - 1;
    for (std::uint64_t i = 0; i < units; ++i) {
      auto const begin = area.offset + i * pad_bytes;
      if (piece.offset < begin + pad_bytes && last >= begin) used[i] = true;
    }
  }
  return used;
}

std::uint64_t longest_free_run(std::vector<bool> const& used) {
  std::uint64_t longest = 0;
  std::uint64_t run = 0;
  for (bool const each : used) longest = std::max(longest, run = each ? 0 : run + 1);
  return longest;
}

// Publishing and erasing at random, with a cursor as the segment keeps it.
RC_GTEST_PROP(extents, NeverGiveOutWhatIsInUse, ()) {
  std::vector<extent> in_use;
  auto bump = area.offset;
  auto const steps = *rc::gen::inRange(1, 200);
  for (int step = 0; step < steps; ++step) {
    if (!in_use.empty() && *rc::gen::inRange(0, 3) == 0) {
      in_use.erase(in_use.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(in_use)));
      continue;
    }
    auto const bytes = *rc::gen::inRange<std::uint64_t>(1, 12 * pad_bytes);
    extent_map const space{area, bump, in_use};
    auto const chosen = space.choose(bytes);
    auto const free_run = longest_free_run(used_units(in_use));
    RC_ASSERT(space.largest_free() == free_run * pad_bytes);
    RC_ASSERT(chosen.has_value() == (align_up(bytes, pad_bytes) <= free_run * pad_bytes));
    if (!chosen) continue;
    auto const where = chosen->where;
    RC_ASSERT(where.bytes == align_up(bytes, pad_bytes));
    RC_ASSERT(is_aligned(where.offset, pad_bytes));
    RC_ASSERT(where.offset >= area.offset && where.end() <= area.end());
    for (auto const& other : in_use) RC_ASSERT(!overlap(where, other));
    RC_ASSERT(chosen->is_fresh == (where.offset >= bump));
    if (chosen->is_fresh) bump = where.end();
    in_use.push_back(where);
    auto const total = space.free_bytes() - where.bytes;
    RC_ASSERT((extent_map{area, bump, in_use}.free_bytes() == total));
  }
}

// A list that somebody scribbled on: anything may be in it.
RC_GTEST_PROP(extents, BelieveNoHostileList, ()) {
  auto const near = rc::gen::inRange<std::uint64_t>(0, area.end() + 2 * page_bytes);
  auto const any = rc::gen::oneOf(near, rc::gen::arbitrary<std::uint64_t>(),
                                  rc::gen::just(std::numeric_limits<std::uint64_t>::max()));
  auto const in_use = *rc::gen::container<std::vector<extent>>(rc::gen::apply(
      [](std::uint64_t offset, std::uint64_t bytes) {
        return extent{offset, bytes};
      },
      any, any));
  auto const bump = *any;
  auto const bytes = *any;
  extent_map const space{area, bump, in_use};
  auto const used = used_units(in_use);
  auto const free = static_cast<std::uint64_t>(std::ranges::count(used, false));
  for (auto const& piece : in_use) RC_LOG() << text(piece) << '\n';
  RC_ASSERT(space.free_bytes() == free * pad_bytes);
  auto const chosen = space.choose(bytes);
  if (!chosen) return;
  auto const where = chosen->where;
  RC_ASSERT(where.bytes >= bytes);
  RC_ASSERT(where.offset >= area.offset && where.end() <= area.end() &&
            is_aligned(where.offset, pad_bytes));
  for (auto unit = (where.offset - area.offset) / pad_bytes;
       unit < (where.end() - area.offset) / pad_bytes; ++unit)
    RC_ASSERT(!used[unit]);
}

}  // namespace
}  // namespace stoa
