// What the bytes of a message_ring must say at every instant.
#include <fmt/format.h>

#include <algorithm>
#include <stoa/message_ring_bytes.hpp>

#include "verify_kinds.hpp"

namespace stoa::internal {
namespace {

struct named_record {
  std::uint64_t position;
  std::uint32_t units;
  bool is_certain;  // the claim is its own
};

class message_ring_check {
 public:
  message_ring_check(inspection& look, message_ring_bytes const& ring)
      : look_{look}, ring_{ring}, header_{ring.header()} {}

  void run() {
    // In this order, as each only goes on, and is not past the next.
    free_ = current(header_.free);
    head_ = current(header_.head);
    tail_ = current(header_.tail);
    if (!are_positions_possible()) {
      look_.damage("tail", &header_.tail,
                   fmt::format("free, head and tail in this order from {} on, multiples of {}, less than {} apart",
                               ring_.options().first_position, record_unit, ring_.capacity()),
                   positions());
      return;
    }
    places();
    before_head();
    behind_head();
    // After the marks, so that a name that is missing now was missing then.
    read_names();
    for (auto const& each : holes_) hole(each);
    blocks();
  }

 private:
  bool is_group() const noexcept { return ring_.options().delivery == delivery::group; }
  std::string positions() const { return fmt::format("free {}, head {}, tail {}", free_, head_, tail_); }
  bool are_positions_possible() const noexcept {
    return tail_ - free_ <= ring_.capacity() - record_unit && head_ - free_ <= tail_ - free_ &&
           !is_past(ring_.options().first_position, free_) && is_aligned(free_ | head_ | tail_, record_unit);
  }
  // While free stays where it was, nobody writes over what lies behind it.
  bool is_there() const noexcept { return current(header_.free) == free_; }
  // Of a record of that position, or 0.
  std::uint32_t units_at(std::uint64_t at, record_mark mark) const noexcept {
    return is_of_lap(mark, ring_.lap(at)) && ring_.fits(at, units_in(mark)) ? units_in(mark) : 0;
  }
  void blame(std::uint64_t at, record_mark mark, std::string expected) {
    if (is_there())
      look_.damage(fmt::format("mark of position {}", at), &ring_.mark(at), std::move(expected),
                   fmt::format("{:#x} with {}", mark, positions()));
  }

  // --- records ---

  // I3, I5: taken, done or nothing; in a broadcast ring committed.
  void before_head() {
    auto at = free_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> held;  // position, messages from free up to it
    std::uint64_t messages = 0;
    while (is_past(head_, at)) {
      auto const mark = current(ring_.mark(at));
      auto const units = units_at(at, mark);
      auto const state = state_in(mark);
      bool const is_held = state == record_state::taken || state == record_state::returned;
      bool const is_possible = state == record_state::padding ||
                               (is_group() ? is_held || state == record_state::done : state == record_state::committed);
      if (units == 0 || !is_possible || is_past(at + units * record_unit, head_))
        return blame(at, mark, is_group() ? "a record that was taken, done or nothing, up to head"
                                          : "a message or nothing, up to head");
      taker(at, mark);
      if (is_held) held.emplace_back(at, messages);
      if (is_held || state == record_state::committed) message(at, mark, units);
      messages += state != record_state::padding;
      at += units * record_unit;
    }
    if (is_group()) turns(held, messages);
  }
  // I5: what is held knows how many messages came before it.
  void turns(std::vector<std::pair<std::uint64_t, std::uint64_t>> const& held, std::uint64_t messages) {
    auto const turn_of_head = current(ring_.turn(head_));
    for (auto const& each : held) {
      auto const turn = current(ring_.turn(each.first));
      auto const expected = turn_of_head - (messages - each.second);
      if (turn != expected && is_there())
        look_.damage(fmt::format("turn of position {}", each.first), &ring_.turn(each.first),
                     fmt::format("{}, as that of head is {}", expected, turn_of_head),
                     fmt::format("{} with {}", turn, positions()));
    }
  }
  void taker(std::uint64_t at, record_mark mark) {
    if (state_in(mark) == record_state::taken && !was_ever(look_, taker_in(mark)))
      blame(at, mark, "a record taken by who was ever here");
  }

  // I2, I4: whole, nothing, or not there yet.
  void behind_head() {
    auto at = head_;
    while (is_past(tail_, at)) {
      auto const mark = current(ring_.mark(at));
      auto units = units_at(at, mark);
      if (units == 0) {
        if (!is_before_lap(mark, ring_.lap(at))) return blame(at, mark, "a record of this lap, or nothing of it");
        holes_.push_back(at);
        // Only whoever claimed it says how long it is, and that is another matter while records come and go.
        units = look_.is_still() ? claimed_units(at) : 0;
        if (units == 0) return;
      } else {
        auto const state = state_in(mark);
        // Who takes the one at head raises head after that.
        bool const is_possible = state == record_state::committed || state == record_state::padding ||
                                 (is_group() && at == head_ && state <= record_state::done);
        if (!is_possible) return blame(at, mark, "a message or nothing, from head on");
        taker(at, mark);
        if (state == record_state::committed) message(at, mark, units);
      }
      at += units * record_unit;
    }
    if (at != tail_ && is_there())
      look_.damage("tail", &header_.tail, fmt::format("a boundary of records, {}", at), positions());
  }
  std::uint32_t claimed_units(std::uint64_t at) {
    std::uint32_t units = 0;
    std::size_t count = 0;
    auto const claims = read_names();
    for (auto const& each : claims) {
      if (each.position != at || !ring_.fits(at, each.units)) continue;
      if (each.is_certain) return each.units;
      units = each.units;
      ++count;
    }
    return count == 1 ? units : 0;
  }

