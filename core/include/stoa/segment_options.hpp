// stoa/segment_options.hpp: what is chosen when a segment is created or found.
#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace stoa {

enum class lifetime : std::uint32_t {
  reference_counted = 0,  // the last process to leave removes the name
  persistent = 1,         // stays until segment::remove()
};

// Where the bytes live: in memory (/dev/shm), or in files of a directory, whose pages the kernel
// writes back, so that the segment outlives a restart of the machine. Both are found by name. Whoever may make files
// there may make one under a name that others look for; so only those of this user and of root are opened, unless
// said otherwise (docs/security.md).
class backing {
 public:
  static backing shared_memory() { return backing{"/dev/shm"}; }
  // The file system must know O_TMPFILE (ext4, xfs, btrfs, tmpfs do): else errc::not_supported.
  static backing directory(std::filesystem::path const& path) {
    return backing{std::filesystem::absolute(path)};  // a later chdir changes nothing
  }

  // The same, and files of that user, or of all users, are opened as well.
  backing of_user(std::uint32_t user) const {
    auto out = *this;
    out.users_.push_back(user);
    return out;
  }
  backing of_any_user() const {
    auto out = *this;
    out.any_user_ = true;
    return out;
  }
  // What was said above; this process's own user and root are not among them.
  bool trusts(std::uint32_t user) const noexcept {
    return any_user_ || std::find(users_.begin(), users_.end(), user) != users_.end();
  }

  std::filesystem::path const& path() const noexcept { return path_; }
  bool is_shared_memory() const { return path_ == "/dev/shm"; }

 private:
  explicit backing(std::filesystem::path path) : path_{std::move(path)} {}
  std::filesystem::path path_;
  std::vector<std::uint32_t> users_;
  bool any_user_ = false;
};

struct segment_options {
  std::uint32_t max_entries = 256;      // names published at the same time
  std::uint32_t max_participants = 64;  // processes attached at the same time
  std::uint32_t max_lanes = 256;        // threads, over all processes, that push, pop or claim
  unsigned permissions = 0600;          // exactly these, whatever the umask; at most 0777
  stoa::lifetime lifetime = stoa::lifetime::reference_counted;
  stoa::backing backing = stoa::backing::shared_memory();
};

}  // namespace stoa
