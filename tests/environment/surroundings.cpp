#include "surroundings.hpp"

#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace stoa::testing {

void demand(bool condition, std::string const& what) {
  if (!condition) throw std::runtime_error{what};
}

child_status run_child(std::string_view program, child_arguments const& arguments) {
  auto one = child::start(program, arguments);
  return one.wait();
}

std::uint32_t user_nobody() {
  auto const* const nobody = ::getpwnam("nobody");
  return nobody == nullptr ? 65534 : nobody->pw_uid;
}

bool become(std::uint32_t user) {
  return ::setgroups(0, nullptr) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0;
}

bool become_nobody() { return become(user_nobody()); }

void limit(__rlimit_resource what, std::uint64_t most) {
  rlimit now{};
  ::getrlimit(what, &now);
  now.rlim_cur = most;
  demand(::setrlimit(what, &now) == 0, "a limit can be set");
}

void no_limit(__rlimit_resource what) {
  rlimit now{};
  ::getrlimit(what, &now);
  limit(what, now.rlim_max);
}

bool have_own_mounts() {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool mount_there(std::filesystem::path const& where, std::string const& type, std::string const& options) {
  return ::mount("stoa-test", where.c_str(), type.c_str(), 0, options.c_str()) == 0;
}

std::multiset<std::string> open_files() {
  std::multiset<std::string> out;
  std::error_code gone;  // the descriptor that lists the directory
  for (auto const& each : std::filesystem::directory_iterator{"/proc/self/fd"})
    if (auto const target = std::filesystem::read_symlink(each.path(), gone); !gone && target != "/proc/self/fd")
      out.insert(target.string());
  return out;
}

std::multiset<std::string> rights_of_mappings(std::string_view path) {
  std::multiset<std::string> out;
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    if (!line.ends_with(path)) continue;
    std::istringstream words{line};
    std::string addresses;
    std::string rights;
    words >> addresses >> rights;
    out.insert(rights);
  }
  return out;
}

}  // namespace stoa::testing
