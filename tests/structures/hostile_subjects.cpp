#include "hostile_subjects.hpp"

#include <stoa/kinds.hpp>
#include <stoa/stoa.hpp>

#include "hostile_channel_users.hpp"
#include "hostile_exchange.hpp"
#include "hostile_slot_users.hpp"
#include "hostile_sync_users.hpp"
#include "sanitizers.hpp"
#include "scratch.hpp"

#if STOA_TEST_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(begin, bytes) static_cast<void>(begin)
#define ASAN_UNPOISON_MEMORY_REGION(begin, bytes) static_cast<void>(begin)
#endif

namespace stoa::testing {

using namespace stoa::literals;

std::map<std::string, subject> const& subjects() {
  static std::map<std::string, subject> const all{
      {"message_ring", {publish_group, user_of_group}},
      {"broadcast", {publish_broadcast, user_of_broadcast}},
      {"overwriting broadcast", {publish_overwriting_broadcast, user_of_broadcast}},
      {"message_ring with blocks", {publish_group_with_blocks, user_of_group}},
      {"overwriting broadcast with blocks", {publish_overwriting_broadcast_with_blocks, user_of_broadcast}},
      {"exchange", {publish_exchange, user_of_exchange}},
      {"ring", {publish_ring, user_of_ring}},
      {"bounded ring", {publish_bounded_ring, user_of_ring}},
      {"stack", {publish_stack, user_of_stack}},
      {"object_pool", {publish_object_pool, user_of_object_pool}},
      {"map", {publish_map, user_of_map}},
      {"set", {publish_set, user_of_set}},
      {"bitset", {publish_bitset, user_of_bitset}},
      {"channel", {publish_channel, user_of_channel}},
      {"heap", {publish_heap, user_of_heap}},
      {"heap's inside", {publish_heap, no_user_of_heap}},
      {"mutex", {publish_sync<mutex>, user_of_mutex}},
      {"shared_mutex", {publish_sync<shared_mutex, 4>, user_of_shared_mutex}},
      {"condition_variable", {publish_sync<condition_variable>, user_of_condition_variable}},
      {"counting_semaphore", {publish_sync<counting_semaphore, 1, 3>, user_of_semaphore}},
      {"event", {publish_sync<event>, user_of_event}},
      {"latch", {publish_sync<latch, 3>, user_of_latch}},
      {"barrier", {publish_sync<barrier, 2>, user_of_barrier}},
      {"once_flag", {publish_sync<once_flag>, user_of_once_flag}},
      {"future", {publish_sync<future<sample>>, user_of_future}},
      {"array", {publish_array, user_of_array}},
      {"value", {publish_value, user_of_value}},
      {"spsc_queue", {publish_spsc_queue, user_of_spsc_queue}},
      {"queue", {publish_queue, user_of_queue}},
  };
  return all;
}

specimen specimen_with(subject const& what) {
  scratch_name const name;
  segment_options small;
  small.max_entries = 4;
  small.max_participants = 3;
  small.max_lanes = 2;
  auto const made = segment::create(name, 16_KiB, small);
  what.publish(made);
  return specimen_of(made);
}

fenced::fenced(segment const& in, std::uint64_t structure_end, bool is_entry_damaged)
    : begin_{in.attachment().map().base() + structure_end} {
  auto const end = in.attachment().map().layout().total_bytes;  // of a damaged header, perhaps
  bytes_ = is_entry_damaged || end < structure_end ? 0 : end - structure_end;
  ASAN_POISON_MEMORY_REGION(begin_, bytes_);
}
fenced::~fenced() { ASAN_UNPOISON_MEMORY_REGION(begin_, bytes_); }

void look_at_entries(segment const& in) {
  for (auto const& each : in.entries()) {
    auto const* const kind = find_kind(each.kind());
    if (kind == nullptr) continue;
    ignore(kind->statistics(each.view()));
    std::size_t bytes = 0;
    ignore(kind->elements(each.view(), [&](std::span<std::byte const> element) { bytes += element.size(); }));
    insist(bytes <= 64_KiB, "elements without end");
  }
  for (auto const who : {others::may_work, others::stand_still}) ignore(in.verify(who).findings.size());
}

}  // namespace stoa::testing
