// stoa/queue_statistics.hpp: what a queue or an spsc_queue has counted.
#pragma once
#include <cstdint>

namespace stoa {

struct queue_statistics {
  std::uint64_t pushed = 0;         // tickets handed to producers, those of dead ones included
  std::uint64_t popped = 0;         // tickets handed to consumers
  std::uint64_t push_refusals = 0;  // calls that found no room
  std::uint64_t pop_refusals = 0;   // calls that found nothing
  std::uint64_t high_water = 0;     // largest size seen; sampled every 256 pushes and when full
};

}  // namespace stoa
