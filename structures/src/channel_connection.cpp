#include <fmt/format.h>

#include <stoa/channel_connection.hpp>

namespace stoa::internal {
namespace {

channel_stream& stream_from(channel_place& place, channel_side side) noexcept {
  return side == channel_side::client ? place.to_server : place.to_client;
}
channel_side other_than(channel_side side) noexcept {
  return side == channel_side::client ? channel_side::server : channel_side::client;
}
std::byte* records_from(channel_bytes const& bytes, channel_seat const& seat, channel_side side) noexcept {
  return side == channel_side::client ? bytes.records_to_server(seat.index) : bytes.records_to_client(seat.index);
}
short_owner owner_in(channel_word word, channel_side side) noexcept {
  return side == channel_side::client ? client_in(word) : server_in(word);
}
// Nobody is in it who is not in it any more: then it is free.
channel_word without(channel_word word, channel_side side) noexcept {
  auto const other = owner_in(word, other_than(side));
  auto const generation = channel_generation_in(word);
  if (other == 0) return make_channel_word(channel_state::free, generation, 0, 0);
  return side == channel_side::client ? make_channel_word(channel_state_in(word), generation, 0, other)
                                      : make_channel_word(channel_state_in(word), generation, other, 0);
}

}  // namespace

bool leave_place(channel_bytes const& bytes, std::uint64_t index, channel_word seen, channel_side which) noexcept {
  auto& place = bytes.place(index);
  auto word = place.word.load(std::memory_order_relaxed);  // a guess; the CAS decides
  do {
    if (channel_generation_in(word) != channel_generation_in(seen) || owner_in(word, which) != owner_in(seen, which))
      return false;
    // R1 -> channel_connection.hpp:A1, channel_offer.cpp:A1: what this side has done (I3, I5 of channel_bytes.hpp).
    // acquire: what the other side has done, if this frees the place
  } while (!place.word.compare_exchange_weak(word, without(word, which), std::memory_order_acq_rel,
                                             std::memory_order_relaxed));
  // Also flags of the next connection, if somebody has the place already: a needless wake.
  for (auto* const each : {&place.to_server, &place.to_client}) {
    wake(each->receiver);
    wake(each->sender);
  }
  wake(bytes.header().clients_waiting);
  return true;
}

channel_connection::channel_connection(std::shared_ptr<attached_entry> entry, channel_bytes const& bytes,
                                       channel_seat const& seat) noexcept
    : entry_{std::move(entry)},
      bytes_{bytes},
      seat_{seat},
      place_{&bytes.place(seat.index)},
      sending_{*entry_, bytes, stream_from(*place_, seat.side), records_from(bytes, seat, seat.side), seat.agreed},
      receiving_{*entry_, bytes, stream_from(*place_, other_than(seat.side)),
                 records_from(bytes, seat, other_than(seat.side)), seat.agreed} {}

channel_connection::~channel_connection() {
  if (is_own()) leave_place(bytes_, seat_.index, seat_.open, seat_.side);
}

bool channel_connection::is_other_alive() const noexcept {
  if (is_other_dead_.load(std::memory_order_relaxed)) return false;
  if (entry_->owner().is_alive(seat_.other)) return true;
  is_other_dead_.store(true, std::memory_order_relaxed);  // for ever: a participant id is never used twice
  return false;
}

std::byte* channel_connection::claim_again(std::uint64_t size) {
  if (is_look_due()) {
    if (!is_other_there(true)) refuse_to_send();
    if (auto* const room = sending_.claim(size)) return room;
  }
  sending_.note_refusal();
  return nullptr;
}

std::byte* channel_connection::claim_until(std::uint64_t size, deadline until, wait_strategy strategy) {
  if (auto* const room = claim_at_once(size)) return room;
  std::byte* room = nullptr;
  bool const is_decided = wait_for(sending_.stream().sender, until, strategy, [&](bool thorough) {
    if (!is_other_there(thorough)) return true;
    room = sending_.claim(size);
    return room != nullptr;
  });
  if (is_decided && room == nullptr) refuse_to_send();
  if (room == nullptr) sending_.note_refusal();
  return room;
}

bool channel_connection::look_until(message_view& seen, deadline until, wait_strategy strategy) {
  if (look(seen)) return true;
  bool is_there = false;
  wait_for(receiving_.stream().receiver, until, strategy, [&](bool thorough) {
    is_there = receiving_.has_message();
    if (is_there || is_other_there(thorough)) return is_there;
    is_there = receiving_.has_message();  // after it was seen gone: the last it has sent (I5)
    return true;
  });
  return is_there && receiving_.look(seen);
}

// Whoever is called later may be another thread: nothing of this side's own is looked at then.
wait_point channel_connection::arrivals() const {
  require_usable();
  auto const is_ready = [entry = entry_, &word = place_->word, &mark = receiving_.next_mark(), open = seat_.open,
                         other = seat_.other] {
    // relaxed: whoever receives looks for himself
    return mark.load(std::memory_order_relaxed) != 0 || word.load(std::memory_order_relaxed) != open ||
           !entry->owner().is_alive(other);
  };
  return {&receiving_.stream().receiver, is_ready};
}

void channel_connection::refuse_to_send() const {
  throw error{failure{errc::connection_closed, fmt::format("{}: the {} is gone", entry_->where(),
                                                           seat_.side == channel_side::client ? "server" : "client")}};
}

}  // namespace stoa::internal
