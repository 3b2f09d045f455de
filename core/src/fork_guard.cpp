#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <stoa/fork_guard.hpp>
#include <stoa/lanes.hpp>

namespace stoa {
namespace {

// Never destroyed: descriptors may outlive static destruction.
struct registry {
  std::mutex mutex;
  private_descriptor* first = nullptr;
};
registry& descriptors() {
  static auto* const instance = new registry;
  return *instance;
}

}  // namespace

struct fork_handlers {
  static void before() { descriptors().mutex.lock(); }
  static void in_parent() { descriptors().mutex.unlock(); }
  static void in_child() {
    internal::fork_epoch.fetch_add(1, std::memory_order_relaxed);
    internal::lane_caches = {};
    for (auto* each = descriptors().first; each != nullptr; each = each->next_) {
      if (each->value_ >= 0) ::close(each->value_);
      each->value_ = -1;
    }
    descriptors().mutex.unlock();
  }
  static void install() {
    static int const installed = ::pthread_atfork(&before, &in_parent, &in_child);
    static_cast<void>(installed);
  }
};

void private_descriptor::lock() {
  fork_handlers::install();
  descriptors().mutex.lock();
}

void private_descriptor::unlock() noexcept { descriptors().mutex.unlock(); }

void private_descriptor::enlist() {
  next_ = descriptors().first;
  if (next_ != nullptr) next_->previous_ = this;
  descriptors().first = this;
}

void private_descriptor::close() noexcept {
  int const error = errno;
  std::scoped_lock const guard{descriptors().mutex};
  if (value_ >= 0) ::close(value_);
  value_ = -1;
  if (previous_ != nullptr) previous_->next_ = next_;
  if (descriptors().first == this) descriptors().first = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  next_ = previous_ = nullptr;
  errno = error;
}

}  // namespace stoa
