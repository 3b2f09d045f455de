#include <stoa/sync/condition_variable.hpp>
#include <vector>

#include "verify.hpp"

namespace stoa {

bool condition_variable::was_notified_since(std::uint64_t before, deadline until, wait_strategy strategy) const {
  return stoa::wait_for(header_->waiters, until, strategy, [&](bool) {
    return header_->sequence.load(std::memory_order_acquire) != before;  // A1 <- R1 (I1)
  });
}

namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const header = adopt_header<condition_header>(entry);
  if (!header) return header.error();
  return std::vector<statistic>{{"notifications", (*header)->sequence.load(std::memory_order_relaxed)}};  // for people
}

}  // namespace

kind_operations const& condition_variable_operations() {
  static kind_operations const operations{"condition", 1, &statistics, &no_elements, nullptr,
                                          &internal::verify_condition};
  return operations;
}

}  // namespace stoa
