// moodycamel ReaderWriterQueue, between threads.
#include <readerwriterqueue/readerwriterqueue.h>

#include "../cases/latency.hpp"
#include "../harness/thread_queue.hpp"

namespace stoa::benchmarks::readerwriterqueue_subject {
namespace {

template <std::size_t Bytes>
struct reader_writer {
  using queue = moodycamel::ReaderWriterQueue<message<Bytes>>;
  static auto make(std::size_t capacity) { return std::make_unique<queue>(capacity); }
  static bool push(queue& to, message<Bytes> const& each) { return to.try_enqueue(each); }
  static bool pop(queue& from, message<Bytes>& each) { return from.try_dequeue(each); }
};
template <std::size_t Bytes>
using peer = thread_queue<reader_writer, Bytes>;

constexpr auto subject = "readerwriterqueue (threads)";
bool const entered = enter_pair<peer, 8, 64, 1024, 65536>("spsc", subject) && enter_latency<peer>(subject);

}  // namespace
}  // namespace stoa::benchmarks::readerwriterqueue_subject
