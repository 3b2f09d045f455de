#include <cstring>
#include <stoa/message_stream_tracker.hpp>

namespace stoa {
namespace {

// nullopt: it is no chunk.
std::optional<chunk_header> header_of(std::span<std::byte const> message) noexcept {
  chunk_header header{};
  if (message.size() < sizeof(header)) return std::nullopt;
  std::memcpy(&header, message.data(), sizeof(header));
  auto const is_known = header.flags <= chunk_is_abort && header.magic == chunk_magic;
  return is_known ? std::optional{header} : std::nullopt;
}

stream_end end_in(chunk_header const& header) noexcept {
  if (header.flags == chunk_is_last) return stream_end::finished;
  return header.flags == chunk_is_abort ? stream_end::aborted : stream_end::none;
}

}  // namespace

void message_stream_tracker::tell_broken(message_stream_id const& which, stream& each, handler tell) {
  if (!each.is_told) tell({which, each.type, each.next, {}, stream_end::broken});
  each.is_told = true;
}

void message_stream_tracker::tell_missing(handler tell) {
  for (auto& [which, each] : streams_)
    if (each.is_missing) tell_broken(which, each, tell);
}

// What is changed before `tell` is called may be changed again, should it throw and the message come again.
void message_stream_tracker::take(message_view const& message, handler tell) {
  // One that was given back, and is older than what came last, has a smaller number.
  if (next_sequence_ && static_cast<std::int64_t>(message.sequence() - *next_sequence_) > 0)
    for (auto& [which, each] : streams_) each.is_missing = true;  // of any of them (I1)
  tell_missing(tell);
  if (!next_sequence_ || static_cast<std::int64_t>(message.sequence() - *next_sequence_) >= 0)
    next_sequence_ = message.sequence();

  auto const header = header_of(message.data());
  if (!header) {
    ++foreign_;
    ++*next_sequence_;
    return;
  }
  message_stream_id const id{header->writer, header->number};
  auto const end = end_in(*header);
  auto const data = message.data().subspan(sizeof(chunk_header));
  auto found = streams_.find(id);
  if (found == streams_.end() && header->offset == 0) {
    tell({id, message.type(), 0, data, end});
    if (end == stream_end::none) streams_[id] = {.next = data.size(), .type = message.type()};
  } else {
    if (found == streams_.end()) found = streams_.emplace(id, stream{.type = message.type()}).first;
    auto& each = found->second;
    if (!each.is_told && header->offset == each.next) {
      tell({id, each.type, each.next, data, end});
      each.next += data.size();
    } else {
      tell_broken(id, each, tell);
    }
    if (end != stream_end::none) streams_.erase(found);
  }
  if (message.sequence() == *next_sequence_) ++*next_sequence_;
}

bool message_stream_tracker::is_look_due() noexcept {
  auto const now = wait_clock::now();
  if (now - looked_at_ < wait_slice) return false;
  looked_at_ = now;
  return true;
}

void message_stream_tracker::look_for_the_dead(attachment const& owner, function_ref<std::uint64_t()> claimed) {
  if (owner.was_inherited()) return;  // nobody can be asked
  std::optional<participant_id> alive;  // streams are in the order of their writers
  for (auto& [which, each] : streams_) {
    if (each.claimed_at_death || which.writer == alive) continue;
    if (owner.is_alive(which.writer)) {
      alive = which.writer;
      continue;
    }
    each.claimed_at_death = claimed();  // after the verdict (I3)
  }
}

bool message_stream_tracker::note_complete(function_ref<bool(std::uint64_t)> is_received) {
  bool is_any = false;
  for (auto& [which, each] : streams_) {
    each.is_complete = each.claimed_at_death && is_received(*each.claimed_at_death);
    is_any |= each.is_complete;
  }
  return is_any;
}

std::size_t message_stream_tracker::tell_complete(handler tell) {
  std::size_t told = 0;
  for (auto each = streams_.begin(); each != streams_.end();) {
    if (!each->second.is_complete) {
      ++each;
      continue;
    }
    told += !each->second.is_told;
    tell_broken(each->first, each->second, tell);
    each = streams_.erase(each);
  }
  return told;
}

}  // namespace stoa
