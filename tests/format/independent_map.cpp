// docs/format.md, section 24: map and set.
#include <algorithm>

#include "independent_bytes.hpp"
#include "independent_structures.hpp"

namespace independent {
namespace {

constexpr std::uint64_t header_bytes = 256;
constexpr std::uint64_t slots_per_bucket = 7;
constexpr std::uint64_t most_buckets = 4;

struct buckets {
  bytes all;
  std::uint64_t homes = 0;
  std::uint64_t overflows = 0;
  std::uint64_t bucket_bytes = 0;
  std::uint64_t key_bytes = 0;
  std::uint64_t value_bytes = 0;
  std::uint64_t value_offset = 0;

  bytes at(std::uint64_t index) const { return part(all, index * bucket_bytes, bucket_bytes); }
  std::uint64_t user(std::uint64_t overflow) const {
    return u64(all, (homes + overflows) * bucket_bytes + overflow * 8);
  }
  std::uint64_t slot_bytes() const { return align(key_bytes, 8) + align(value_bytes, 8); }

  // The buckets of a home's chain.
  std::vector<bytes> chain(std::uint64_t home) const {
    std::vector<bytes> out{at(home)};
    while (out.size() < most_buckets) {
      auto const next = u64(out.back(), 8) & 0x3FFFFFF;
      if (next == 0 || next > overflows) break;
      out.push_back(at(homes + next - 1));
    }
    return out;
  }
  // { key, value } as its type describes it, of a slot of a bucket.
  blob element_in(bytes bucket, std::uint64_t slot, std::uint64_t element_bytes) const {
    blob out(static_cast<std::size_t>(element_bytes));
    auto const from = part(bucket, 16 + slot * slot_bytes(), slot_bytes());
    std::ranges::copy(part(from, 0, key_bytes), out.begin());
    std::ranges::copy(part(from, align(key_bytes, 8), value_bytes),
                      out.begin() + static_cast<std::ptrdiff_t>(value_offset));
    return out;
  }
};

buckets buckets_of(entry const& from) {
  require(from.kind == "map" || from.kind == "set", "neither map nor set");
  buckets out;
  out.homes = u64(from.body, 8);
  out.overflows = u64(from.body, 16);
  out.bucket_bytes = u64(from.body, 24);
  out.key_bytes = u64(from.body, 32);
  out.value_bytes = u64(from.body, 40);
  out.value_offset = u64(from.body, 48);
  out.all = behind(from.body, header_bytes);
  require(out.key_bytes != 0 && out.key_bytes <= out.value_offset, "map: key_bytes");
  require(out.value_offset <= from.element_bytes && out.value_bytes <= from.element_bytes - out.value_offset,
          "map: value_bytes");
  require(from.element_bytes <= from.body.size(), "map: element_bytes");
  require(out.bucket_bytes == align(16 + slots_per_bucket * out.slot_bytes(), 64), "map: bucket_bytes");
  require(out.homes >= 1 && out.homes < std::uint64_t{1} << 32, "map: homes");
  require(out.overflows < 1u << 26, "map: overflows");
  require(fit(out.homes + out.overflows, out.bucket_bytes, out.all.size()), "map: buckets do not fit");
  auto const users = behind(out.all, (out.homes + out.overflows) * out.bucket_bytes);
  require(fit(out.homes + 2 * out.overflows, 8, users.size()), "map: users and fingerprints do not fit");
  return out;
}

}  // namespace

map_state state_of_map(entry const& from) {
  auto const where = buckets_of(from);
  map_state out;
  out.capacity = u64(from.body, 0);
  out.homes = where.homes;
  out.overflows = where.overflows;
  for (std::uint64_t home = 0; home < where.homes; ++home) {
    out.overflows_chained += where.chain(home).size() - 1;
    auto const lock = u64(where.at(home), 8) >> 47;
    if (lock != 0) out.locks.push_back(static_cast<std::uint32_t>(lock - 1));
  }
  for (std::uint64_t i = 0; i < where.overflows; ++i) out.overflows_used += where.user(i) != 0;
  return out;
}

std::vector<blob> elements_of_map(entry const& from) {
  auto const where = buckets_of(from);
  std::vector<blob> out;
  for (std::uint64_t home = 0; home < where.homes; ++home) {
    auto const chain = where.chain(home);
    auto const valid = u64(chain.front(), 0) & 0xFFFFFFF;
    for (std::uint64_t i = 0; i < chain.size() * slots_per_bucket; ++i)
      if ((valid >> i & 1) != 0)
        out.push_back(where.element_in(chain[static_cast<std::size_t>(i / slots_per_bucket)],
                                       i % slots_per_bucket, from.element_bytes));
  }
  return out;
}

}  // namespace independent
