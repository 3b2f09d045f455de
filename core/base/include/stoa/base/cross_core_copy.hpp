// stoa/base/cross_core_copy.hpp: copying much that another core will read.
//
// A line that was just written lies changed in the writer's cache. If the reader's core is near, that is the best place
// for it; if they share no cache, fetching it from there, and getting it back for the next lap, takes longer than memory
// does. Nothing tells which it is, so both are tried now and then: route_choice.hpp. docs/benchmarks.md has the figures.
#pragma once
#include <cstddef>

namespace stoa {

// From here on copies may go past the cache: the wait until all is written is small beside them.
inline constexpr std::size_t cross_core_copy_from = 16384;

// Like memcpy. Who reads with acquire what the caller stores with release afterwards sees these bytes.
void cross_core_copy(std::byte* to, std::byte const* from, std::size_t bytes) noexcept;

namespace internal {
// The way past the cache; memcpy where there is none.
void streaming_copy(std::byte* to, std::byte const* from, std::size_t bytes) noexcept;
}  // namespace internal

}  // namespace stoa
