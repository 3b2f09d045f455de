// hostile_sync_users.hpp: the synchronisation objects, as hostile_users.hpp has the other structures. Only calls with
// a timeout: a word that names a living process is a lock that is held, be it damaged or not.
#pragma once
#include <mutex>
#include <shared_mutex>

#include "hostile_users.hpp"

namespace stoa::testing {

template <class Noun, auto... Shape>
void publish_sync(segment const& in) {
  ignore(in.publish<Noun>("it", Shape...));
}

// Calls that are an error also where nothing is damaged.
inline std::function<void()> refused(std::function<void()> call) {
  return [call = std::move(call)] {
    try {
      call();
    } catch (error const&) {
    }
  };
}

// --- mutex, shared_mutex ---

template <class Lock>
calls locks(Lock const& lock) {
  return {[=] { if (lock.try_lock()) lock.unlock(); },
          [=] { if (lock.try_lock_for(1ms)) lock.unlock(); },
          [=] {
            // By no guard, whose destructor may not throw.
            if (!lock.try_lock()) return;
            if (!lock.is_consistent()) lock.make_consistent();
            lock.unlock();
          },
          refused([=] { lock.unlock(); }),
          refused([=] { lock.make_consistent(); })};
}
inline user user_of_mutex(segment const& in) {
  auto const lock = in.attach<mutex>("it");
  return {{[=] { ignore(lock.is_consistent()); }}, locks(lock)};
}
inline user user_of_shared_mutex(segment const& in) {
  auto const lock = in.attach<shared_mutex>("it");
  auto changing = locks(lock);
  changing.push_back([=] { if (lock.try_lock_shared()) lock.unlock_shared(); });
  changing.push_back([=] { if (lock.try_lock_shared_for(1ms)) lock.unlock_shared(); });
  changing.push_back(refused([=] { lock.unlock_shared(); }));
  auto const few = [=] { insist(lock.capacity() <= 4, "more readers than there are places"); };
  return {{[=] { ignore(lock.is_consistent()); }, few}, std::move(changing)};
}

// --- those that are waited for ---

inline user user_of_condition_variable(segment const& in) {
  auto const changed = in.attach<condition_variable>("it");
  auto const guard = std::make_shared<std::mutex>();
  return {{},
          {[=] { changed.notify_one(); },
           [=] {
             std::unique_lock held{*guard};
             ignore(changed.wait_for(held, 0s));
             insist(held.owns_lock(), "a wait that came back without the lock");
           }}};
}
inline user user_of_semaphore(segment const& in) {
  auto const permits = in.attach<counting_semaphore>("it");
  return {{[=] { ignore(permits.available()); }, [=] { ignore(permits.max()); }},
          {[=] { ignore(permits.try_acquire()); },
           [=] { ignore(permits.try_acquire_for(0s)); },
           [=] { permits.release(); },
           [=] { permits.release(2); }}};
}
inline user user_of_event(segment const& in) {
  auto const ready = in.attach<event>("it");
  return {{[=] { ignore(ready.is_set()); }},
          {[=] { ready.set(); }, [=] { ignore(ready.wait_for(0s)); }, [=] { ignore(ready.reset()); }}};
}
inline user user_of_latch(segment const& in) {
  auto const gate = in.attach<latch>("it");
  return {{[=] { ignore(gate.try_wait()); }, [=] { ignore(gate.pending()); }},
          {[=] { gate.count_down(); }, [=] { ignore(gate.wait_for(0s)); }}};
}
inline user user_of_barrier(segment const& in) {
  auto const meeting = in.attach<barrier>("it");
  return {{[=] { ignore(meeting.phase()); }, [=] { insist(meeting.capacity() <= 2, "more members than places"); }},
          {[=] { ignore(meeting.wait_for(meeting.arrive(), 0s)); },
           refused([=] { ignore(meeting.wait_for(meeting.arrive(), 1ms)); }),
           refused([=] { meeting.arrive_and_drop(); })}};
}
inline user user_of_once_flag(segment const& in) {
  auto const flag = in.attach<once_flag>("it");
  return {{[=] { ignore(flag.is_done()); }}, {[=] { if (flag.is_done()) ignore(flag.call([] {})); }}};
}
inline user user_of_future(segment const& in) {
  auto const answer = in.attach<future<sample>>("it");
  return {{[=] { ignore(answer.is_ready()); }, refused([=] { ignore(answer.try_get()); })},
          {[=] { ignore(answer.wait_for(0s)); },
           refused([=] { ignore(answer.promise()); }),  // broken at once
           refused([=] { answer.promise().set_value({1, 0.5}); })}};
}

}  // namespace stoa::testing
