// A POSIX message queue: calls wait in the kernel. Without privileges it has room for 10 messages of at most 8 KB.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/stat.h>
#include <time.h>

#include "../cases/latency.hpp"
#include "../cases/stream.hpp"
#include "../cases/trip.hpp"
#include "../harness/descriptor.hpp"

namespace stoa::benchmarks::posix_mq_subject {
namespace {

timespec in_20_ms() {
  timespec out{};
  ::clock_gettime(CLOCK_REALTIME, &out);
  out.tv_nsec += 20'000'000;
  if (out.tv_nsec >= 1'000'000'000) {
    out.tv_nsec -= 1'000'000'000;
    ++out.tv_sec;
  }
  return out;
}

template <std::size_t Bytes>
struct mq_peer {
  static constexpr auto where = runs_in::processes;

  struct end {
    descriptor queue;
    bool send(message<Bytes> const& each) {
      auto const until = in_20_ms();
      auto const done = ::mq_timedsend(queue.get(), reinterpret_cast<char const*>(&each), Bytes, 0, &until);
      if (done == 0) return true;
      return bytes_done(done, "mq_timedsend") != 0;
    }
    template <class Use>
    std::size_t receive(std::size_t, Use const& use) {
      message<Bytes> got;
      auto const until = in_20_ms();
      if (bytes_done(::mq_timedreceive(queue.get(), reinterpret_cast<char*>(&got), Bytes, nullptr, &until),
                     "mq_timedreceive") != Bytes)
        return 0;
      use(&got);
      return 1;
    }
  };

  explicit mq_peer(stream_plan const& plan) : name{"/" + plan.name} {
    mq_attr wanted{};
    wanted.mq_maxmsg = 10;
    wanted.mq_msgsize = Bytes;
    descriptor{::mq_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600, &wanted), "mq_open"};
  }
  mq_peer(mq_peer const&) = delete;
  mq_peer& operator=(mq_peer const&) = delete;
  ~mq_peer() { ::mq_unlink(name.c_str()); }
  end sender(unsigned) const { return {descriptor{::mq_open(name.c_str(), O_WRONLY), "mq_open"}}; }
  end receiver(unsigned) const { return {descriptor{::mq_open(name.c_str(), O_RDONLY), "mq_open"}}; }
  std::string name;
};

bool const entered = enter_pair<mq_peer, 8, 64, 1024>("spsc", "POSIX mq") &&
                     enter_pair<mq_peer, 64, 1024, 4096>("messages", "POSIX mq") && enter_many<mq_peer>("POSIX mq") &&
                     enter_trips<two_streams<mq_peer>::peer, 64, 1024>("POSIX mq") &&
                     enter_latency<mq_peer>("POSIX mq");

}  // namespace
}  // namespace stoa::benchmarks::posix_mq_subject
