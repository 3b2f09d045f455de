#include "watch_thread.hpp"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <stoa/base/result.hpp>
#include <stoa/waitable_fd.hpp>
#include <thread>

namespace stoa::internal {
namespace {

constexpr std::size_t most_flags = FUTEX_WAITV_MAX - 1;  // and the word for nudges
// Between looks for what nobody tells of: as who sleeps on one flag does after a while (waiting.hpp).
constexpr auto long_slice = 2 * wait_slice;
// Between looks at what cannot be slept on.
constexpr auto short_slice = wait_slice / 4;

timespec time_of(wait_clock::duration from) noexcept {
  auto const ns = std::chrono::duration_cast<std::chrono::nanoseconds>(from).count();
  return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

// On the word alone; without end if `most` is zero.
void sleep_on_word(std::atomic<std::uint32_t>& word, std::uint32_t value, wait_clock::duration most) noexcept {
  auto const timeout = time_of(most);
  auto const* const until = most == most.zero() ? nullptr : &timeout;
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, until, nullptr, 0);
}

class sleep_on_several {
 public:
  sleep_on_several(std::atomic<std::uint32_t>& word, std::uint32_t value) noexcept {
    add(reinterpret_cast<std::uintptr_t>(&word), value, FUTEX_32 | FUTEX_PRIVATE_FLAG);
  }
  void add(wait_flag& flag, announcement made) noexcept {
    add(reinterpret_cast<std::uintptr_t>(&flag.sleepers), static_cast<std::uint32_t>(made), FUTEX_32);
  }

  // False: the kernel cannot.
  bool sleep(wait_clock::duration most) noexcept {
    auto const until = time_of(wait_clock::now().time_since_epoch() + most);
    auto const woken = ::syscall(SYS_futex_waitv, waiters_.data(), count_, 0, &until, CLOCK_MONOTONIC);
    return woken >= 0 || errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT;
  }

 private:
  void add(std::uintptr_t address, std::uint64_t value, std::uint32_t flags) noexcept {
    waiters_[count_++] = {value, address, flags, 0};
  }
  std::array<futex_waitv, FUTEX_WAITV_MAX> waiters_;
  unsigned count_ = 0;
};

}  // namespace

void watch::set() const noexcept {
  std::uint64_t const one = 1;
  // Fails only if it is set 2^64 times: then it is readable.
  static_cast<void>(::write(descriptor.get(), &one, sizeof(one)) == 0);
}

void watch::clear() const noexcept {
  std::uint64_t count = 0;
  static_cast<void>(::read(descriptor.get(), &count, sizeof(count)) == 0);  // fails if it was clear
}

watch_thread& watch_thread::instance() {
  // Never destroyed: the thread uses it until the process ends. What a child inherits is its parent's, and its mutex
  // perhaps locked for ever.
  static constinit std::atomic<watch_thread*> current{nullptr};
  auto* found = current.load(std::memory_order_acquire);  // acquires what it points to, as does a CAS that fails
  while (found == nullptr || found->epoch_ != stoa::fork_epoch()) {
    auto fresh = std::make_unique<watch_thread>();
    // releases what it points to
    if (current.compare_exchange_strong(found, fresh.get(), std::memory_order_acq_rel, std::memory_order_acquire))
      return *fresh.release();
  }
  return *found;
}

void watch_thread::add(watch& one) {
  std::scoped_lock const guard{mutex_};
  watched_.push_back(&one);
  if (!is_running_) start();
  one.is_watched = true;
  nudge();
}

void watch_thread::remove(watch& one) noexcept {
  std::unique_lock lock{mutex_};
  if (!one.is_watched) return;
  one.is_watched = false;
  std::erase(watched_, &one);
  nudge();
  woke_up_.wait(lock, [this, before = sleeps_] { return !is_asleep_ || sleeps_ != before; });  // I3
}

void watch_thread::nudge() noexcept {
  nudges_.fetch_add(1, std::memory_order_relaxed);  // the mutex orders what it is about
  ::syscall(SYS_futex, &nudges_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

// Signals are for the program's own threads.
void watch_thread::start() {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread{[this] { run(); }}.detach();
    is_running_ = true;
  } catch (std::system_error const& problem) {
    watched_.pop_back();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw error{failure{errc::system_failure, problem.what()}};
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void watch_thread::run() noexcept {
  std::unique_lock lock{mutex_};
  for (auto next_look = wait_clock::now();;) {
    auto const now = wait_clock::now();
    bool const thorough = now >= next_look;
    look(thorough);
    if (thorough) next_look = now + (can_sleep_on_all() ? long_slice : short_slice);
    sleep(lock, next_look - now);
  }
}

bool watch_thread::can_sleep_on_all() const noexcept {
  return is_waitv_there_ && internal::may_sleep_on_several.load(std::memory_order_relaxed) &&
         watched_.size() <= most_flags &&
         std::ranges::all_of(watched_, [](auto const* each) { return each->what.flag != nullptr; });
}

// Whether its descriptor is to be readable. An error is for who calls then.
bool watch_thread::is_over(watch& one, bool thorough) {
  auto* const flag = one.what.flag;
  bool const is_woken = flag != nullptr && !holds(*flag, one.made);
  try {
    if (is_woken) one.made = announce_sleep(*flag);  // before the look (I1)
    if (thorough && one.what.look_for_the_dead) one.what.look_for_the_dead();
    bool const is_ready = one.what.is_ready();
    if (is_ready && thorough && !is_woken && flag != nullptr)
      found_without_wake.fetch_add(1, std::memory_order_relaxed);  // a statistic
    return is_ready;
  } catch (error const&) {
    return true;
  }
}

void watch_thread::look(bool thorough) {
  std::erase_if(watched_, [&](watch* each) {
    if (!is_over(*each, thorough)) return false;
    each->is_watched = false;
    each->set();
    return true;
  });
}

// Until somebody wakes, somebody nudges, or `most` has passed.
void watch_thread::sleep(std::unique_lock<std::mutex>& lock, wait_clock::duration most) {
  auto const nudges = nudges_.load(std::memory_order_relaxed);  // nobody nudges while the mutex is held
  bool const is_any = !watched_.empty();
  bool const is_all = is_any && can_sleep_on_all();
  sleep_on_several flags{nudges_, nudges};
  if (is_all)
    for (auto* each : watched_) flags.add(*each->what.flag, each->made);
  is_asleep_ = true;
  ++sleeps_;
  lock.unlock();
  if (!is_all) {
    sleep_on_word(nudges_, nudges, is_any ? std::min<wait_clock::duration>(most, short_slice) : most.zero());
  } else if (!flags.sleep(most)) {
    is_waitv_there_ = false;
  }
  lock.lock();
  is_asleep_ = false;
  woke_up_.notify_all();
}

}  // namespace stoa::internal
