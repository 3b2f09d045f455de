// watch_thread.hpp: the thread that sleeps for all waitable_fds of this process. Invariants: waitable_fd.hpp.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stoa/fork_guard.hpp>
#include <stoa/wait_point.hpp>
#include <vector>

namespace stoa::internal {

struct watch {
  explicit watch(int (*open)()) : descriptor{open} {}

  void set() const noexcept;
  void clear() const noexcept;

  private_descriptor descriptor;
  wait_point what;
  announcement made{};      // on what.flag, if there is one
  bool is_watched = false;  // the thread's mutex guards it
};

class watch_thread {
 public:
  // Of this process: a forked child has another one. It lives as long as the process.
  static watch_thread& instance();

  // What is announced, and was not ready after that.
  void add(watch& one);
  // When it returns the thread does not touch it any more.
  void remove(watch& one) noexcept;

 private:
  void start();
  void run() noexcept;
  void look(bool thorough);
  static bool is_over(watch& one, bool thorough);
  void nudge() noexcept;
  bool can_sleep_on_all() const noexcept;
  void sleep(std::unique_lock<std::mutex>& lock, wait_clock::duration most);

  std::mutex mutex_;
  std::condition_variable woke_up_;
  std::vector<watch*> watched_;
  std::atomic<std::uint32_t> nudges_{0};  // a futex word
  std::uint64_t sleeps_ = 0;
  bool is_asleep_ = false;
  bool is_running_ = false;
  bool is_waitv_there_ = true;  // the thread's own
  std::uint64_t const epoch_ = stoa::fork_epoch();
};

}  // namespace stoa::internal
