// operations.hpp: the table of what the suite cuts off.
//
// A new operation is a line in its structure's file. A new structure is a file with a world and its
// lines, declared here and named in operations.cpp.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "world.hpp"

namespace stoa::kill_suite {

enum class mode { kill, stop, pair };

// How much of it is what this project wrote for a crash: long ones run the kernel and the allocator.
enum class length { short_one, long_one };

struct operation {
  std::string structure;
  std::string name;
  contents before;  // what others find if it did not happen,
  contents after;   // and if it did
  std::function<std::unique_ptr<world>(mode)> make_world;
  length how_long = length::short_one;
};

std::vector<operation> array_operations();
std::vector<operation> value_operations();
std::vector<operation> spsc_queue_operations();
std::vector<operation> queue_operations();
std::vector<operation> ring_operations();
std::vector<operation> stack_operations();
std::vector<operation> object_pool_operations();
std::vector<operation> map_operations();
std::vector<operation> set_operations();
std::vector<operation> bitset_operations();
std::vector<operation> message_ring_operations();
std::vector<operation> message_overwriting_operations();
std::vector<operation> message_stream_operations();
std::vector<operation> channel_operations();
std::vector<operation> exchange_operations();
std::vector<operation> mutex_operations();
std::vector<operation> event_operations();
std::vector<operation> counting_semaphore_operations();
std::vector<operation> condition_variable_operations();
std::vector<operation> latch_operations();
std::vector<operation> once_flag_operations();
std::vector<operation> shared_mutex_operations();
std::vector<operation> barrier_operations();
std::vector<operation> future_operations();
std::vector<operation> segment_operations();

std::vector<operation> all_operations();

}  // namespace stoa::kill_suite
