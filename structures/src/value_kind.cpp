#include <stoa/value_bytes.hpp>
#include <vector>

#include "verify_kinds.hpp"

namespace stoa {
namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const value = value_bytes::adopt(entry);
  if (!value) return value.error();
  return std::vector<statistic>{{"capacity", 1}, {"size", 1}, {"stores", value->version()}};
}

result<void> elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const value = value_bytes::adopt(entry);
  if (!value) return value.error();
  std::vector<std::byte> copy(value->payload_bytes());
  if (!value->load(copy.data())) return damaged(entry, "the current buffer is not whole");
  visit(copy);
  return {};
}

}  // namespace

kind_operations const& value_operations() {
  static kind_operations const operations{"value", 1, &statistics, &elements, nullptr, &internal::verify_value};
  return operations;
}

}  // namespace stoa
