#include <stoa/channel_bytes.hpp>
#include <vector>

#include "verify_kinds.hpp"

namespace stoa {
namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const found = channel_bytes::adopt(entry);
  if (!found) return found.error();
  auto const counts = found->statistics();
  return std::vector<statistic>{{"capacity", counts.places},
                                {"size", counts.open},
                                {"bytes_per_direction", found->ring_bytes()},
                                {"waiting", counts.waiting},
                                {"accepted", counts.accepted},
                                {"refused", counts.refused},
                                {"to_server", counts.to_server},
                                {"to_client", counts.to_client}};
}

}  // namespace

kind_operations const& channel_operations() {
  // Messages have no common size or type: what is in them only the two sides know.
  static kind_operations const operations{"channel", 1, &statistics, &no_elements_of<&channel_bytes::adopt>, nullptr,
                                          &internal::verify_channel};
  return operations;
}

}  // namespace stoa
