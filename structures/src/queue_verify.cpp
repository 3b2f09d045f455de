// What the bytes of a queue and of an spsc_queue must say at every instant.
#include <fmt/format.h>

#include <cstring>
#include <stoa/queue_bytes.hpp>
#include <stoa/spsc_queue_bytes.hpp>

#include "verify_kinds.hpp"

namespace stoa::internal {
namespace {

std::string text_of(std::uint64_t word) {
  constexpr std::array states{"free for", "full with", "abandoned by", "in no state, of"};
  return fmt::format("{} {}", states[word & 3], word >> 2);
}

// Which of `capacity` tickets from `begin` on are named, however many names there are.
class named_tickets {
 public:
  named_tickets(std::uint64_t begin, std::uint64_t capacity) : begin_{begin}, changes_(capacity + 1) {}
  void add(claim const& which) {
    // Free-running: a claim may begin before `begin_`.
    auto const from = static_cast<std::int64_t>(which.ticket - begin_);
    auto const size = static_cast<std::int64_t>(changes_.size() - 1);
    auto const first = std::clamp<std::int64_t>(from, 0, size);
    auto const last = from > size ? size : std::clamp<std::int64_t>(from + which.count, first, size);
    ++changes_[static_cast<std::size_t>(first)];
    --changes_[static_cast<std::size_t>(last)];
  }
  // Once, after the last add().
  void close() {
    for (std::size_t i = 1; i < changes_.size(); ++i) changes_[i] += changes_[i - 1];
  }
  bool has(std::uint64_t ticket) const { return changes_[ticket - begin_] > 0; }

 private:
  std::uint64_t begin_;
  std::vector<std::int64_t> changes_;  // of how many names there are, from one ticket to the next
};

template <class Header>
std::uint64_t first_ticket_of(Header const& header) noexcept {
  std::uint64_t first = 0;
  std::memcpy(&first, &header.first_ticket, sizeof(first));
  return first;
}

// --- queue ---

class queue_check {
 public:
  queue_check(inspection& look, queue_bytes const& queue)
      : look_{look}, queue_{queue}, header_{queue.header()}, first_{first_ticket_of(header_)} {}

  void run() {
    // head first: what is read of tail then is not behind it.
    head_ = current(header_.head);
    tail_ = current(header_.tail);
    if (tail_ - head_ > capacity() || is_past(first_, head_))
      return look_.damage("tail", &header_.tail,
                          fmt::format("from head, {}, to {} more, and no ticket before {}", head_, capacity(), first_),
                          fmt::format("{}", tail_));
    slots();
    names();
  }

 private:
  std::uint64_t capacity() const noexcept { return queue_.capacity(); }
  std::uint64_t begin() const noexcept { return tail_ - capacity(); }

  // I3, I5 of queue_claims.hpp: each slot is at the turn of the last ticket that was claimed, or behind it.
  void slots() {
    for (std::uint64_t i = 0; i < capacity() && !look_.is_full(); ++i) {
      auto const ticket = begin() + i;
      auto const& place = queue_.word(ticket);
      auto const word = current(place);
      bool const is_before_head = is_past(head_, ticket);
      bool const is_of_ticket = word == slot_word(ticket, slot_state::full) ||
                                word == slot_word(ticket, slot_state::abandoned) ||
                                (!is_before_head && word == slot_word(ticket, slot_state::free));
      bool const is_retired = is_before_head && word == queue_.free_word_after(ticket);
      if (!is_retired && (!is_of_ticket || is_past(first_, ticket)))
        look_.damage(fmt::format("slot {}", ticket & queue_.mask()), &place,
                     fmt::format("the turn of ticket {}, between head {} and tail {}", ticket, head_, tail_),
                     text_of(word));
      else if (is_of_ticket && state(word) == slot_state::free)
        unwritten_.push_back(ticket);
      else if (is_of_ticket && is_before_head && state(word) == slot_state::full)
        taken_.push_back(ticket);
    }
  }
  static slot_state state(std::uint64_t word) noexcept { return static_cast<slot_state>(word & 3); }

