#include <stoa/map_bytes.hpp>

#include "verify_kinds.hpp"

namespace stoa {

kind_operations const& set_operations() {
  static kind_operations const operations{"set", 1, &internal::statistics_of_map, &internal::elements_of_map,
                                          &internal::settle_map, &internal::verify_map};
  return operations;
}

}  // namespace stoa
