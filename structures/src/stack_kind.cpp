#include <stoa/stack_bytes.hpp>
#include <vector>

#include "verify_kinds.hpp"

namespace stoa {
namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const stack = stack_bytes::adopt(entry);
  if (!stack) return stack.error();
  auto const counts = stack->statistics();
  return std::vector<statistic>{{"capacity", stack->capacity()},         {"size", stack->was_size()},
                                {"pushed", counts.pushed},               {"popped", counts.popped},
                                {"push_refusals", counts.push_refusals}, {"pop_refusals", counts.pop_refusals},
                                {"high_water", counts.high_water}};
}

// The youngest first: the order in which they would be popped.
result<void> elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const stack = stack_bytes::adopt(entry);
  if (!stack) return stack.error();
  if (!stack->visit_elements(visit)) return damaged(entry, "its elements change too fast, or do not end");
  return {};
}

void settle(attachment& owner, entry_view const& entry) {
  if (auto const stack = stack_bytes::adopt(entry)) stack->settle(owner);
}

}  // namespace

kind_operations const& stack_operations() {
  static kind_operations const operations{"stack", 1, &statistics, &elements, &settle, &internal::verify_stack};
  return operations;
}

}  // namespace stoa
