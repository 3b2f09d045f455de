// What becomes of a queue's slots when those who took them die. Nothing here is on the fast path.
#include <algorithm>
#include <stoa/known_lives.hpp>
#include <stoa/queue_bytes.hpp>

namespace stoa {

bool queue_bytes::is_full(std::uint64_t ticket) const noexcept {
  return word(ticket).load(std::memory_order_acquire) ==  // A2 <- R1 (queue.hpp)
         slot_word(ticket, slot_state::full);
}

bool queue_bytes::is_taken_and_full(std::uint64_t ticket) const noexcept {
  // acquire: who took it had named it before (lanes.hpp I1), so the names that are looked at next include his
  return is_full(ticket) && is_past(header_->head.load(std::memory_order_acquire), ticket);
}

std::uint64_t queue_bytes::step_over_abandoned() const noexcept {
  std::uint64_t passed = 0;
  auto ticket = header_->head.load(std::memory_order_acquire);  // acquires no more than the slot's word does below
  for (; passed < capacity(); ++passed) {
    auto expected = slot_word(ticket, slot_state::abandoned);
    if (word(ticket).load(std::memory_order_acquire) != expected) break;  // A2 <- R3
    auto head = ticket;
    header_->head.compare_exchange_strong(head, ticket + 1, std::memory_order_acq_rel, std::memory_order_acquire);
    // Whoever moved the head, the slot is behind it now. Dying in between leaves it to the producer of the
    // next lap (queue.hpp).
    word(ticket).compare_exchange_strong(expected, free_word_after(ticket), std::memory_order_release,  // R2
                                         std::memory_order_relaxed);
    ++ticket;
  }
  if (passed != 0) wake(header_->producers);
  return passed;
}

// Whether somebody else may own the ticket: one who lives and names it, or one who died when it was
// certainly his (pushing, popped): then only the settling of his own name may touch it.
bool queue_bytes::is_spoken_for(attachment& owner, std::uint64_t ticket, bool pushing,
                                lane const* except) const {
  known_lives lives{owner};
  for (auto& each : owner.map().used_lanes()) {
    if (&each == except) continue;
    auto const is_named_as = [&](auto... ops) {
      bool is_named = false;
      for_each_name(each, [&](lane_name& name) {
        auto const held = read_name(name, tag_);
        is_named |= held && held->covers(ticket) && ((held->op == ops) || ...);
      });
      return is_named;
    };
    if (!(pushing ? is_named_as(lane_op::push, lane_op::pushing)
                  : is_named_as(lane_op::pop, lane_op::popped, lane_op::lease)))
      continue;
    auto const by = each.owner.load(std::memory_order_acquire);  // lanes.cpp:R1
    if (by == 0) continue;
    if (lives.is_alive(by)) return true;
    // Looked at again: he may have gone on before he died. What a dead one says now he says for good.
    if (is_named_as(pushing ? lane_op::pushing : lane_op::popped)) return true;
  }
  return false;
}

// True: nothing remains of it.
bool queue_bytes::settle_push(attachment& owner, claim const& dead, lane const& where) const {
  auto const count = std::min<std::uint64_t>(dead.count, capacity());
  auto const abandon = [&](std::uint64_t ticket, slot_state from) {
    auto expected = slot_word(ticket, from);
    // R3 -> A2. A word names its ticket: in any later lap this fails and does nothing.
    return word(ticket).compare_exchange_strong(expected, slot_word(ticket, slot_state::abandoned),
                                                std::memory_order_release, std::memory_order_relaxed);
  };
  auto const is_free = [&](std::uint64_t ticket) {
    return word(ticket).load(std::memory_order_acquire) == slot_word(ticket, slot_state::free);
  };
  if (dead.op == lane_op::pushing) {
    // All were its own, and invisible as long as the first is not published. The first goes last, so that
    // a repairer that dies leaves the same situation. acquire: it said so after tail had passed them
    if (!is_past(header_->tail.load(std::memory_order_acquire), dead.ticket) || !is_free(dead.ticket)) return true;
    for (auto i = count; i-- > 0;) {
      if (!abandon(dead.ticket + i, slot_state::free)) abandon(dead.ticket + i, slot_state::full);
    }
    return true;
  }
  bool is_settled = true;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto const ticket = dead.ticket + i;
    // A1: whoever took the ticket had named it before (lanes.hpp I1), so the names seen below include his.
    if (!is_past(header_->tail.load(std::memory_order_acquire), ticket)) break;
    if (!is_free(ticket)) continue;
    if (is_spoken_for(owner, ticket, true, &where))
      is_settled = false;  // he may own it; slow is not dead
    else
      abandon(ticket, slot_state::free);
  }
  return is_settled;
}

