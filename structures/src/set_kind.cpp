#include <stoa/map_bytes.hpp>

namespace stoa {

kind_operations const& set_operations() {
  static kind_operations const operations{"set", 1, &internal::statistics_of_map, &internal::elements_of_map,
                                          &internal::settle_map};
  return operations;
}

}  // namespace stoa
