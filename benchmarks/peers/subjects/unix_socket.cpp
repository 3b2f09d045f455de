// A pair of Unix sockets that keep messages apart (SOCK_SEQPACKET); calls wait in the kernel.
#include <sys/socket.h>
#include <sys/time.h>

#include "../cases/latency.hpp"
#include "../cases/stream.hpp"
#include "../cases/trip.hpp"
#include "../harness/descriptor.hpp"

namespace stoa::benchmarks::unix_socket_subject {
namespace {

struct socket_pair {
  socket_pair() {
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw_errno("socketpair");
    timeval const patience{0, 20'000};  // then it is seen whether all has been sent
    for (auto const end : ends) {
      ::setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
      ::setsockopt(end, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    }
  }
  socket_pair(socket_pair const&) = delete;
  socket_pair& operator=(socket_pair const&) = delete;
  ~socket_pair() {
    for (auto const end : ends) ::close(end);
  }
  int ends[2];
};

template <std::size_t Bytes>
struct socket_end {
  int fd;
  bool send(message<Bytes> const& each) const { return bytes_done(::send(fd, &each, Bytes, 0), "send") == Bytes; }
  template <class Use>
  std::size_t receive(std::size_t, Use const& use) const {
    message<Bytes> got;
    if (bytes_done(::recv(fd, &got, Bytes, 0), "recv") != Bytes) return 0;
    use(&got);
    return 1;
  }
};

template <std::size_t Bytes>
struct socket_peer {
  static constexpr auto where = runs_in::processes;
  explicit socket_peer(stream_plan const&) {}
  socket_end<Bytes> sender(unsigned) const { return {pair.ends[0]}; }
  socket_end<Bytes> receiver(unsigned) const { return {pair.ends[1]}; }
  socket_pair pair;
};

template <std::size_t Bytes>
struct socket_calls {
  static constexpr auto where = runs_in::processes;
  explicit socket_calls(std::string const&) {}
  using end = socket_end<Bytes>;
  auto caller() const { return message_caller<end, end, Bytes>{{pair.ends[0]}, {pair.ends[0]}}; }
  auto server() const { return message_server<end, end, Bytes>{{pair.ends[1]}, {pair.ends[1]}}; }
  socket_pair pair;
};

bool const entered = enter_pair<socket_peer, 8, 64, 1024, 65536>("spsc", "Unix socket") &&
                     enter_pair<socket_peer, 64, 1024, 4096, 65536>("messages", "Unix socket") &&
                     enter_trips<socket_calls, 64, 1024>("Unix socket") && enter_latency<socket_peer>("Unix socket");

}  // namespace
}  // namespace stoa::benchmarks::unix_socket_subject
