#include "message_watch.hpp"

#include <deque>
#include <stoa/base/words.hpp>

namespace stoa::tools {
namespace {

constexpr int most_attempts = 1000;  // while producers are faster than a copy

}  // namespace

atomic_u64 const& message_watch::bound() const noexcept {
  bool const is_group = ring_.options().delivery == delivery::group;
  return is_group ? ring_.header().free : ring_.header().head;
}

// The turn of a boundary is right as long as the record there is not overwritten.
message_cursor message_watch::oldest() const noexcept {
  for (int attempt = 0;; ++attempt) {
    auto const position = bound().load(std::memory_order_acquire);  // message_ring_bytes.hpp:R4, R5
    auto const sequence = ring_.turn(position).load(std::memory_order_acquire);
    if (!is_gone(position) || attempt == most_attempts) return {position, sequence};
  }
}

// Of what was copied: whether it may have been overwritten.
bool message_watch::is_gone(std::uint64_t position) const noexcept {
  // After the copy: whoever writes there has seen the bound behind it.
  std::atomic_thread_fence(std::memory_order_acquire);
  return is_past(bound().load(std::memory_order_relaxed), position);  // relaxed: the fence orders it
}

// To the oldest message, if the next one is not there any more. True: it was not.
bool message_watch::catch_up() noexcept {
  if (!is_gone(at_.position)) return false;
  auto const from = oldest();
  lost_ += from.sequence - at_.sequence;
  at_ = from;
  return true;
}

// The record at the cursor; nullopt: it was overwritten meanwhile.
std::optional<message_watch::record> message_watch::look() const {
  auto const mark = ring_.mark(at_.position).load(std::memory_order_acquire);  // message_ring_bytes.hpp:R1
  record const there{units_in(mark), state_in(mark)};
  bool const is_there = is_of_lap(mark, ring_.lap(at_.position));
  if (is_gone(at_.position)) return std::nullopt;
  if (!is_there) return record{};
  if (there.state > record_state::done || !ring_.fits(at_.position, there.units)) ring_.refuse_damage(at_.position);
  return there;
}

void message_watch::pass(record const& each) noexcept {
  at_.position += each.units * record_unit;
  at_.sequence += each.state != record_state::padding;
}

// A message that is done with may be gone before its record is: when it lies in a block.
message_watch::found message_watch::copy(record const& each, watched_message& to) const {
  auto const position = at_.position;
  auto const& label = ring_.label(position);
  // relaxed: carried by the mark
  auto const what = label_of(label.size_type.load(std::memory_order_relaxed));
  to.timestamp = label.timestamp.load(std::memory_order_relaxed);
  auto const* const from = ring_.find_message(position, each.units, what.size);
  bool is_whole = from != nullptr;
  if (is_whole) {
    to.bytes.resize(what.size);
    load_words(to.bytes.data(), reinterpret_cast<atomic_u64 const*>(from), what.size);
    is_whole = !ring_.options().checksum || ring_.is_intact(position, to.bytes);
  }
  if (is_gone(position)) return found::overwritten;
  if (from == nullptr || ring_.find_message(position, each.units, what.size) != from) {
    // relaxed: it was carried by what was found in the block
    if (state_in(ring_.mark(position).load(std::memory_order_relaxed)) == record_state::done) return found::done_with;
    is_whole = false;
  }
  if (!is_whole) ring_.refuse_damage(position);
  to.type = what.type;
  to.sequence = at_.sequence;
  to.is_waiting = each.state == record_state::committed || each.state == record_state::returned;
  return found::whole;
}

std::optional<watched_message> message_watch::next() {
  auto const most = ring_.capacity() / record_unit + most_attempts;
  for (std::uint64_t attempt = 0; attempt < most; ++attempt) {
    catch_up();
    auto const there = look();
    if (!there) continue;
    if (there->units == 0) return std::nullopt;
    watched_message seen;
    auto const what = there->state == record_state::padding ? found::padding : copy(*there, seen);
    if (what == found::overwritten) continue;
    pass(*there);
    if (what == found::whole) return seen;
    lost_ += what == found::done_with;
  }
  return std::nullopt;
}

void message_watch::seek_last(std::uint64_t count) {
  std::deque<message_cursor> last;
  for (auto left = ring_.capacity() / record_unit; left > 0; --left) {
    catch_up();
    auto const there = look();
    if (there && there->units == 0) break;
    if (!there) continue;
    if (there->state != record_state::padding) last.push_back(at_);
    if (last.size() > count) last.pop_front();
    pass(*there);
  }
  if (!last.empty()) at_ = last.front();
  lost_ = 0;
}

}  // namespace stoa::tools
