// A named pipe: writes and reads wait in the kernel, one call for each message or batch.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "../cases/latency.hpp"
#include "../cases/stream.hpp"
#include "../cases/trip.hpp"
#include "../harness/descriptor.hpp"

namespace stoa::benchmarks::pipe_subject {
namespace {

template <std::size_t Bytes>
struct pipe_peer {
  using element = message<Bytes>;
  static constexpr auto where = runs_in::processes;

  struct sender_end {
    descriptor fd;
    bool send(element const& each) { return send_n({&each, 1}) == 1; }
    std::size_t send_n(std::span<element const> some) {
      auto const bytes = std::as_bytes(some);
      for (std::size_t done = 0; done < bytes.size();)
        done += bytes_done(::write(fd.get(), bytes.data() + done, bytes.size() - done), "write");
      return some.size();
    }
  };
  struct receiver_end {
    descriptor fd;
    std::vector<std::byte> got;
    std::size_t filled = 0;  // the beginning of a message may have come without its end
    template <class Use>
    std::size_t receive(std::size_t most, Use const& use) {
      do {
        auto const now = bytes_done(::read(fd.get(), got.data() + filled, most * Bytes - filled), "read");
        if (now == 0) return 0;  // the writer has left
        filled += now;
      } while (filled < Bytes);
      auto const count = filled / Bytes;
      for (std::size_t i = 0; i < count; ++i) use(got.data() + i * Bytes);
      filled -= count * Bytes;
      std::memmove(got.data(), got.data() + count * Bytes, filled);
      return count;
    }
  };

  explicit pipe_peer(stream_plan const& plan) : path{"/tmp/" + plan.name} {
    if (::mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error{"mkfifo failed"};
  }
  pipe_peer(pipe_peer const&) = delete;
  pipe_peer& operator=(pipe_peer const&) = delete;
  ~pipe_peer() { ::unlink(path.c_str()); }
  // Each open waits for the other one.
  sender_end sender(unsigned) const { return {descriptor{::open(path.c_str(), O_WRONLY | O_CLOEXEC), "open"}}; }
  receiver_end receiver(unsigned) const {
    return {descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open"}, std::vector<std::byte>(batch * Bytes)};
  }
  std::string path;
};

bool const entered = enter_pair<pipe_peer, 8, 64, 1024, 65536>("spsc", "pipe") &&
                     enter_pair<pipe_peer, 64, 1024, 4096, 65536>("messages", "pipe") &&
                     enter_trips<two_streams<pipe_peer>::peer, 64, 1024>("pipe") && enter_latency<pipe_peer>("pipe");

}  // namespace
}  // namespace stoa::benchmarks::pipe_subject
