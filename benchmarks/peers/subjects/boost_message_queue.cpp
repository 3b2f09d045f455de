// Boost.Interprocess message_queue: calls wait on its condition variables.
#include <boost/date_time/posix_time/posix_time_types.hpp>
#include <boost/interprocess/ipc/message_queue.hpp>

#include "../cases/latency.hpp"
#include "../cases/stream.hpp"
#include "../cases/trip.hpp"

namespace stoa::benchmarks::boost_message_queue_subject {
namespace {

namespace ipc = boost::interprocess;

template <std::size_t Bytes>
struct boost_mq_peer {
  static constexpr auto where = runs_in::processes;

  static auto in_20_ms() {
    return boost::posix_time::microsec_clock::universal_time() + boost::posix_time::milliseconds{20};
  }
  struct end {
    std::unique_ptr<ipc::message_queue> queue;
    bool send(message<Bytes> const& each) const {
      return queue->try_send(&each, Bytes, 0) || queue->timed_send(&each, Bytes, 0, in_20_ms());
    }
    template <class Use>
    std::size_t receive(std::size_t, Use const& use) const {
      message<Bytes> got;
      ipc::message_queue::size_type size = 0;
      unsigned priority = 0;
      if (!queue->try_receive(&got, Bytes, size, priority) &&
          !queue->timed_receive(&got, Bytes, size, priority, in_20_ms()))
        return 0;
      use(&got);
      return 1;
    }
  };

  explicit boost_mq_peer(stream_plan const& plan)
      : name{plan.name}, queue{ipc::create_only, name.c_str(), plan.capacity, Bytes} {}
  boost_mq_peer(boost_mq_peer const&) = delete;
  boost_mq_peer& operator=(boost_mq_peer const&) = delete;
  ~boost_mq_peer() { ipc::message_queue::remove(name.c_str()); }
  end sender(unsigned) const { return {std::make_unique<ipc::message_queue>(ipc::open_only, name.c_str())}; }
  end receiver(unsigned i) const { return sender(i); }
  std::string name;
  ipc::message_queue queue;
};

constexpr auto subject = "Boost.Interprocess";
bool const entered = enter_pair<boost_mq_peer, 8, 64, 1024, 65536>("spsc", subject) &&
                     enter_pair<boost_mq_peer, 64, 1024, 4096, 65536>("messages", subject) &&
                     enter_many<boost_mq_peer>(subject) &&
                     enter_trips<two_streams<boost_mq_peer>::peer, 64, 1024>(subject) &&
                     enter_latency<boost_mq_peer>(subject);

}  // namespace
}  // namespace stoa::benchmarks::boost_message_queue_subject