  // A message that is committed, or held, is what it was when it was sent.
  void message(std::uint64_t at, record_mark mark, std::uint32_t units) {
    auto const& label = ring_.label(at);
    auto const size = label_of(label.size_type.load(std::memory_order_relaxed)).size;  // carried by the mark
    auto const* const bytes = ring_.find_message(at, units, size);
    bool const is_whole =
        bytes != nullptr && (!ring_.options().checksum || ring_.is_intact(at, {bytes, static_cast<std::size_t>(size)}));
    if (is_whole || !is_there() || current(ring_.mark(at)) != mark) return;
    look_.damage(fmt::format("record of position {}", at), &label,
                 bytes == nullptr ? fmt::format("a message that lies in {} units, or in a block that names it", units)
                                  : std::string{"a message that is what its checksum says"},
                 fmt::format("one of {} bytes with {}", size, positions()));
  }

  // --- names ---

  std::vector<named_record> const& read_names() {
    if (are_names_read_) return claims_;
    are_names_read_ = true;
    look_.names({lane_op::push, lane_op::pushing}, [&](named_claim const& found) {
      auto const& claim = found.claim;
      bool const is_certain = claim.op == lane_op::pushing;
      // After the name: tail only goes on.
      auto const tail = current(header_.tail);
      auto const last = claim.ticket + (is_certain ? claim.count * record_unit : 0);
      if (!ring_.fits(claim.ticket, claim.count) || is_past(last, tail))
        return look_.damage(found.field(), found.where, "a record that fits, where tail has come to",
                            fmt::format("{} units from {} on", claim.count, claim.ticket));
      claims_.push_back({claim.ticket, claim.count, is_certain});
    });
    return claims_;
  }
  // I4
  void hole(std::uint64_t at) {
    if (std::ranges::find(claims_, at, &named_record::position) != claims_.end()) return;
    auto const mark = current(ring_.mark(at));
    if (is_before_lap(mark, ring_.lap(at)))
      look_.damage(fmt::format("mark of position {}", at), &ring_.mark(at),
                   "a record, or somebody who names the position to write it",
                   fmt::format("{:#x}, a claim of nobody: it is waited for for ever", mark));
  }

  // --- readers and blocks ---

  void places() {
    if (!ring_.waits_for_readers()) return;
    for (std::uint64_t i = 0; i < ring_.options().max_readers; ++i) {
      auto const& place = ring_.place(i);
      auto const field = fmt::format("reader {}", i);
      look_.participant(field + ", owner", place.owner, "who makes room lets go of the place");
      look_.flag(field + ", is_set", place.is_set);
      look_.zeros(field + ", padding", &place.is_set + 1, sizeof(place) - 3 * sizeof(atomic_u64));
      auto const owner = current(place.owner);
      auto const position = current(place.position);
      bool const is_chosen = owner != 0 && current(place.is_set) != 0;
      // tail after it: a reader does not read what is not there.
      if (is_chosen && (!is_aligned(position, record_unit) ||
                        is_past(position, current(header_.tail))))
        look_.damage(field + ", position", &place.position, "the begin of a record, up to tail",
                     fmt::format("{}", position));
    }
  }

  void blocks() {
    known_lives known{look_.owner()};
    for (block_number each = 1; each <= ring_.blocks().count() && !look_.is_full(); ++each) {
      auto const& place = ring_.blocks().word(each);
      auto const word = current(place);
      auto const field = fmt::format("word of block {}", each);
      auto const state = state_of_block(word);
      // After the word: a record is claimed before a block names it.
      bool const is_record = state == block_state::of_record &&
                             is_past(current(header_.tail), record_in(word));
      bool const is_filled = state == block_state::being_filled &&
                             word >> (block_state_bits + short_owner_bits) == 0 && was_ever(look_, filler_in(word));
      if (word != 0 && !is_record && !is_filled)
        look_.damage(field, &place, "free, of a record before tail, or being filled by who was ever here",
                     fmt::format("{:#x}", word));
      else if (is_filled && !is_alive(known, look_, filler_in(word)) && current(place) == word)
        look_.note(field, &place, "being filled by one who is dead: it is taken by who finds none free");
    }
  }

  inspection& look_;
  message_ring_bytes const& ring_;
  message_ring_header& header_;
  std::uint64_t free_ = 0;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
  std::vector<std::uint64_t> holes_;
  std::vector<named_record> claims_;
  bool are_names_read_ = false;
};

// What pads the tables of words.
void verify_table_ends(inspection& look, message_ring_bytes const& ring) {
  auto const pad = [&](atomic_u64 const* begin, std::uint64_t words) {
    auto const used = words * sizeof(atomic_u64);
    look.zeros("padding", reinterpret_cast<std::byte const*>(begin) + used, align_up(used, pad_bytes) - used);
  };
  pad(&ring.mark(0), ring.capacity() / record_unit);
  pad(&ring.turn(0), ring.capacity() / record_unit);
  if (ring.blocks().count() != 0) pad(&ring.blocks().word(1), ring.blocks().count());
}

}  // namespace

void verify_message_ring(inspection& look) {
  auto const ring = message_ring_bytes::adopt(look.entry());
  if (!ring) return look.refuse(ring.error());
  auto const& header = ring->header();
  verify_pads(look, {{64, 128}, {136, 256}, {272, 384}, {392, 512}, {520, 640}, {656, 768}, {784, sizeof(header)}});
  verify_table_ends(look, *ring);
  look.flag("recall", header.recall);
  message_ring_check{look, *ring}.run();
}

}  // namespace stoa::internal
