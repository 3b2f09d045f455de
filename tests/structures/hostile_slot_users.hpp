// hostile_slot_users.hpp: array, value, spsc_queue and queue, as hostile_users.hpp has the other structures.
#pragma once
#include "hostile_users.hpp"

namespace stoa::testing {

inline constexpr std::uint64_t in_slots = 4;

// --- array, value ---

inline void publish_array(segment const& in) { in.publish<stoa::array<sample>>("it", 3)[1] = {7, 7.0}; }
inline user user_of_array(segment const& in) {
  auto const it = in.attach<stoa::array<sample>>("it");
  return {{[=] {
             std::uint64_t sum = 0;
             for (auto const& each : it) sum += each.number;
             ignore(sum);
           }},
          {[=] { it[it.size() - 1] = {8, 8.0}; }, [=] { it.fill({}); }}};
}

inline void publish_value(segment const& in) { in.publish<stoa::value<sample>>("it", 2).store({1, 1.0}); }
inline user user_of_value(segment const& in) {
  auto const it = in.attach<stoa::value<sample>>("it");
  return {{[=] { ignore(it.load()); }, [=] { ignore(it.load_versioned()); }},
          {[=] { it.store({2, 2.0}); }, [=] { it.update([](sample& each) { ++each.number; }); }}};
}

// --- spsc_queue, queue ---

inline void publish_spsc_queue(segment const& in) {
  auto const it = in.publish<stoa::spsc_queue<sample>>("it", in_slots);
  for (std::uint64_t n = 0; n < 3; ++n) ignore(it.try_push({n, 0.5}));
  ignore(it.try_pop());
}
// An element that a process took to its grave, another that it gave back.
inline void publish_queue(segment const& in) {
  auto const it = in.publish<stoa::queue<sample>>("it", in_slots);
  for (std::uint64_t n = 0; n < 4; ++n) ignore(it.try_push({n, 0.5}));
  static stoa::queue_lease<sample> held;
  held = it.try_claim();
  ignore(it.try_claim().operator bool());
}
template <class Queue>
user user_of_slots(Queue const& it) {
  static std::array<sample, 6> const some{};
  return {{[=] { insist(it.size() <= in_slots, "more elements than slots"); }, [=] { ignore(it.statistics()); }},
          {[=] { for (int i = 0; i < 6; ++i) ignore(it.try_push({2, 2.0})); },
           [=] { ignore(it.push_for({3, 3.0}, 0s)); },
           [=] { ignore(it.try_push_n(some)); },
           [=] { ignore(it.try_pop()); },
           [=] { for (int i = 0; i < 6; ++i) ignore(it.try_pop()); },
           [=] { ignore(it.pop_for(0s)); },
           [=] { std::array<sample, 6> out; insist(it.try_pop_n(out) <= in_slots, "more elements than slots"); }}};
}
inline user user_of_spsc_queue(segment const& in) {
  auto const it = in.attach<stoa::spsc_queue<sample>>("it");
  auto out = user_of_slots(it);
  for (calls const& more :
       {calls{[=] { ignore(it.try_produce([](sample& each) { each = {4, 4.0}; })); },
              [=] { ignore(it.try_consume([](sample const& each) { ignore(each.number); })); },
              [=] {
                std::uint64_t sum = 0;
                auto const add = [&](std::span<sample const> some) { for (auto const& each : some) sum += each.number; };
                insist(it.try_consume_n(add) <= in_slots, "more elements than slots");
                ignore(sum);
              }}})
    out.changing.insert(out.changing.end(), more.begin(), more.end());
  return out;
}
inline user user_of_queue(segment const& in) {
  auto const it = in.attach<stoa::queue<sample>>("it");
  auto out = user_of_slots(it);
  for (calls const& more : {calls{[=] { it.recover(); },
                                  [=] { it.try_claim().commit(); },
                                  [=] { ignore(it.try_claim().operator bool()); },
                                  [=] { ignore(it.claim_for(0s).operator bool()); },
                                  [=] {
                                    auto first = it.try_claim();
                                    auto const second = it.try_claim();
                                    first.commit();
                                  }}})
    out.changing.insert(out.changing.end(), more.begin(), more.end());
  return out;
}

}  // namespace stoa::testing
