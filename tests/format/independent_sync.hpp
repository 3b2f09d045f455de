// independent_sync.hpp: the independent reader's idea of the synchronisation objects.
#pragma once
#include "independent_reader.hpp"

namespace independent {

// A word that says who holds something.
struct holder {
  bool is_marked = false;
  bool is_claimed = false;
  bool is_somebody = false;
  std::uint32_t place = 0;
  std::uint32_t thread = 0;
  std::uint32_t generation = 0;  // its low 27 bits
};

struct mutex_state {
  holder by;
  std::uint64_t deaths = 0;
};
mutex_state state_of_mutex(entry const& from);

struct event_state {
  bool is_set = false;
  std::uint64_t sets = 0;
};
event_state state_of_event(entry const& from);

struct semaphore_state {
  std::uint64_t max = 0;
  std::uint64_t count = 0;
};
semaphore_state state_of_semaphore(entry const& from);

std::uint64_t notifications_of(entry const& condition);

struct shared_mutex_state {
  holder writer;
  std::uint64_t deaths = 0;
  std::vector<holder> readers;  // a mark each
};
shared_mutex_state state_of_shared_mutex(entry const& from);

struct latch_state {
  std::uint64_t expected = 0;
  std::uint64_t count = 0;
};
latch_state state_of_latch(entry const& from);

struct barrier_member {
  holder by;
  std::uint64_t arrived = 0;
};
struct barrier_state {
  std::uint64_t phase = 0;
  std::vector<barrier_member> members;
};
barrier_state state_of_barrier(entry const& from);

struct once_state {
  holder by;
  bool is_done = false;
  std::uint64_t attempts = 0;
};
once_state state_of_once(entry const& from);

struct future_state {
  std::uint64_t state = 0;  // 0 waiting, 1 value, 2 broken
  std::uint64_t promiser = 0;
};
future_state state_of_future(entry const& from);

}  // namespace independent
