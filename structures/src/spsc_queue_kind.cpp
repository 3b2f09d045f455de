#include <stoa/spsc_queue_bytes.hpp>

#include "slot_queue_kind.hpp"
#include "verify_kinds.hpp"

namespace stoa {

kind_operations const& spsc_queue_operations() {
  static kind_operations const operations{"spsc_queue", 1, &slot_queue_statistics<spsc_queue_bytes>,
                                          &slot_queue_elements<spsc_queue_bytes>, nullptr,
                                          &internal::verify_spsc_queue};
  return operations;
}

}  // namespace stoa
