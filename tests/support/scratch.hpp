// scratch.hpp: names that no other test uses, and waiting without sleeping blindly.
#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace stoa::testing {

// A segment name unique to this process and call; whatever has that name is removed in the end.
class scratch_name {
 public:
  scratch_name();
  ~scratch_name();
  scratch_name(scratch_name const&) = delete;
  scratch_name& operator=(scratch_name const&) = delete;
  std::string const& str() const noexcept { return name_; }
  operator std::string const&() const noexcept { return name_; }
  operator std::string_view() const noexcept { return name_; }
  std::filesystem::path path() const { return std::filesystem::path{"/dev/shm"} / name_; }

 private:
  std::string name_;
};

// A directory of its own under the temporary directory, removed in the end.
class scratch_directory {
 public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(scratch_directory const&) = delete;
  scratch_directory& operator=(scratch_directory const&) = delete;
  std::filesystem::path const& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

// Asks until it is true or `most` has passed: a watchdog, not a measure. Generous by default, so that only
// what hangs fails.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds most = std::chrono::seconds{30}) {
  auto const until = std::chrono::steady_clock::now() + most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::microseconds{200});
  }
  return true;
}

}  // namespace stoa::testing
