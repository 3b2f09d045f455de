#include "operations.hpp"

#include <iterator>

namespace stoa::kill_suite {

std::vector<operation> all_operations() {
  std::vector<operation> out;
  for (auto* const operations_of :
       {&array_operations, &value_operations, &spsc_queue_operations, &queue_operations, &ring_operations,
        &stack_operations, &object_pool_operations, &map_operations, &set_operations, &bitset_operations,
        &message_ring_operations,
        &message_overwriting_operations,
        &message_stream_operations,
        &channel_operations,
        &exchange_operations,
        &mutex_operations,
        &event_operations,
        &counting_semaphore_operations,
        &condition_variable_operations,
        &shared_mutex_operations,
        &latch_operations,
        &barrier_operations,
        &once_flag_operations,
        &future_operations,
        &segment_operations}) {
    auto some = operations_of();
    out.insert(out.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  return out;
}

}  // namespace stoa::kill_suite
