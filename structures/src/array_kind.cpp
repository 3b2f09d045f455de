#include <fmt/format.h>

#include <cstring>
#include <stoa/array.hpp>

#include "verify_kinds.hpp"

namespace stoa {
namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const header = checked_array(entry);
  if (!header) return header.error();
  return std::vector<statistic>{{"capacity", header->size}, {"size", header->size}};
}

result<void> elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const header = checked_array(entry);
  if (!header) return header.error();
  auto const bytes = entry.body.subspan(sizeof(array_header));
  for (std::uint64_t i = 0; i < header->size; ++i)
    visit(bytes.subspan(i * header->element_bytes, header->element_bytes));
  return {};
}

}  // namespace

result<array_header> checked_array(entry_view const& entry) {
  if (entry.body.size() < sizeof(array_header)) return damaged(entry, "its extent is too small for a header");
  array_header header;
  std::memcpy(&header, entry.body.data(), sizeof(header));
  if (header.element_bytes == 0 || header.element_bytes != entry.record.element_bytes)
    return damaged(entry, fmt::format("expected elements of {} bytes, found {}", entry.record.element_bytes,
                                      header.element_bytes));
  if (header.size == 0 || header.size > (entry.body.size() - sizeof(header)) / header.element_bytes)
    return damaged(entry, fmt::format("{} elements do not fit into {} bytes", header.size, entry.body.size()));
  return header;
}

kind_operations const& array_operations() {
  static kind_operations const operations{"array", 1, &statistics, &elements, nullptr, &internal::verify_array};
  return operations;
}

}  // namespace stoa
