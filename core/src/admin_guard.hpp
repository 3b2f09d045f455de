// admin_guard.hpp: the admin lock: one changer of a segment's tables at a time.
//
// Between processes an open-file-description lock, which the kernel releases when its holder dies;
// between threads of this process, which share the description, a mutex.
#pragma once
#include <mutex>
#include <stoa/attachment.hpp>

#include "segment_file.hpp"

namespace stoa {

class attachment::admin_guard {
 public:
  admin_guard(std::mutex& threads, segment_file& file) : threads_{threads}, file_{file} {
    file_.lock(admin_lock_byte);
  }
  ~admin_guard() { file_.unlock(admin_lock_byte); }
  admin_guard(admin_guard const&) = delete;
  admin_guard& operator=(admin_guard const&) = delete;

 private:
  std::scoped_lock<std::mutex> threads_;
  segment_file& file_;
};

}  // namespace stoa
