#include <stoa/type_descriptor.hpp>

#include "hash.hpp"

namespace stoa::internal {

type_descriptor make_descriptor(std::string text, std::uint64_t bytes, std::uint32_t align) {
  auto const hash = format_hash(text);
  return {std::move(text), hash, bytes, align};
}

}  // namespace stoa::internal
