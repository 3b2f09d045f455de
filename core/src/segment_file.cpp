#include "segment_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stoa {
namespace {

namespace ipc = boost::interprocess;

// This process's way to name what a descriptor refers to, whatever happened to its name.
std::string self_path(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

struct flock byte_lock(short type, std::uint64_t byte, std::uint64_t count = 1) noexcept {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(byte);
  lock.l_len = static_cast<off_t>(count);
  return lock;
}

// The second description, as boost::interprocess::mapped_region wants it; closed once the mapping is made.
class mapped_descriptor {
 public:
  using handle_type = decltype(std::declval<ipc::file_mapping const&>().get_mapping_handle());
  mapped_descriptor(access mode, std::string const& path)
      : descriptor_{[&] {
          return ::open(path.c_str(), (mode == access::read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
        }} {}
  handle_type get_mapping_handle() const noexcept { return {descriptor_.get(), false}; }

 private:
  private_descriptor descriptor_;
};

errc code_for(int error) noexcept {
  switch (error) {
    case ENOENT: return errc::not_found;
    case EEXIST: return errc::already_exists;
    case EACCES:
    case EPERM:
    case EROFS: return errc::permission_denied;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:  // tmpfs: the pages of a control group
    case EFBIG: return errc::no_space;
    case ELOOP:
    case EISDIR:
    case ENXIO: return errc::foreign_file;
    case ENAMETOOLONG: return errc::invalid_name;
    case EOPNOTSUPP: return errc::not_supported;
    default: return errc::system_failure;
  }
}

}  // namespace

failure system_failure(int error, std::string const& context) {
  return {code_for(error), fmt::format("{}: {}", context, std::strerror(error))};
}

result<std::unique_ptr<segment_file>> segment_file::create(std::filesystem::path const& directory,
                                                           unsigned permissions, std::uint64_t bytes) {
  std::unique_ptr<segment_file> made{new segment_file{[&] {
    return ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  }}};
  int const descriptor = made->descriptor_.get();
  if (descriptor < 0) {
    // Kernels and file systems without O_TMPFILE see a directory opened for writing.
    if (errno == EISDIR || errno == EOPNOTSUPP)
      return failure{errc::not_supported,
                     fmt::format("{}: this file system cannot make a file without a name (O_TMPFILE)",
                                 directory.string())};
    return system_failure(errno, fmt::format("cannot create a segment in {}", directory.string()));
  }
  // What the process may not make must not be tried: SIGXFSZ would kill it.
  rlimit allowed{};
  if (::getrlimit(RLIMIT_FSIZE, &allowed) == 0 && bytes > allowed.rlim_cur)
    return failure{errc::no_space, fmt::format("a file of {} bytes is needed, and this process may make them of {} "
                                               "(RLIMIT_FSIZE)", bytes, allowed.rlim_cur)};
  // Not through open()'s mode: that is subject to the umask.
  if (::fchmod(descriptor, static_cast<mode_t>(permissions)) != 0)
    return system_failure(errno, fmt::format("cannot set permissions {:o}", permissions));
  if (::ftruncate(descriptor, static_cast<off_t>(bytes)) != 0)
    // EINVAL: more than the file system can number
    return system_failure(errno == EINVAL ? EFBIG : errno, fmt::format("cannot make a file of {} bytes in {}", bytes,
                                             directory.string()));
  return made;
}

result<std::unique_ptr<segment_file>> segment_file::open(std::filesystem::path const& path, access mode) {
  int const how = mode == access::read_only ? O_RDONLY : O_RDWR;
  std::unique_ptr<segment_file> made{new segment_file{[&] {
    // O_NONBLOCK: a fifo of that name must not hold us up. O_NOCTTY: a terminal must not become ours.
    return ::open(path.c_str(), how | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  }}};
  if (made->descriptor_.get() < 0)
    return system_failure(errno, fmt::format("cannot open segment '{}'", path.filename().string()));
  struct stat status {};
  if (::fstat(made->descriptor_.get(), &status) != 0)
    return system_failure(errno, fmt::format("cannot inspect segment '{}'", path.filename().string()));
  if (!S_ISREG(status.st_mode))
    return failure{errc::foreign_file, fmt::format("'{}' is not a regular file", path.string())};
  return made;
}

result<void> segment_file::check_origin(backing const& where) const {
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) return system_failure(errno, "cannot inspect a segment");
  auto const me = ::geteuid();
  if (status.st_uid != me && status.st_uid != 0 && !where.trusts(status.st_uid))
    return failure{errc::untrusted_file,
                   fmt::format("expected a file of user {} or of root, found one of user {} (backing::of_user)", me,
                               status.st_uid)};
  // 0: it was removed just now.
  if (status.st_nlink > 1)
    return failure{errc::untrusted_file,
                   fmt::format("expected a file with one name, found one with {} (hard links)", status.st_nlink)};
  return {};
}

result<void> segment_file::link(std::filesystem::path const& path) {
  auto const self = self_path(descriptor_.get());
  if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  return system_failure(errno, fmt::format("cannot name segment '{}'", path.filename().string()));
}

bool segment_file::is_at(std::filesystem::path const& path) const {
  struct stat mine {}, named {};
  if (::fstat(descriptor_.get(), &mine) != 0 || mine.st_nlink == 0) return false;
  if (::lstat(path.c_str(), &named) != 0) return false;
  return mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

result<std::uint64_t> segment_file::bytes() const {
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) return system_failure(errno, "cannot inspect a segment");
  return static_cast<std::uint64_t>(status.st_size);
}

result<std::size_t> segment_file::read(void* to, std::size_t bytes, std::uint64_t offset) const {
  std::memset(to, 0, bytes);
  auto const got = ::pread(descriptor_.get(), to, bytes, static_cast<off_t>(offset));
  if (got < 0) return system_failure(errno, "cannot read a segment");
  return static_cast<std::size_t>(got);
}

result<void> segment_file::reserve(std::uint64_t offset, std::uint64_t bytes) {
  // In slices: before Linux 6.6 tmpfs gives up and undoes all of a call when any signal arrives.
  constexpr std::uint64_t slice = std::uint64_t{4} << 20;
  for (std::uint64_t done = 0; done < bytes;) {
    auto const length = std::min(slice, bytes - done);
    if (::fallocate(descriptor_.get(), 0, static_cast<off_t>(offset + done), static_cast<off_t>(length)) == 0)
      done += length;
    else if (code_for(errno) == errc::no_space)
      return failure{errc::no_space, fmt::format("{} bytes are needed and the file system has {} left",
                                                 bytes, available() + done)};
    else if (errno != EINTR)
      return system_failure(errno, "cannot reserve pages of a segment");
  }
  return {};
}

void segment_file::unreserve(std::uint64_t offset, std::uint64_t bytes) noexcept {
  ::fallocate(descriptor_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
              static_cast<off_t>(bytes));
}

result<boost::interprocess::mapped_region> segment_file::map(access mode, std::uint64_t bytes) const {
  auto const rights = mode == access::read_only ? ipc::read_only : ipc::read_write;
  auto const self = self_path(descriptor_.get());
  mapped_descriptor const second{mode, self};
  if (second.get_mapping_handle().handle < 0) return system_failure(errno, "cannot open a segment a second time");
  try {
    return ipc::mapped_region{second, rights, 0, static_cast<std::size_t>(bytes)};
  } catch (ipc::interprocess_exception const& problem) {
    auto const number = problem.get_native_error();
    bool const is_too_large = number == ENOMEM || number == EAGAIN;  // the latter: to be locked (mlockall)
    return failure{is_too_large ? errc::no_space : errc::system_failure,
                   fmt::format("cannot map {} bytes: {}", bytes, problem.what())};
  }
}

bool segment_file::may_be_sparse() const noexcept {
  struct statfs status {};
  return ::fstatfs(descriptor_.get(), &status) == 0 && status.f_type == TMPFS_MAGIC;
}

std::uint64_t segment_file::available() const noexcept {
  struct statvfs status {};
  if (::fstatvfs(descriptor_.get(), &status) != 0) return 0;
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

bool segment_file::try_lock(std::uint64_t byte) noexcept {
  auto request = byte_lock(F_WRLCK, byte);
  return ::fcntl(descriptor_.get(), F_OFD_SETLK, &request) == 0;
}

bool segment_file::lock(std::uint64_t byte, deadline until) noexcept {
  // Not F_OFD_SETLKW, which waits for ever.
  bool is_ours = false;
  look_for(until, wait_strategy::sleep, [&] {
    is_ours = try_lock(byte);
    return is_ours || was_inherited();
  });
  return is_ours;
}

void segment_file::unlock(std::uint64_t byte) noexcept {
  auto request = byte_lock(F_UNLCK, byte);
  ::fcntl(descriptor_.get(), F_OFD_SETLK, &request);
}

bool segment_file::is_locked_elsewhere(std::uint64_t byte, std::uint64_t count) const noexcept {
  auto query = byte_lock(F_RDLCK, byte, count);  // which shared locks are not in the way of
  // When the kernel does not answer, the answer that harms nobody is "alive".
  return ::fcntl(descriptor_.get(), F_OFD_GETLK, &query) != 0 || query.l_type != F_UNLCK;
}

}  // namespace stoa
