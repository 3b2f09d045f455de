#include "scratch.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <random>

namespace stoa::testing {
namespace {

// Process numbers come again, and what a killed test left is still there.
std::string mark_of_this_run() {
  char text[9];
  std::snprintf(text, sizeof(text), "%08x", std::random_device{}());
  return text;
}

std::string unique(char const* prefix) {
  static std::string const mark = mark_of_this_run();
  static std::atomic<int> count{0};
  return prefix + std::to_string(::getpid()) + '-' + mark + '-' + std::to_string(count.fetch_add(1));
}

}  // namespace

scratch_name::scratch_name() : name_{unique("stoa-test-")} {}

scratch_name::~scratch_name() {
  std::error_code ignored;
  std::filesystem::remove(path(), ignored);
}

scratch_directory::scratch_directory()
    : path_{std::filesystem::temp_directory_path() / unique("stoa-test-dir-")} {
  std::filesystem::create_directories(path_);
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace stoa::testing
