// hostile_subjects.hpp: each of the newer structures by its name: how it is published, with something in it, and used.
#pragma once
#include <map>
#include <string>

#include "hostile_channel_users.hpp"
#include "hostile_exchange.hpp"
#include "hostile_sync_users.hpp"
#include "hostile_users.hpp"

namespace stoa::testing {

struct subject {
  void (*publish)(segment const&);
  user (*attach)(segment const&);
};
inline std::map<std::string, subject> const subjects{
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
};

}  // namespace stoa::testing
