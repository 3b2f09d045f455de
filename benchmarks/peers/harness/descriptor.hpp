// descriptor.hpp: a file descriptor that is closed when it goes.
#pragma once
#include <fmt/format.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace stoa::benchmarks {

[[noreturn]] inline void throw_errno(char const* what) {
  throw std::runtime_error{fmt::format("{}: {}", what, std::strerror(errno))};
}
// What a read or write says, which nothing came for yet: 0.
inline std::size_t bytes_done(ssize_t result, char const* what) {
  if (result >= 0) return static_cast<std::size_t>(result);
  if (errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT) return 0;
  throw_errno(what);
}

class descriptor {
 public:
  descriptor(int fd, char const* what) : fd_{fd} {
    if (fd < 0) throw_errno(what);
  }
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace stoa::benchmarks
