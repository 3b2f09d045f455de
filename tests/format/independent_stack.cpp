// docs/format.md, section 19: stack.
#include <algorithm>

#include "independent_bytes.hpp"
#include "independent_structures.hpp"

namespace independent {
namespace {

constexpr std::uint64_t top_offset = 128;
constexpr std::uint64_t free_offset = 256;
constexpr std::uint64_t tags = std::uint64_t{1} << 40;

struct nodes {
  bytes all;
  std::uint64_t capacity = 0;
  std::uint64_t node_bytes = 0;
  std::uint64_t payload_offset = 0;

  bytes at(std::uint64_t node) const { return part(all, node * node_bytes, node_bytes); }

  // Those of the list with this word, from the top. A list that comes back to itself is none.
  std::vector<std::uint64_t> listed(std::uint64_t word) const {
    std::vector<std::uint64_t> out;
    for (auto node = word & 0xFFFFFF; node < capacity; node = u64(at(node), 0) & 0xFFFFFF) {
      require(out.size() < capacity, "stack: a list without end");
      out.push_back(node);
    }
    return out;
  }
};

nodes nodes_of(entry const& from) {
  auto const payload = u64(from.body, 8);
  std::uint64_t const alignment = from.element_align;
  require(payload != 0 && payload == from.element_bytes, "stack: payload_bytes");
  require(is_power_of_two(alignment), "stack: element_align");
  nodes out;
  out.capacity = u64(from.body, 0);
  out.payload_offset = u64(from.body, 16);
  out.node_bytes = u64(from.body, 24);
  require(out.payload_offset == std::max<std::uint64_t>(16, alignment), "stack: payload_offset");
  require(out.node_bytes ==
              align(out.payload_offset + align(payload, 8), std::max<std::uint64_t>(8, alignment)),
          "stack: node_bytes");
  out.all = behind(from.body, 640);
  require(out.capacity >= 1 && out.capacity <= (1u << 24) - 2, "stack: capacity");
  require(fit(out.capacity, out.node_bytes, out.all.size()), "stack: nodes do not fit");
  return out;
}

}  // namespace

stack_state state_of_stack(entry const& from) {
  auto const where = nodes_of(from);
  auto const top = u64(from.body, top_offset);
  auto const node = top & 0xFFFFFF;
  stack_state out;
  out.capacity = where.capacity;
  out.size = node < where.capacity ? u64(where.at(node), 8) : 0;
  auto const changes = ((top >> 24) - u64(from.body, 32)) % tags;
  out.pushes = (changes + out.size) / 2;
  out.pops = (changes - out.size) / 2;
  out.free_nodes = where.listed(u64(from.body, free_offset)).size();
  return out;
}

std::vector<blob> elements_of_stack(entry const& from) {
  auto const where = nodes_of(from);
  std::vector<blob> out;
  for (auto const node : where.listed(u64(from.body, top_offset)))
    out.push_back(copy_of(part(where.at(node), where.payload_offset, from.element_bytes)));
  return out;
}

}  // namespace independent
