// in_child.hpp: work in a forked child, which has what its parent had opened.
#pragma once
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stoa/base/result.hpp>
#include <string_view>

namespace stoa::testing {

// What `work` returns the child exits with.
inline pid_t start_in_child(std::function<int()> const& work) {
  pid_t const pid = ::fork();
  if (pid == 0) {
    ::alarm(60);
    int status = 90;
    try {
      status = work();
    } catch (...) {
      status = 91;
    }
    ::_exit(status);
  }
  return pid;
}
inline int status_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 92;
}
inline int in_child(std::function<int()> const& work) { return status_of(start_in_child(work)); }

template <class Call>
bool is_forked(Call call) {
  try {
    call();
  } catch (error const& refused) {
    return refused.code() == errc::forked &&
           std::string_view{refused.what()}.find("fork") != std::string_view::npos;
  }
  return false;
}

template <class T>
bool is_forked(result<T> const& got) {
  return !got && got.error().code() == errc::forked;
}

}  // namespace stoa::testing
