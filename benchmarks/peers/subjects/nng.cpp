// nng over ipc:// (Unix sockets, with threads of its own in each process): push and pull, req and rep. Its pub and sub
// drop messages for those who are slow, so that it has no part in the broadcast, where none may be lost.
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include <utility>

#include "../cases/latency.hpp"
#include "../cases/stream.hpp"
#include "../cases/trip.hpp"

namespace stoa::benchmarks::nng_subject {
namespace {

void expect(int code, char const* what) {
  if (code != 0) throw std::runtime_error{fmt::format("{}: {}", what, ::nng_strerror(code))};
}

class socket {
 public:
  explicit socket(int (*open)(nng_socket*)) {
    expect(open(&socket_), "nng open");
    ::nng_socket_set_ms(socket_, NNG_OPT_SENDTIMEO, 20);  // then it is seen whether all has been sent
    ::nng_socket_set_ms(socket_, NNG_OPT_RECVTIMEO, 20);
    ::nng_socket_set_ms(socket_, NNG_OPT_RECONNMINT, 5);
    ::nng_socket_set_int(socket_, NNG_OPT_SENDBUF, 1024);
    ::nng_socket_set_int(socket_, NNG_OPT_RECVBUF, 1024);
    ::nng_socket_set_size(socket_, NNG_OPT_RECVMAXSZ, 0);
  }
  socket(socket&& other) noexcept : socket_{std::exchange(other.socket_, nng_socket{})} {}
  socket& operator=(socket&&) = delete;
  ~socket() {
    if (socket_.id != 0) ::nng_close(socket_);
  }
  socket& listen(std::string const& where) {
    expect(::nng_listen(socket_, where.c_str(), nullptr, 0), "nng_listen");
    return *this;
  }
  socket& dial(std::string const& where) {
    expect(::nng_dial(socket_, where.c_str(), nullptr, NNG_FLAG_NONBLOCK), "nng_dial");
    return *this;
  }
  // False: not in time.
  bool send_bytes(void const* bytes, std::size_t size) {
    return is_done(::nng_send(socket_, const_cast<void*>(bytes), size, 0), "nng_send");
  }
  bool receive_bytes(void* bytes, std::size_t size) {
    auto got = size;
    return is_done(::nng_recv(socket_, bytes, &got, 0), "nng_recv") && got == size;
  }

 private:
  static bool is_done(int code, char const* what) {
    if (code == NNG_ETIMEDOUT) return false;
    expect(code, what);
    return true;
  }
  nng_socket socket_{};
};

std::string address(std::string const& name) { return "ipc:///tmp/" + name; }

template <std::size_t Bytes>
struct push_peer {
  static constexpr auto where = runs_in::processes;
  struct end {
    socket mine;
    bool send(message<Bytes> const& each) { return mine.send_bytes(&each, Bytes); }
    template <class Use>
    std::size_t receive(std::size_t, Use const& use) {
      message<Bytes> got;
      if (!mine.receive_bytes(&got, Bytes)) return 0;
      use(&got);
      return 1;
    }
  };
  explicit push_peer(stream_plan const& plan) : at{address(plan.name)} {}
  end sender(unsigned) const { return {std::move(socket{::nng_push0_open}.dial(at))}; }
  end receiver(unsigned) const { return {std::move(socket{::nng_pull0_open}.listen(at))}; }
  std::string at;
};

template <std::size_t Bytes>
struct call_peer {
  static constexpr auto where = runs_in::processes;
  struct caller_end {
    socket mine;
    template <class Use>
    bool call(message<Bytes> const& request, Use const& use) {
      message<Bytes> got;
      for (int patience = 0; !mine.send_bytes(&request, Bytes);)
        if (++patience > 250) return false;
      for (int patience = 0; !mine.receive_bytes(&got, Bytes);)
        if (++patience > 250) return false;
      use(&got);
      return true;
    }
  };
  struct server_end {
    socket mine;
    message<Bytes> response = make_message<Bytes>(0);
    template <class Answer>
    void serve(Answer const& answer) {
      message<Bytes> got;
      if (!mine.receive_bytes(&got, Bytes)) return;
      answer(&got, response);
      mine.send_bytes(&response, Bytes);
    }
  };
  explicit call_peer(std::string const& name) : at{address(name)} {}
  caller_end caller() const { return {std::move(socket{::nng_req0_open}.dial(at))}; }
  server_end server() const { return {std::move(socket{::nng_rep0_open}.listen(at))}; }
  std::string at;
};

bool const entered = enter_pair<push_peer, 64, 1024, 4096, 65536>("messages", "nng") &&
                     enter_trips<call_peer, 64, 1024>("nng") && enter_latency<push_peer>("nng");

}  // namespace
}  // namespace stoa::benchmarks::nng_subject
