// moodycamel ConcurrentQueue, between threads: each producer and consumer has a token, as its documentation advises.
// Its elements are in order for each producer only.
#include <concurrentqueue/concurrentqueue.h>

#include "../cases/stream.hpp"

namespace stoa::benchmarks::concurrentqueue_subject {
namespace {

template <std::size_t Bytes>
struct peer {
  using element = message<Bytes>;
  using queue = moodycamel::ConcurrentQueue<element>;
  static constexpr auto where = runs_in::threads;

  struct sender_end {
    queue& shared;
    moodycamel::ProducerToken token;
    bool send(element const& each) { return shared.try_enqueue(token, each); }
    std::size_t send_n(std::span<element const> some) {
      return shared.try_enqueue_bulk(token, some.data(), some.size()) ? some.size() : 0;
    }
  };
  struct receiver_end {
    queue& shared;
    moodycamel::ConsumerToken token;
    std::vector<element> got;
    template <class Use>
    std::size_t receive(std::size_t most, Use const& use) {
      auto const count = most == 1 ? std::size_t{shared.try_dequeue(token, got[0])}
                                   : shared.try_dequeue_bulk(token, got.data(), most);
      for (std::size_t i = 0; i < count; ++i) use(&got[i]);
      return count;
    }
  };
  // Room for so many, and some blocks that are not full, for each producer.
  explicit peer(stream_plan const& plan) : shared{plan.capacity, plan.senders, 0} {}
  sender_end sender(unsigned) { return {shared, moodycamel::ProducerToken{shared}}; }
  receiver_end receiver(unsigned) { return {shared, moodycamel::ConsumerToken{shared}, std::vector<element>(batch)}; }
  queue shared;
};

bool const entered = enter_many<peer>("concurrentqueue (threads)");

}  // namespace
}  // namespace stoa::benchmarks::concurrentqueue_subject
