// segment_file.hpp: the file behind a segment: made whole before it has a name, locked by byte.
//
// Lock bytes lie far beyond any file's end: admin_lock_byte, then one per participant place, and one per
// name slot for whoever builds its entry. They are exclusive open-file-description locks: the kernel drops them when
// the last descriptor of the description closes, so when its process dies, however it dies; across pid namespaces;
// without pid reuse.
//
// Two descriptions. The mapping holds a reference to the description it was made from, and a forked
// child inherits the mapping. Were it the one with the locks, a dead parent would look alive for as
// long as its child has the mapping. So the mapping comes from a second description.
#pragma once
#include <boost/interprocess/mapped_region.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stoa/base/result.hpp>
#include <stoa/fork_guard.hpp>
#include <stoa/segment_options.hpp>
#include <stoa/waiting.hpp>
#include <string>

namespace stoa {

// How long open, publish, erase and remove wait for who has the admin lock: he may be stopped.
inline constexpr std::chrono::seconds admin_patience{10};

inline constexpr std::uint64_t admin_lock_byte = std::uint64_t{1} << 62;
constexpr std::uint64_t place_lock_byte(std::uint32_t place) noexcept {
  return admin_lock_byte + 1 + place;
}
constexpr std::uint64_t builder_lock_byte(std::uint32_t slot) noexcept {
  return admin_lock_byte + (std::uint64_t{1} << 32) + slot;
}

enum class access { read_only, read_write };

class segment_file {
 public:
  // An anonymous file in `directory`: no other process can find it until link().
  static result<std::unique_ptr<segment_file>> create(std::filesystem::path const& directory,
                                                      unsigned permissions, std::uint64_t bytes);
  // Follows no symbolic link; refuses what is not a regular file.
  static result<std::unique_ptr<segment_file>> open(std::filesystem::path const& path, access mode);

  // untrusted_file: its owner is none that `where` trusts; or it has a second name, so that what was looked for may
  // be another segment.
  result<void> check_origin(backing const& where) const;

  // Gives the file its name, all at once. already_exists if the name is taken.
  result<void> link(std::filesystem::path const& path);
  // Whether `path` still names this file, and not none or another.
  bool is_at(std::filesystem::path const& path) const;

  result<std::uint64_t> bytes() const;
  // Reads without mapping: short reads past the end leave zeros. Returns how many bytes there were.
  result<std::size_t> read(void* to, std::size_t bytes, std::uint64_t offset) const;
  // Reserves pages, so that touching them later cannot fail. no_space when there are too few.
  result<void> reserve(std::uint64_t offset, std::uint64_t bytes);
  // Gives pages back that nobody ever looked at.
  void unreserve(std::uint64_t offset, std::uint64_t bytes) noexcept;
  result<boost::interprocess::mapped_region> map(access mode, std::uint64_t bytes) const;
  // Whether a reserved page can be touched whatever is around it. On a disk it cannot: the kernel takes pages in
  // larger pieces there, of which every block must be had when one byte is first written; if the disk is full, and one
  // of those blocks is in a hole, that is SIGBUS.
  bool may_be_sparse() const noexcept;
  // Free bytes of the file system.
  std::uint64_t available() const noexcept;

  bool try_lock(std::uint64_t byte) noexcept;
  // Waits, and not longer than that: the holder may be stopped. False at once in a forked child.
  bool lock(std::uint64_t byte, deadline until) noexcept;
  void unlock(std::uint64_t byte) noexcept;
  // Whether another description holds one of them. Works on a read-only descriptor. Own locks do not count, nor do
  // shared ones: those are for whoever may read, and say nothing.
  bool is_locked_elsewhere(std::uint64_t byte, std::uint64_t count = 1) const noexcept;

  bool was_inherited() const noexcept { return descriptor_.get() < 0; }
  void close() noexcept { descriptor_.close(); }

 private:
  template <class Open>
  explicit segment_file(Open open) : descriptor_{open} {}
  private_descriptor descriptor_;
};

// failure{code, "context: strerror(error)"}, with the code that fits `error`.
failure system_failure(int error, std::string const& context);

}  // namespace stoa
