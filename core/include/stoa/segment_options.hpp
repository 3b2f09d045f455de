// stoa/segment_options.hpp: what is chosen when a segment is created or found.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

namespace stoa {

enum class lifetime : std::uint32_t {
  reference_counted = 0,  // the last process to leave removes the name
  persistent = 1,         // stays until segment::remove()
};

// Where the bytes live: in memory (/dev/shm), or in files of a directory, whose pages the kernel
// writes back, so that the segment outlives a restart of the machine. Both are found by name.
class backing {
 public:
  static backing shared_memory() { return backing{"/dev/shm"}; }
  // The file system must know O_TMPFILE (ext4, xfs, btrfs, tmpfs do): else errc::not_supported.
  static backing directory(std::filesystem::path const& path) {
    return backing{std::filesystem::absolute(path)};  // a later chdir changes nothing
  }

  std::filesystem::path const& path() const noexcept { return path_; }
  bool is_shared_memory() const { return path_ == "/dev/shm"; }

 private:
  explicit backing(std::filesystem::path path) : path_{std::move(path)} {}
  std::filesystem::path path_;
};

struct segment_options {
  std::uint32_t max_entries = 256;      // names published at the same time
  std::uint32_t max_participants = 64;  // processes attached at the same time
  std::uint32_t max_lanes = 256;        // threads, over all processes, that push, pop or claim
  unsigned permissions = 0600;          // exactly these, whatever the umask
  stoa::lifetime lifetime = stoa::lifetime::reference_counted;
  stoa::backing backing = stoa::backing::shared_memory();
};

}  // namespace stoa
