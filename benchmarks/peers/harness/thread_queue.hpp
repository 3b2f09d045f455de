// thread_queue.hpp: a queue that only threads of one process can share, as a stream.
#pragma once
#include "../cases/stream.hpp"

namespace stoa::benchmarks {

// Adapter says how the queue is used: make(capacity), push(queue, value), pop(queue, value&), both true if done.
template <template <std::size_t> class Adapter, std::size_t Bytes>
struct thread_queue {
  static constexpr auto where = runs_in::threads;
  using adapter = Adapter<Bytes>;
  struct end {
    typename adapter::queue& shared;
    bool send(message<Bytes> const& each) { return adapter::push(shared, each); }
    template <class Use>
    std::size_t receive(std::size_t, Use const& use) {
      message<Bytes> got;
      if (!adapter::pop(shared, got)) return 0;
      use(&got);
      return 1;
    }
  };
  explicit thread_queue(stream_plan const& plan) : shared{adapter::make(plan.capacity)} {}
  end sender(unsigned) { return {*shared}; }
  end receiver(unsigned) { return {*shared}; }
  std::unique_ptr<typename adapter::queue> shared;
};

}  // namespace stoa::benchmarks
