// stoa/waitable_fd.hpp: a file descriptor that says when something is there: for epoll, poll, and loops built on them.
//
//   stoa::waitable_fd ready{consumer};          // readable when there may be a message
//   for (;;) {
//     poll(ready.get(), ...);
//     while (auto got = consumer.try_receive()) ...
//     ready.watch(consumer);                    // readable again if there is one already
//   }
//
// One thread of this process sleeps for all of them, and makes an eventfd readable. A descriptor that is readable is
// watched no more, until watch() is called: so nothing is spent on what nobody has yet looked at.
//
// I1 no lost wake  watch() announces the sleep, then looks; from then on the thread sleeps on the word that this left,
//                  or looks when it is another (waiting.hpp I1, I2)
// I2 bounded       once in a while the thread looks for the dead, and whether something is there that nobody told of
// I3 apart         what a descriptor watches is touched by the thread under its mutex only; the flag's address is in
//                  the kernel's hands while it sleeps, and who stops watching waits for the end of that sleep
//
// Publishers pay what they pay for any sleeper: a load, and one system call when somebody sleeps.
#pragma once
#include <atomic>
#include <memory>
#include <stoa/wait_point.hpp>

namespace stoa {

namespace internal {
struct watch;
// For tests of what is done where the kernel cannot sleep on several flags (before Linux 5.16).
inline constinit std::atomic<bool> may_sleep_on_several{true};
// How often something was found that nobody had told of (I2). Not many without a death.
inline constinit std::atomic<std::uint64_t> found_without_wake{0};
}  // namespace internal

// Movable, not copyable; for one thread at a time. A forked child inherits none: its get() is -1, watch() throws
// errc::forked.
class waitable_fd {
 public:
  // Watches nothing. Throws system_failure where the process has no descriptor left.
  waitable_fd();
  // Watches what arrives at `from`: a queue, an spsc_queue, a message_consumer, a message_reader, a ring_reader, a
  // channel, a channel_listener.
  template <class Source>
  explicit waitable_fd(Source const& from) : waitable_fd() {
    watch(from);
  }
  waitable_fd(waitable_fd&& other) noexcept;
  waitable_fd& operator=(waitable_fd&& other) noexcept;
  ~waitable_fd();

  // For poll, epoll and the like, to wait until it is readable; not for reading from.
  int get() const noexcept;

  // Not readable, until there may be something at `from`: at once, if there is now. What it watched before it does not
  // watch any more. It may be readable for nothing, when another has taken what was there.
  template <class Source>
  void watch(Source const& from) {
    start(from.arrivals());
  }
  // Not readable, and watches nothing.
  void stop() noexcept;

 private:
  void start(wait_point what);

  std::unique_ptr<internal::watch> watch_;
};

}  // namespace stoa
