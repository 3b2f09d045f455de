// stoa/fork_guard.hpp: what a child inherits through fork, and why it may not use it.
//
// fork() copies handles, mapping and descriptors into the child. The bytes stay reachable, but the
// participant they belong to is the parent: a child that used the parent's lanes would name its own
// doings as the parent's. And a copy of the descriptor would keep the parent's kernel lock alive
// after the parent's death. So in the child, before fork() returns there, every such descriptor is
// closed and the epoch advances; a handle made in another epoch refuses with errc::forked.
//
// exec closes the descriptors (close-on-exec): to the others it is the death of the process.
#pragma once
#include <atomic>
#include <cstdint>

namespace stoa {

namespace internal {
// relaxed everywhere: written only in a child with a single thread, before fork() returns in it.
inline constinit std::atomic<std::uint64_t> fork_epoch{1};
}  // namespace internal

// The number of forks between the first process and this one, plus one.
inline std::uint64_t fork_epoch() noexcept {
  return internal::fork_epoch.load(std::memory_order_relaxed);
}

// A file descriptor that a forked child closes at once.
class private_descriptor {
 public:
  // Calls open() so that no fork can come between it and the registration. -1 and errno on failure.
  template <class Open>
  explicit private_descriptor(Open open) {
    lock();
    value_ = open();
    enlist();
    unlock();
  }
  private_descriptor(private_descriptor const&) = delete;
  private_descriptor& operator=(private_descriptor const&) = delete;
  ~private_descriptor() { close(); }

  // -1 in a child that inherited it.
  int get() const noexcept { return value_; }
  void close() noexcept;

 private:
  friend struct fork_handlers;
  static void lock();
  static void unlock() noexcept;
  void enlist();

  int value_ = -1;
  private_descriptor* next_ = nullptr;
  private_descriptor* previous_ = nullptr;
};

}  // namespace stoa
