#include <stoa/exchange_bytes.hpp>
#include <vector>

#include "verify_kinds.hpp"

namespace stoa {
namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const found = exchange_bytes::adopt(entry);
  if (!found) return found.error();
  auto const counts = found->statistics();
  return std::vector<statistic>{{"capacity", found->shape().slots * found->directions()},
                                {"size", counts.waiting},
                                {"payload_bytes", found->shape().payload_bytes},
                                {"two_way", found->is_two_way() ? 1u : 0u},
                                {"taken", counts.taken},
                                {"servers", counts.servers},
                                {"calls", counts.calls},
                                {"timeouts", counts.timeouts},
                                {"lost", counts.lost},
                                {"failures", counts.failures},
                                {"refusals", counts.refusals}};
}

}  // namespace

kind_operations const& exchange_operations() {
  // Requests have no common size or type, and belong to those who are at them.
  static kind_operations const operations{"exchange", 1, &statistics, &no_elements_of<&exchange_bytes::adopt>, nullptr,
                                          &internal::verify_exchange};
  return operations;
}

}  // namespace stoa
