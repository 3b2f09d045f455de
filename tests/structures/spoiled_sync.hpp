// spoiled_sync.hpp: damages of mutexes and their kin.
#pragma once
#include "hostile_sync_users.hpp"
#include "spoiled.hpp"

namespace stoa::testing {

inline constexpr holder_word holder_ever = make_holder(nobody_ever, 5);

inline std::vector<spoiled_kind> spoiled_sync_kinds() {
  using future_of_three = future<three>;
  std::vector<spoiled_kind> all{
      {"mutex",
       publish_sync<mutex>,
       {{"a holder who never was", "word", set_word(0, holder_ever)},
        {"a claim, which a mutex has not", "word", set_word(0, holder_claim)}}},
      {"shared_mutex",
       publish_sync<shared_mutex, 4>,
       {{"more readers than fit", "readers", set_word(0, 5000)},
        {"a writer who never was", "word", set_word(offsetof(shared_mutex_header, word), holder_ever)},
        {"a claim of nobody", "word", set_word(offsetof(shared_mutex_header, word), holder_claim)},
        {"a reader who never was", "reader 2", set_word(sizeof(shared_mutex_header) + 16, holder_ever)},
        {"an abandoned reader", "reader 2", set_word(sizeof(shared_mutex_header) + 16, holder_mark)}}},
      {"condition_variable", publish_sync<condition_variable>, {}},
      {"event", publish_sync<event>, {}},
      {"counting_semaphore",
       publish_sync<counting_semaphore, 1, 3>,
       {{"more permits than there may be", "count", set_word(8, 4)}, {"no permits at all", "max", set_word(0, 0)}}},
      {"latch",
       publish_sync<latch, 3>,
       {{"more to come than at first", "count", set_word(8, 4)},
        {"more than there may be", "expected", set_word(0, ~0ull)}}},
      {"barrier",
       publish_sync<barrier, 2>,
       {{"more members than fit", "members", set_word(0, 90)},
        {"a member who never was", "member 1", set_word(sizeof(barrier_header) + 16, holder_ever)},
        {"one who has arrived in a later phase", "member 0, arrived", set_word(sizeof(barrier_header) + 8, 9)}}},
      {"once_flag",
       publish_sync<once_flag>,
       {{"one at it who never was", "word", set_word(0, holder_ever)},
        {"one at it, and done", "word",
         [](std::byte* body, segment const& in) {
           at<once_header>(body).word.store(make_holder(in.attachment().self(), 5) | holder_mark);
         }}}},
      {"future",
       publish_sync<future_of_three>,
       {{"another payload", "header", set_word(0, 9)},
        {"a state that is none", "state", set_word(8, 3)},
        {"a value of nobody", "promiser", set_word(8, 1)},
        {"a promiser who never was", "promiser", set_word(16, nobody_ever)},
        {"bytes behind the payload", "payload", set_byte(sizeof(future_header) + 15)}}}};
  auto const pad_behind_flag = [&](char const* kind, std::uint64_t offset) {
    for (auto& each : all) {
      if (each.name != kind) continue;
      each.damages.push_back({"a byte of padding", "padding", set_byte(offset + 9)});
    }
  };
  pad_behind_flag("mutex", offsetof(mutex_header, waiters));
  pad_behind_flag("shared_mutex", offsetof(shared_mutex_header, waiters));
  pad_behind_flag("condition_variable", offsetof(condition_header, waiters));
  pad_behind_flag("event", offsetof(event_header, waiters));
  pad_behind_flag("counting_semaphore", offsetof(semaphore_header, waiters));
  pad_behind_flag("latch", offsetof(latch_header, waiters));
  pad_behind_flag("barrier", offsetof(barrier_header, waiters));
  pad_behind_flag("once_flag", offsetof(once_header, waiters));
  pad_behind_flag("future", offsetof(future_header, waiters));
  return all;
}

}  // namespace stoa::testing
