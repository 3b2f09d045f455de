// ZeroMQ over ipc:// (Unix sockets, with a thread of its own in each process): PUSH and PULL, XPUB and SUB, REQ and
// REP.
#include <unistd.h>
#include <zmq.h>

#include "../cases/latency.hpp"
#include "../cases/stream.hpp"
#include "../cases/trip.hpp"
#include "../harness/descriptor.hpp"

namespace stoa::benchmarks::zeromq_subject {
namespace {

// A socket with its context: each member makes its own, after the fork.
class socket {
 public:
  socket(int kind, std::size_t capacity) : context_{::zmq_ctx_new()}, socket_{::zmq_socket(context_, kind)} {
    if (socket_ == nullptr) throw_errno("zmq_socket");
    set(ZMQ_SNDHWM, static_cast<int>(capacity));
    set(ZMQ_RCVHWM, static_cast<int>(capacity));
    set(ZMQ_SNDTIMEO, 20);  // then it is seen whether all has been sent
    set(ZMQ_RCVTIMEO, 20);
    set(ZMQ_LINGER, 0);
    set(ZMQ_RECONNECT_IVL, 1);  // the other side may not be there yet
    if (kind == ZMQ_XPUB) {
      set(ZMQ_XPUB_NODROP, 1);
      set(ZMQ_XPUB_VERBOSE, 1);  // every subscription is told, so that they can be counted
    }
    if (kind == ZMQ_SUB) ::zmq_setsockopt(socket_, ZMQ_SUBSCRIBE, "", 0);
  }
  socket(socket&& other) noexcept
      : context_{std::exchange(other.context_, nullptr)}, socket_{std::exchange(other.socket_, nullptr)} {}
  socket& operator=(socket&&) = delete;
  ~socket() {
    if (socket_ == nullptr) return;
    ::zmq_close(socket_);
    ::zmq_ctx_term(context_);
  }
  socket& bind(std::string const& where) {
    if (::zmq_bind(socket_, where.c_str()) != 0) throw_errno("zmq_bind");
    return *this;
  }
  socket& connect(std::string const& where) {
    if (::zmq_connect(socket_, where.c_str()) != 0) throw_errno("zmq_connect");
    return *this;
  }
  std::size_t send_bytes(void const* bytes, std::size_t size) {
    return bytes_done(::zmq_send(socket_, bytes, size, 0), "zmq_send");
  }
  std::size_t receive_bytes(void* bytes, std::size_t size) {
    return bytes_done(::zmq_recv(socket_, bytes, size, 0), "zmq_recv");
  }

 private:
  void set(int option, int value) { ::zmq_setsockopt(socket_, option, &value, sizeof(value)); }
  void* context_;
  void* socket_;
};

struct address {
  explicit address(std::string const& name) : path{"/tmp/" + name} {}
  address(address const&) = delete;
  address& operator=(address const&) = delete;
  ~address() { ::unlink(path.c_str()); }
  std::string text() const { return "ipc://" + path; }
  std::string path;
};

template <std::size_t Bytes>
struct end {
  socket mine;
  bool send(message<Bytes> const& each) { return mine.send_bytes(&each, Bytes) == Bytes; }
  template <class Use>
  std::size_t receive(std::size_t, Use const& use) {
    message<Bytes> got;
    if (mine.receive_bytes(&got, Bytes) != Bytes) return 0;
    use(&got);
    return 1;
  }
};

template <std::size_t Bytes>
struct push_peer {
  static constexpr auto where = runs_in::processes;
  explicit push_peer(stream_plan const& plan) : at{plan.name}, capacity{plan.capacity} {}
  end<Bytes> sender(unsigned) const { return {std::move(socket{ZMQ_PUSH, capacity}.connect(at.text()))}; }
  end<Bytes> receiver(unsigned) const { return {std::move(socket{ZMQ_PULL, capacity}.bind(at.text()))}; }
  address at;
  std::size_t capacity;
};

template <std::size_t Bytes>
struct publish_peer {
  static constexpr auto where = runs_in::processes;
  explicit publish_peer(stream_plan const& with) : plan{with}, at{with.name} {}
  end<Bytes> sender(unsigned) const {
    end<Bytes> out{std::move(socket{ZMQ_XPUB, plan.capacity}.bind(at.text()))};
    char subscription[8];
    for (unsigned i = 0; i < plan.receivers;) i += out.mine.receive_bytes(subscription, sizeof(subscription)) != 0;
    return out;
  }
  end<Bytes> receiver(unsigned) const { return {std::move(socket{ZMQ_SUB, plan.capacity}.connect(at.text()))}; }
  stream_plan plan;
  address at;
};

template <std::size_t Bytes>
struct call_peer {
  static constexpr auto where = runs_in::processes;
  struct caller_end {
    socket mine;
    template <class Use>
    bool call(message<Bytes> const& request, Use const& use) {
      message<Bytes> got;
      if (mine.send_bytes(&request, Bytes) != Bytes) return false;
      for (int patience = 0; patience < 250; ++patience)
        if (mine.receive_bytes(&got, Bytes) == Bytes) {
          use(&got);
          return true;
        }
      return false;
    }
  };
  struct server_end {
    socket mine;
    message<Bytes> response = make_message<Bytes>(0);
    template <class Answer>
    void serve(Answer const& answer) {
      message<Bytes> got;
      if (mine.receive_bytes(&got, Bytes) != Bytes) return;
      answer(&got, response);
      mine.send_bytes(&response, Bytes);
    }
  };
  explicit call_peer(std::string const& name) : at{name} {}
  caller_end caller() const { return {std::move(socket{ZMQ_REQ, 16}.connect(at.text()))}; }
  server_end server() const { return {std::move(socket{ZMQ_REP, 16}.bind(at.text()))}; }
  address at;
};

bool const entered = enter_pair<push_peer, 64, 1024, 4096, 65536>("messages", "ZeroMQ") &&
                     enter_broadcast<publish_peer>("ZeroMQ") && enter_trips<call_peer, 64, 1024>("ZeroMQ") &&
                     enter_latency<push_peer>("ZeroMQ");

}  // namespace
}  // namespace stoa::benchmarks::zeromq_subject
