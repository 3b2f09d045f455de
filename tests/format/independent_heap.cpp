// docs/format.md, section 23: heap. What is behind its header is not specified.
#include "independent_bytes.hpp"
#include "independent_structures.hpp"

namespace independent {

heap_state state_of_heap(entry const& from) {
  heap_state const out{u64(from.body, 0), u32(from.body, 8), u32(from.body, 12)};
  require(out.heap_bytes >= 1024 && out.heap_bytes <= behind(from.body, 128).size(), "heap: heap_bytes");
  return out;
}

std::vector<blob> elements_of_heap(entry const& from) {
  static_cast<void>(state_of_heap(from));
  return {};
}

}  // namespace independent
