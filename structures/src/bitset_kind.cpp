#include <stoa/bitset_bytes.hpp>
#include <vector>

#include "verify_kinds.hpp"

namespace stoa {
namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const bits = bitset_bytes::adopt(entry);
  if (!bits) return bits.error();
  return std::vector<statistic>{{"capacity", bits->size()}, {"size", bits->count()}};
}

// The numbers of the set bits, ascending.
result<void> elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const bits = bitset_bytes::adopt(entry);
  if (!bits) return bits.error();
  for (auto at = bits->find_from(0); at; at = bits->find_from(*at + 1)) {
    std::uint64_t const number = *at;
    visit(std::as_bytes(std::span{&number, 1}));
  }
  return {};
}

}  // namespace

kind_operations const& bitset_operations() {
  static kind_operations const operations{"bitset", 1, &statistics, &elements, nullptr, &internal::verify_bitset};
  return operations;
}

}  // namespace stoa
