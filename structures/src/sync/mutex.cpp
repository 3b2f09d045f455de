#include <fmt/format.h>

#include <stoa/sync/mutex.hpp>
#include <vector>

#include "verify.hpp"

namespace stoa {
namespace {

failure owner_died(attached_entry const& entry) {
  return {errc::owner_died,
          fmt::format("{}: its holder died, and nobody has put right what it guards: recover(), or "
                      "lock_or_inherit() and make_consistent()", entry.where())};
}
failure would_deadlock(attached_entry const& entry) {
  return {errc::would_deadlock, fmt::format("{}: this thread has it already", entry.where())};
}

}  // namespace

mutex::outcome mutex::attempt(bool thorough, bool inherits) const noexcept {
  auto& word = header_->word;
  auto const mine = names_.mine();
  // Each failed CAS means that somebody else took it or let go.
  for (auto seen = word.load(std::memory_order_relaxed);;) {  // a guess; the CAS decides
    auto const holder = holder_in(seen);
    if (holder == mine) return outcome::own;
    if (holder != 0 && (!thorough || is_holder_alive(entry_->owner(), seen))) return outcome::busy;
    bool const is_abandoned = holder != 0 || (seen & holder_mark) != 0;
    if (is_abandoned && holder == 0 && !inherits) return outcome::abandoned;
    // From a dead holder it goes to who inherits, or else it is free for one who does.
    auto const next = !is_abandoned ? mine : inherits ? mine | holder_mark : holder_mark;
    // A1 <- R1 (I1, I2). What a dead one wrote last came before the kernel dropped its lock.
    if (!word.compare_exchange_weak(seen, next, std::memory_order_acquire, std::memory_order_relaxed)) continue;
    if (holder != 0) header_->deaths.fetch_add(1, std::memory_order_relaxed);  // a statistic
    if (holder_in(next) == 0) wake(header_->waiters);  // they will be told as well
    return !is_abandoned ? outcome::taken : inherits ? outcome::inherited : outcome::abandoned;
  }
}

mutex::outcome mutex::wait_to_lock(deadline until, wait_strategy strategy, bool inherits) const {
  auto last = outcome::busy;
  stoa::wait_for(header_->waiters, until, strategy, [&](bool thorough) {
    last = attempt(thorough, inherits);
    return last != outcome::busy;
  });
  return last;
}

bool mutex::is_locked_by(outcome found) const {
  if (found == outcome::abandoned) throw error{owner_died(*entry_)};
  return found == outcome::taken || found == outcome::inherited;
}

void mutex::lock_slowly(wait_strategy strategy) const {
  auto const found = wait_to_lock(deadline::never(), strategy, false);
  if (found == outcome::own) throw error{would_deadlock(*entry_)};
  is_locked_by(found);
}

bool mutex::try_lock_slowly() const { return is_locked_by(attempt(entry_->is_look_due(), false)); }

bool mutex::try_lock_until(deadline until, wait_strategy strategy) const {
  if (try_lock()) return true;
  return is_locked_by(wait_to_lock(until, strategy, false));
}

bool mutex::lock_or_inherit(wait_strategy strategy) const {
  require_writable(*entry_, "lock");
  auto found = attempt(true, true);
  if (found == outcome::busy) found = wait_to_lock(deadline::never(), strategy, true);
  if (found == outcome::own) throw error{would_deadlock(*entry_)};
  return found == outcome::inherited;
}

void mutex::make_consistent() const {
  require_writable(*entry_, "make consistent");
  auto const mine = names_.mine();
  if (holder_in(header_->word.load(std::memory_order_relaxed)) != mine) throw error{internal::not_owner(*entry_)};
  header_->word.store(mine, std::memory_order_relaxed);  // own word; unlock() carries the rest (I2)
}

bool mutex::is_consistent() const noexcept {
  auto const seen = header_->word.load(std::memory_order_relaxed);
  if ((seen & holder_mark) != 0) return false;
  return seen == 0 || is_holder_alive(entry_->owner(), seen);
}

void mutex::refuse_unlock() const {
  if (!entry_->owner().was_inherited()) throw error{internal::not_owner(*entry_)};
}

namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const found = adopt_header<mutex_header>(entry);
  if (!found) return found.error();
  auto const& header = **found;
  auto const word = header.word.load(std::memory_order_relaxed);  // relaxed: for people
  return std::vector<statistic>{{"capacity", 1},
                                {"size", holder_in(word) != 0},
                                {"thread", thread_of(word)},
                                {"abandoned", word & holder_mark},
                                {"deaths", header.deaths.load(std::memory_order_relaxed)}};
}

}  // namespace

kind_operations const& mutex_operations() {
  // Nothing to settle: the word names its holder.
  static kind_operations const operations{"mutex", 1, &statistics, &no_elements, nullptr, &internal::verify_mutex};
  return operations;
}

}  // namespace stoa
