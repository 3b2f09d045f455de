// xenium vyukov_bounded_queue, between threads.
#include <xenium/vyukov_bounded_queue.hpp>

#include "../harness/thread_queue.hpp"

namespace stoa::benchmarks::xenium_subject {
namespace {

template <std::size_t Bytes>
struct vyukov {
  using queue = xenium::vyukov_bounded_queue<message<Bytes>>;
  static auto make(std::size_t capacity) { return std::make_unique<queue>(capacity); }
  static bool push(queue& to, message<Bytes> const& each) { return to.try_push(each); }
  static bool pop(queue& from, message<Bytes>& each) { return from.try_pop(each); }
};
template <std::size_t Bytes>
using peer = thread_queue<vyukov, Bytes>;

bool const entered = enter_many<peer>("xenium (threads)");

}  // namespace
}  // namespace stoa::benchmarks::xenium_subject
