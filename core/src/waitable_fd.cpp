#include <sys/eventfd.h>

#include <cerrno>
#include <stoa/base/result.hpp>
#include <stoa/waitable_fd.hpp>
#include <utility>

#include "segment_file.hpp"
#include "watch_thread.hpp"

namespace stoa {

waitable_fd::waitable_fd()
    : watch_{std::make_unique<internal::watch>([] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); })} {
  if (get() < 0) throw error{system_failure(errno, "cannot make a descriptor to wait with")};
}

waitable_fd::waitable_fd(waitable_fd&& other) noexcept = default;

waitable_fd& waitable_fd::operator=(waitable_fd&& other) noexcept {
  if (this != &other) {
    stop();
    watch_ = std::move(other.watch_);
  }
  return *this;
}

waitable_fd::~waitable_fd() { stop(); }

int waitable_fd::get() const noexcept { return watch_ ? watch_->descriptor.get() : -1; }

void waitable_fd::stop() noexcept {
  if (get() < 0) return;  // moved from, or a forked child's
  internal::watch_thread::instance().remove(*watch_);
  watch_->clear();
  watch_->what = {};
}

void waitable_fd::start(wait_point what) {
  if (get() < 0) throw error{failure{errc::forked, "a descriptor to wait with is the parent's"}};
  stop();
  watch_->what = std::move(what);
  if (watch_->what.flag != nullptr) watch_->made = announce_sleep(*watch_->what.flag);  // before the look (I1)
  if (watch_->what.is_ready()) return watch_->set();
  internal::watch_thread::instance().add(*watch_);
}

}  // namespace stoa
