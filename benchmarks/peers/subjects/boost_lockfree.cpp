// Boost.Lockfree: spsc_queue and queue, both with their room inside them, in shared memory.
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>

#include "../cases/latency.hpp"
#include "../cases/stream.hpp"
#include "../cases/trip.hpp"
#include "../harness/shared_object.hpp"

namespace stoa::benchmarks::boost_lockfree_subject {
namespace {

namespace lockfree = boost::lockfree;

template <std::size_t Bytes>
struct spsc_peer {
  using element = message<Bytes>;
  using queue = lockfree::spsc_queue<element, lockfree::capacity<stream_capacity<Bytes>()>>;
  static constexpr auto where = runs_in::processes;

  struct end {
    queue& shared;
    std::vector<element> got;
    bool send(element const& each) { return shared.push(each); }
    std::size_t send_n(std::span<element const> some) { return shared.push(some.data(), some.size()); }
    template <class Use>
    std::size_t receive(std::size_t most, Use const& use) {
      if (most == 1) return shared.consume_one([&](element const& each) { use(&each); });
      auto const count = shared.pop(got.data(), most);
      for (std::size_t i = 0; i < count; ++i) use(&got[i]);
      return count;
    }
  };

  explicit spsc_peer(stream_plan const&) {}
  end sender(unsigned) { return {*shared, {}}; }
  end receiver(unsigned) { return {*shared, std::vector<element>(Bytes > 1024 ? 1 : batch)}; }
  shared_object<queue> shared;
};

template <std::size_t Bytes>
struct mpmc_peer {
  using element = message<Bytes>;
  using queue = lockfree::queue<element, lockfree::capacity<stream_capacity<Bytes>()>>;
  static constexpr auto where = runs_in::processes;

  struct end {
    queue& shared;
    bool send(element const& each) { return shared.bounded_push(each); }
    template <class Use>
    std::size_t receive(std::size_t, Use const& use) {
      return shared.consume_one([&](element const& each) { use(&each); });
    }
  };

  explicit mpmc_peer(stream_plan const&) {}
  end sender(unsigned) { return {*shared}; }
  end receiver(unsigned) { return {*shared}; }
  shared_object<queue> shared;
};

bool const entered = enter_pair<spsc_peer, 8, 64, 1024, 65536>("spsc", "Boost.Lockfree") &&
                     enter_many<mpmc_peer>("Boost.Lockfree") &&
                     enter_trips<two_streams<spsc_peer>::peer, 64, 1024>("Boost.Lockfree") &&
                     enter_latency<spsc_peer>("Boost.Lockfree");

}  // namespace
}  // namespace stoa::benchmarks::boost_lockfree_subject
