// docs/format.md, section 33: streams of chunks in the messages of a message_ring.
#include <algorithm>

#include "independent_bytes.hpp"
#include "independent_connections.hpp"

namespace independent {
namespace {

struct chunk {
  std::uint64_t writer, number, offset;
  std::uint32_t flags;
  bytes content;
};

// nullopt: no chunk.
std::optional<chunk> chunk_in(bytes message) {
  constexpr std::uint64_t header_bytes = 32;
  if (message.size() < header_bytes || u32(message, 28) != 0x6B6E'6863 || u32(message, 24) > 2) return std::nullopt;
  return chunk{u64(message, 0), u64(message, 8), u64(message, 16), u32(message, 24), behind(message, header_bytes)};
}

}  // namespace

std::vector<stream> streams_in(std::vector<message> const& messages) {
  std::vector<stream> out;
  for (auto const& each : messages) {
    auto const found = chunk_in(each.content);
    if (!found) continue;
    auto of = std::ranges::find_if(
        out, [&](stream const& other) { return other.writer == found->writer && other.number == found->number; });
    if (of == out.end()) {
      out.push_back({.writer = found->writer, .number = found->number, .type = each.type, .content = {}});
      of = out.end() - 1;
    }
    if (found->offset != of->content.size() || of->end != stream_end::none) of->is_whole = false;
    if (!of->is_whole) continue;
    of->content.insert(of->content.end(), found->content.begin(), found->content.end());
    of->end = static_cast<stream_end>(found->flags);
  }
  return out;
}

}  // namespace independent