  // I4 of queue_claims.hpp: after the slots, so that a name that is missing now was missing then.
  void names() {
    named_tickets writers{begin(), capacity()};
    named_tickets readers{begin(), capacity()};
    using enum lane_op;
    look_.names({push, pushing, pop, popped, lease, returned}, [&](named_claim const& found) {
      bool const writes = found.claim.op == push || found.claim.op == pushing;
      bool const is_over = found.claim.op == pushing || found.claim.op == popped || found.claim.op == returned;
      // After the name: the cursors only go on.
      auto const cursor = current(writes ? header_.tail : header_.head);
      auto const last = found.claim.ticket + (is_over ? found.claim.count : 0);
      if (found.claim.count == 0 || found.claim.count > capacity() || is_past(last, cursor) ||
          is_past(first_, found.claim.ticket))
        return look_.damage(
            found.field(), found.where,
            fmt::format("at most {} tickets, that {} has come to", capacity(), writes ? "tail" : "head"),
            fmt::format("{} from {} on", found.claim.count, found.claim.ticket));
      (writes ? writers : readers).add(found.claim);
    });
    writers.close();
    readers.close();
    for (auto const ticket : unwritten_)
      if (!writers.has(ticket))
        look_.damage(fmt::format("slot {}", ticket & queue_.mask()), &queue_.word(ticket),
                     "an element, or somebody who names the ticket to write it",
                     fmt::format("ticket {} claimed and nobody's: it is waited for for ever", ticket));
    if (!look_.is_still()) return;  // these names go from lane to lane
    for (auto const ticket : taken_)
      if (!readers.has(ticket))
        look_.damage(fmt::format("slot {}", ticket & queue_.mask()), &queue_.word(ticket),
                     "somebody who names the element that was taken",
                     fmt::format("the element of ticket {}, lost: nobody's", ticket));
  }

  inspection& look_;
  queue_bytes const& queue_;
  queue_header& header_;
  std::uint64_t first_;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
  std::vector<std::uint64_t> unwritten_;  // claimed by producers
  std::vector<std::uint64_t> taken_;      // claimed by consumers
};

// --- spsc_queue ---

void verify_spsc_cursors(inspection& look, spsc_queue_bytes const& queue) {
  auto const& header = queue.header();
  auto const first = first_ticket_of(header);
  auto const head = current(header.head);  // first: both only go on, and tail is never behind
  auto const tail = current(header.tail);
  auto const most = current(header.head) + queue.capacity();
  if (is_past(head, tail) || is_past(tail, most) || is_past(first, head))
    look.damage("tail", &header.tail,
                fmt::format("at most {} from head, {}, and no ticket before {}", queue.capacity(), head, first),
                fmt::format("{}", tail));
}

}  // namespace

void verify_queue(inspection& look) {
  auto const queue = queue_bytes::adopt(look.entry());
  if (!queue) return look.refuse(queue.error());
  auto const& header = queue->header();
  verify_pads(look, {{32, 128}, {136, 256}, {272, 384}, {392, 512}, {536, 640}, {648, sizeof(header)}});
  look.flag("recall", header.recall);
  look.participant("recovery", header.recovery, "the next who takes something back takes over");
  verify_high_water(look, header.high_water, queue->capacity());
  queue_check{look, *queue}.run();
}

void verify_spsc_queue(inspection& look) {
  auto const queue = spsc_queue_bytes::adopt(look.entry());
  if (!queue) return look.refuse(queue.error());
  auto const& header = queue->header();
  verify_pads(look, {{24, 128}, {160, 256}, {280, 384}, {392, sizeof(header)}});
  look.participant("producer", header.producer, "the next to push takes the role over");
  look.participant("consumer", header.consumer, "the next to pop takes the role over");
  verify_high_water(look, header.high_water, queue->capacity());
  verify_spsc_cursors(look, *queue);
}

}  // namespace stoa::internal
