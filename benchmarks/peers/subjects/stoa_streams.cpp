// stoa: spsc_queue, queue and message_ring as streams.
#include <stoa/stoa.hpp>

#include "../cases/latency.hpp"
#include "../cases/stream.hpp"

using namespace stoa::literals;

namespace stoa::benchmarks::stoa_streams_subject {
namespace {

template <template <class> class Queue, std::size_t Bytes>
struct queue_peer {
  using element = message<Bytes>;
  static constexpr auto where = runs_in::processes;

  struct sender_end {
    segment home;
    Queue<element> queue;
    bool send(element const& each) const { return queue.try_push(each); }
    std::size_t send_n(std::span<element const> some) const { return queue.try_push_n(some); }
  };
  struct receiver_end {
    segment home;
    Queue<element> queue;
    std::vector<element> got;
    // In its place where that can be done, as Boost.Lockfree and iceoryx do.
    template <class Use>
    bool receive_one(Use const& use) const {
      if constexpr (requires { queue.try_consume([](element const&) {}); }) {
        return queue.try_consume([&](element const& each) { use(&each); });
      } else {
        auto const one = queue.try_pop();
        if (one) use(&*one);
        return one.has_value();
      }
    }
    template <class Use>
    std::size_t receive(std::size_t most, Use const& use) {
      if (most == 1) return receive_one(use);
      auto const count = queue.try_pop_n(std::span{got}.first(most));
      for (std::size_t i = 0; i < count; ++i) use(&got[i]);
      return count;
    }
  };

  explicit queue_peer(stream_plan const& plan)
      : home{segment::create(plan.name, plan.capacity * (Bytes + 64) + 1_MiB)},
        queue{home.publish<Queue<element>>("queue", plan.capacity)} {}
  Queue<element> attach(segment const& from) const { return from.attach<Queue<element>>("queue"); }
  sender_end sender(unsigned) const {
    auto const mine = segment::open(home.name());
    return {mine, attach(mine)};
  }
  receiver_end receiver(unsigned) const {
    auto const mine = segment::open(home.name());
    return {mine, attach(mine), std::vector<element>(Bytes > 1024 ? 1 : batch)};
  }

  segment home;
  Queue<element> queue;
};

template <std::size_t Bytes>
using spsc_queue_peer = queue_peer<spsc_queue, Bytes>;
template <std::size_t Bytes>
using mpmc_queue_peer = queue_peer<stoa::queue, Bytes>;

template <std::size_t Bytes, bool IsBroadcast>
struct message_ring_peer {
  static constexpr auto where = runs_in::processes;

  struct sender_end {
    message_ring ring;
    bool send(message<Bytes> const& each) const { return ring.try_send(std::as_bytes(std::span{&each, 1})); }
    std::size_t send_n(std::span<message<Bytes> const> some) const {
      std::array<std::span<std::byte const>, batch> parts;
      auto const count = std::min(batch, some.size());
      for (std::size_t i = 0; i < count; ++i) parts[i] = std::as_bytes(some.subspan(i, 1));
      return ring.try_send_n(std::span{parts}.first(count));
    }
  };
  template <class End>
  struct receiver_end {
    End end;
    template <class Use>
    std::size_t receive(std::size_t most, Use const& use) {
      return end.poll([&](message_view const& each) { use(each.data().data()); }, most);
    }
  };

  explicit message_ring_peer(stream_plan const& plan)
      : shape{std::max<std::size_t>(plan.capacity * (Bytes + 64), 1_MiB),
              message_ring_options{.delivery = IsBroadcast ? delivery::broadcast : delivery::group}},
        home{segment::create(plan.name, message_ring::bytes_for(shape).value() + 1_MiB)},
        ring{home.publish<message_ring>("ring", shape)} {}
  message_ring attach() const { return segment::open(home.name()).attach<message_ring>("ring"); }
  sender_end sender(unsigned) const { return {attach()}; }
  auto receiver(unsigned) const {
    if constexpr (IsBroadcast)
      return receiver_end<message_reader>{attach().reader()};
    else
      return receiver_end<message_consumer>{attach().consumer()};
  }

  message_ring::shape shape;
  segment home;
  message_ring ring;
};
template <std::size_t Bytes>
using group_peer = message_ring_peer<Bytes, false>;
template <std::size_t Bytes>
using broadcast_peer = message_ring_peer<Bytes, true>;

bool const entered = enter_pair<spsc_queue_peer, 8, 64, 1024, 65536>("spsc", "stoa") &&
                     enter_pair<group_peer, 64, 1024, 4096, 65536>("messages", "stoa") &&
                     enter_many<mpmc_queue_peer>("stoa") && enter_broadcast<broadcast_peer>("stoa") &&
                     enter_latency<spsc_queue_peer>("stoa");

}  // namespace
}  // namespace stoa::benchmarks::stoa_streams_subject
