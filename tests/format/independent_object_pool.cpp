// docs/format.md, section 22: object_pool.
#include "independent_bytes.hpp"
#include "independent_structures.hpp"

namespace independent {

std::vector<pooled_object> objects_of_pool(entry const& from) {
  constexpr std::uint64_t words_offset = 384;
  auto const capacity = u64(from.body, 0);
  auto const object_bytes = u64(from.body, 8);
  auto const tag = u64(from.body, 24);
  require(object_bytes != 0 && object_bytes == from.element_bytes, "object_pool: object_bytes");
  require(u64(from.body, 16) < std::uint64_t{1} << 40, "object_pool: first_generation");
  require(tag >= 1 && tag < 1u << 24, "object_pool: tag");
  require(capacity >= 1 && capacity <= std::uint64_t{1} << 40, "object_pool: capacity");
  auto const hints_offset = words_offset + align(capacity * 8, 128);
  auto const objects_offset = hints_offset + align((capacity + 63) / 64 * 8, 128);
  auto const objects = behind(from.body, objects_offset);
  require(fit(capacity, object_bytes, objects.size()), "object_pool: objects do not fit");
  std::vector<pooled_object> out;
  for (std::uint64_t i = 0; i < capacity; ++i) {
    auto const word = u64(from.body, words_offset + i * 8);
    auto const owner = static_cast<std::uint32_t>(word & 0xFFFFFF);
    if (owner == 0) continue;
    require((owner & 0x1FFF) != 0, "object_pool: an owner without a place");
    out.push_back({i, tag << 40 | word >> 24, (owner & 0x1FFF) - 1, owner >> 13,
                   part(objects, i * object_bytes, object_bytes)});
  }
  return out;
}

std::vector<blob> elements_of_pool(entry const& from) {
  std::vector<blob> out;
  for (auto const& each : objects_of_pool(from)) out.push_back(copy_of(each.object));
  return out;
}

}  // namespace independent
