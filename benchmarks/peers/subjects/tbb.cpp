// oneTBB concurrent_bounded_queue, between threads.
#include <tbb/concurrent_queue.h>

#include "../harness/thread_queue.hpp"

namespace stoa::benchmarks::tbb_subject {
namespace {

template <std::size_t Bytes>
struct bounded {
  using queue = tbb::concurrent_bounded_queue<message<Bytes>>;
  static auto make(std::size_t capacity) {
    auto out = std::make_unique<queue>();
    out->set_capacity(static_cast<std::ptrdiff_t>(capacity));
    return out;
  }
  static bool push(queue& to, message<Bytes> const& each) { return to.try_push(each); }
  static bool pop(queue& from, message<Bytes>& each) { return from.try_pop(each); }
};
template <std::size_t Bytes>
using peer = thread_queue<bounded, Bytes>;

bool const entered = enter_many<peer>("oneTBB (threads)");

}  // namespace
}  // namespace stoa::benchmarks::tbb_subject