void queue_bytes::settle_name(attachment& owner, lane& where, lane_name& name) const {
  auto const dead = read_name(name, tag_);
  if (!dead) return;
  auto const count = std::min<std::uint64_t>(dead->count, capacity());
  bool is_over = true;
  switch (dead->op) {
    case lane_op::none:
    case lane_op::lock: break;  // no queue writes that
    case lane_op::push:
    case lane_op::pushing: is_over = settle_push(owner, *dead, where); break;
    case lane_op::popped:
      // acquire: it said so after head had passed them
      for (std::uint64_t i = 0; i < count && is_past(header_->head.load(std::memory_order_acquire), dead->ticket);
           ++i) {
        auto expected = slot_word(dead->ticket + i, slot_state::full);
        word(dead->ticket + i)
            .compare_exchange_strong(expected, free_word_after(dead->ticket + i), std::memory_order_release,  // R2
                                     std::memory_order_relaxed);
      }
      wake(header_->producers);
      break;
    case lane_op::pop:
    case lane_op::lease:
    case lane_op::returned:
      for (std::uint64_t i = 0; i < count && is_over; ++i) is_over = !is_taken_and_full(dead->ticket + i);
      if (is_over) break;
      // What it took waits to be taken back. The intent is moved to a lease name, so that the lane can have
      // another owner; first the copy, so that a death in between leaves the element named twice.
      if (&name != &where.intent) {
        name.what.store(make_what(tag_, lane_op::returned, dead->count), std::memory_order_release);  // own lane
      } else if (auto* const place = free_lease(where)) {
        write_name(*place, make_what(tag_, lane_op::returned, dead->count), dead->ticket);
        forget(name);  // before anyone is called: while this lane is ours the name counts as a living one's
      }
      // releases the name: who sees recall, sees what to take back (take_back)
      header_->recall.store(1, std::memory_order_release);
      wake(header_->consumers);
      break;
  }
  if (is_over) forget(name);
}

void queue_bytes::settle(attachment& owner) const {
  owner.settle_lanes(tag_, [&](lane& dead) {
    for_each_name(dead, [&](lane_name& name) { settle_name(owner, dead, name); });
  });
  if (step_over_abandoned() != 0) wake(header_->consumers);
  // recall is a hint that a death or a slow name can lose; the names tell. It releases what is seen of them.
  if (header_->recall.load(std::memory_order_relaxed) == 0 && oldest_orphan(owner)) {
    header_->recall.store(1, std::memory_order_release);
    wake(header_->consumers);
  }
}

lane_name* queue_bytes::free_lease(lane& mine) const noexcept {
  for (auto& name : mine.leases) {
    auto const what = name.what.load(std::memory_order_acquire);  // lanes.hpp:R2, a commit by another thread
    if (op_of(what) == lane_op::none) return &name;
    if (op_of(what) != lane_op::returned) continue;
    auto const given_back = read_name(name, tag_);
    if (!given_back) continue;
    bool is_over = true;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(given_back->count, capacity()); ++i)
      is_over &= !is_taken_and_full(given_back->ticket + i);
    if (is_over) {
      forget(name);
      return &name;
    }
  }
  return nullptr;
}

bool queue_bytes::try_lock_recovery(attachment& owner) const {
  auto holder = header_->recovery.load(std::memory_order_relaxed);  // a guess; the CAS decides
  if (holder != 0 && owner.is_alive(holder)) return false;
  // A4 <- R4: what the last holder named. Ids are never used twice, so a slow one takes nothing over.
  return header_->recovery.compare_exchange_strong(holder, owner.self(), std::memory_order_acquire,
                                                   std::memory_order_relaxed);
}

// The oldest element that was taken, is still there, and belongs to nobody.
std::optional<queue_bytes::orphan> queue_bytes::oldest_orphan(attachment& owner) const {
  std::optional<orphan> found;
  bool is_only = true;
  for (auto& each : owner.map().used_lanes()) {
    std::optional<bool> is_owner_alive;
    for_each_name(each, [&](lane_name& name) {
      auto const held = read_name(name, tag_);
      if (!held || held->op == lane_op::push || held->op == lane_op::pushing || held->op == lane_op::popped) return;
      if (held->op != lane_op::returned) {
        // lanes.cpp:R1
        if (!is_owner_alive) is_owner_alive = owner.is_alive(each.owner.load(std::memory_order_acquire));
        if (*is_owner_alive) return;
      }
      auto const count = std::min<std::uint64_t>(held->count, capacity());
      for (std::uint64_t i = 0; i < count; ++i) {
        auto const ticket = held->ticket + i;
        // Full again at the end: who owned it may have ended while his name was looked for.
        if (!is_taken_and_full(ticket) || is_spoken_for(owner, ticket, false, nullptr) || !is_full(ticket)) continue;
        is_only &= !found && i + 1 == count;
        if (!found || is_past(found->ticket, ticket)) found = orphan{&name, ticket, false};
        break;  // later ones of this name are younger
      }
    });
  }
  if (found) found->is_only = is_only;
  return found;
}

std::optional<std::uint64_t> queue_bytes::take_back(attachment& owner, lane_name& mine,
                                                    std::uint64_t what) const {
  if (!try_lock_recovery(owner)) return std::nullopt;
  // Cleared before the search: what is returned from now on sets it again. acquires the names that were released
  header_->recall.exchange(0, std::memory_order_acq_rel);
  auto const found = oldest_orphan(owner);
  if (found) {
    // First the own name, then the dead one's: dying in between leaves the element named by the dead.
    write_name(mine, what, found->ticket);
    auto returned = make_what(tag_, lane_op::returned);
    // Only the one that is taken, and it is full until the caller is done: nobody uses its name for another.
    if (found->name->ticket.load(std::memory_order_relaxed) == found->ticket)
      // release: the own name comes first
      found->name->what.compare_exchange_strong(returned, 0, std::memory_order_release, std::memory_order_relaxed);
    if (!found->is_only) header_->recall.store(1, std::memory_order_release);  // releases, as in settle()
  }
  header_->recovery.store(0, std::memory_order_release);  // R4 -> A4
  if (!found) return std::nullopt;
  return found->ticket;
}

}  // namespace stoa
