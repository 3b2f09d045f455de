// admin_guard.hpp: the admin lock: one changer of a segment's tables at a time.
//
// Between processes an open-file-description lock, which the kernel releases when its holder dies;
// between threads of this process, which share the description, a mutex. Nobody waits for ever: a holder that is
// stopped, or means ill, costs those who come an error (held_up), and nothing is taken from him.
#pragma once
#include <fmt/format.h>

#include <mutex>
#include <stoa/attachment.hpp>
#include <stoa/waiting.hpp>
#include <string_view>

#include "segment_file.hpp"

namespace stoa {

class attachment::admin_guard {
 public:
  admin_guard(std::mutex& threads, segment_file& file) : threads_{threads, std::defer_lock}, file_{file} {
    auto const until = deadline::after(admin_patience);
    is_locked_ = look_for(until, wait_strategy::sleep, [this] { return threads_.try_lock(); }) &&
                 file_.lock(admin_lock_byte, until);
  }
  ~admin_guard() {
    if (is_locked_) file_.unlock(admin_lock_byte);
  }
  admin_guard(admin_guard const&) = delete;
  admin_guard& operator=(admin_guard const&) = delete;

  bool is_locked() const noexcept { return is_locked_; }
  static failure held_up(std::string_view segment) {
    return {errc::held_up, fmt::format("segment '{}': a live process has its admin lock, and has not let go within {} s",
                                       segment, admin_patience.count())};
  }

 private:
  std::unique_lock<std::mutex> threads_;
  segment_file& file_;
  bool is_locked_ = false;
};

}  // namespace stoa
