// stoa/message_stream_reader.hpp: reads what message_stream_writers write: chunk by chunk, or put together.
//
// A stream is told to be finished only if every byte of it was told before, in order. One whose writer died, gave it
// up, or of which something was missed, is told as such.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <stoa/message_consumer.hpp>
#include <stoa/message_reader.hpp>
#include <stoa/message_stream_tracker.hpp>
#include <utility>
#include <vector>

namespace stoa {

// A stream that was put together, up to its end.
struct message_stream {
  message_stream_id id;
  std::uint32_t type = 0;
  stream_end end = stream_end::none;
  std::vector<std::byte> bytes;
};

// Over a message_consumer, which must be the only one of its group, or over a message_reader. Movable; for one thread
// at a time. Calls throw what those of the source throw. Either poll() is used or the calls that receive: what one
// of them has seen of a stream the other does not know.
template <class Source>
class message_stream_reader {
 public:
  explicit message_stream_reader(Source source) : source_{std::move(source)} {}

  // Calls handler(message_chunk const&) for up to `limit` chunks that are there, and for ends without chunk; how many
  // messages, and such ends, there were. If the handler throws, what it was told of comes again from a consumer.
  template <class Handler>
  std::size_t poll(Handler&& handler, std::size_t limit = ~std::size_t{0}) {
    std::size_t handled = 0;
    while (handled < limit) {
      auto const more = step(handler, tracker_.is_any_open() && tracker_.is_look_due());
      if (more == 0) break;
      handled += more;
    }
    return handled;
  }

  // The next stream that has ended, whatever way. nullopt: there is none yet. Never waits.
  [[nodiscard]] std::optional<message_stream> try_receive() {
    return collect(tracker_.is_any_open() && tracker_.is_look_due());
  }
  message_stream receive(wait_strategy strategy = wait_strategy::adaptive) {
    return *receive_until(deadline::never(), strategy);
  }
  template <class Rep, class Period>
  [[nodiscard]] std::optional<message_stream> receive_for(std::chrono::duration<Rep, Period> timeout,
                                                          wait_strategy strategy = wait_strategy::adaptive) {
    return receive_until(deadline::after(timeout), strategy);
  }
  std::optional<message_stream> receive_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) {
    auto const& owner = source_.entry_->owner();
    if (owner.is_read_only() || owner.was_inherited()) return look_for(until, strategy, [&] { return try_receive(); });
    return wait_for(source_.bytes_.header().receivers, until, strategy, [&](bool thorough) {
      if (thorough) source_.bytes_.settle(source_.entry_->owner());
      return collect(thorough);
    });
  }

  // Messages that were no chunks; they are passed over.
  std::uint64_t foreign() const noexcept { return tracker_.foreign(); }

 private:
  // One message, or else what ends without one.
  template <class Handler>
  std::size_t step(Handler& handler, bool thorough) {
    auto& bytes = source_.bytes_;
    auto& owner = source_.entry_->owner();
    auto const tell = [&](message_chunk const& each) { handler(each); };
    // What a reader before this one had taken when it died is older than all that is there, and so comes first.
    bool const is_first = !std::exchange(has_begun_, true);
    if (is_first && !owner.is_read_only()) bytes.settle(owner);
    if (thorough)
      // acquires the names before it (lanes.hpp I1)
      tracker_.look_for_the_dead(owner, [&] { return bytes.header().tail.load(std::memory_order_acquire); });
    bool const is_any_complete = tracker_.is_any_open() && tracker_.note_complete([&](std::uint64_t position) {
      return !is_past(position, source_.received_up_to());
    });
    // Head is past what a dead consumer had taken as well.
    if (is_any_complete && !owner.is_read_only()) bytes.settle(owner);
    if (source_.poll([&](message_view const& each) { tracker_.take(each, tell); }, 1) != 0) return 1;
    return is_any_complete ? tracker_.tell_complete(tell) : 0;
  }

  std::optional<message_stream> collect(bool thorough) {
    auto const put = [this](message_chunk const& each) {
      auto& stream = open_[each.stream];
      stream.id = each.stream;
      stream.type = each.type;
      stream.bytes.insert(stream.bytes.end(), each.data.begin(), each.data.end());
      if (each.end == stream_end::none) return;
      stream.end = each.end;
      ended_.push_back(std::move(stream));
      open_.erase(each.stream);
    };
    while (ended_.empty() && step(put, std::exchange(thorough, false)) != 0) continue;
    if (ended_.empty()) return std::nullopt;
    std::optional<message_stream> first{std::move(ended_.front())};
    ended_.pop_front();
    return first;
  }

  Source source_;
  message_stream_tracker tracker_;
  bool has_begun_ = false;
  std::map<message_stream_id, message_stream> open_;
  std::deque<message_stream> ended_;
};

}  // namespace stoa
