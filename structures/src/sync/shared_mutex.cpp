#include <fmt/format.h>

#include <cstring>
#include <stoa/sync/shared_mutex.hpp>
#include <vector>

#include "verify.hpp"

namespace stoa {
namespace {

constexpr std::uint64_t most_readers = 1u << 16;  // a writer looks at all of them

}  // namespace

result<std::uint64_t> shared_mutex::bytes_for(shape const& asked) {
  if (asked.readers == 0 || asked.readers > most_readers)
    return failure{errc::invalid_argument,
                   fmt::format("shared_mutex for {} readers, 1 to {} are possible", asked.readers, most_readers)};
  return sizeof(shared_mutex_header) + asked.readers * sizeof(atomic_u64);
}

result<shared_mutex> shared_mutex::adopt(std::shared_ptr<attached_entry> entry) {
  auto const header = adopt_header<shared_mutex_header>(entry->view());
  if (!header) return header.error();
  std::uint64_t readers = 0;
  std::memcpy(&readers, entry->view().body.data(), sizeof(readers));
  if (readers == 0 || readers > most_readers ||
      readers > (entry->view().body.size() - sizeof(shared_mutex_header)) / sizeof(atomic_u64))
    return damaged(entry->view(), fmt::format("{} readers in {} bytes", readers, entry->view().body.size()));
  return shared_mutex{std::move(entry), *header, readers};
}

// --- marks of readers ---

// Where this thread looks for a mark first: threads that run at the same time begin on different lines.
std::uint64_t shared_mutex::first_place() const noexcept {
  constexpr std::uint64_t words_per_line = 8;
  return (thread_of(names_.mine()) * words_per_line + holder_place_of(names_.mine())) % readers_;
}

atomic_u64* shared_mutex::own_mark() const noexcept {
  auto const mine = names_.mine();
  auto at = first_place();
  for (std::uint64_t i = 0; i < readers_; ++i, at = at + 1 == readers_ ? 0 : at + 1)
    if (reader(at).load(std::memory_order_relaxed) == mine) return &reader(at);  // only this thread writes that
  return nullptr;
}

// nullptr: all are in use.
atomic_u64* shared_mutex::take_mark(bool thorough) const noexcept {
  auto const mine = names_.mine();
  auto at = first_place();
  for (std::uint64_t i = 0; i < readers_; ++i, at = at + 1 == readers_ ? 0 : at + 1) {
    auto seen = reader(at).load(std::memory_order_relaxed);  // a guess; the CAS decides
    if (seen != 0 && (!thorough || is_holder_alive(entry_->owner(), seen))) continue;
    // seq_cst: before the look at the word (I2). Forbids: this mark is not yet seen by a writer, nor its word here.
    if (reader(at).compare_exchange_strong(seen, mine, std::memory_order_seq_cst, std::memory_order_relaxed))
      return &reader(at);
  }
  return nullptr;
}

// --- the word ---

// Takes the word from a dead writer. A claimer had changed nothing.
bool shared_mutex::bury(std::uint64_t seen, std::uint64_t next) const noexcept {
  bool const had_it = (seen & holder_claim) == 0;
  // seq_cst: the next owner's claim comes before its look at the marks (I2)
  if (!header_->word.compare_exchange_strong(seen, next, std::memory_order_seq_cst, std::memory_order_relaxed))
    return false;
  if (had_it) header_->deaths.fetch_add(1, std::memory_order_relaxed);  // a statistic
  wake(header_->waiters);
  return true;
}

// Makes the word the own, with a claim: no reader comes any more (I2).
shared_mutex::outcome shared_mutex::claim(bool thorough, bool inherits) const noexcept {
  auto const mine = names_.mine();
  for (auto seen = header_->word.load(std::memory_order_relaxed);;) {  // a guess; the CAS decides
    auto const holder = holder_in(seen);
    if (holder == mine) return outcome::own;
    if (holder != 0 && (!thorough || is_holder_alive(entry_->owner(), seen))) return outcome::busy;
    bool const is_abandoned = (seen & holder_mark) != 0 || (holder != 0 && (seen & holder_claim) == 0);
    auto const mark = is_abandoned ? holder_mark : 0;
    if (is_abandoned && !inherits) {
      if (holder == 0 || bury(seen, mark)) return outcome::abandoned;
      seen = header_->word.load(std::memory_order_relaxed);
      continue;
    }
    auto const next = mine | holder_claim | mark;
    if (holder != 0) {
      if (bury(seen, next)) return is_abandoned ? outcome::inherited : outcome::taken;
      seen = header_->word.load(std::memory_order_relaxed);
      continue;
    }
    // A1 <- R1 (I3). seq_cst: before the look at the marks (I2), as in bury().
    if (header_->word.compare_exchange_strong(seen, next, std::memory_order_seq_cst, std::memory_order_relaxed))
      return is_abandoned ? outcome::inherited : outcome::taken;
  }
}

// With the claim: whether all readers have gone.
shared_mutex::outcome shared_mutex::drain(bool thorough) const noexcept {
  auto const mine = names_.mine();
  for (std::uint64_t i = 0; i < readers_; ++i) {
    auto seen = reader(i).load(std::memory_order_seq_cst);  // A3 <- R2 (I3); after the claim (I2)
    if (seen == 0) continue;
    if (seen == mine) return outcome::own;
    if (!thorough || is_holder_alive(entry_->owner(), seen)) return outcome::busy;
    // Its place is free for others. Lost: somebody else buried it, and reads or looks now. acquires what it read (I3)
    if (!reader(i).compare_exchange_strong(seen, 0, std::memory_order_acquire, std::memory_order_relaxed))
      return outcome::busy;
  }
  auto const word = header_->word.load(std::memory_order_relaxed);       // own: only this thread changes it
  header_->word.store(word & ~holder_claim, std::memory_order_relaxed);  // readers that look keep out all the same
  return outcome::taken;
}

// By its writer, or claimer.
void shared_mutex::let_go_of_word() const noexcept {
  auto const word = header_->word.load(std::memory_order_relaxed);
  header_->word.store(word & holder_mark, std::memory_order_release);  // R1 -> A1, A2 (I3)
  wake(header_->waiters);
}

// attempt(thorough) until it says something else than busy; without `until` once.
template <class Attempt>
shared_mutex::outcome shared_mutex::repeat(std::optional<deadline> until, wait_strategy strategy, bool is_look_due,
                                           Attempt attempt) const {
  auto found = attempt(is_look_due);
  if (found == outcome::busy && until)
    stoa::wait_for(header_->waiters, *until, strategy,
                   [&](bool thorough) { return (found = attempt(thorough)) != outcome::busy; });
  return found;
}

shared_mutex::outcome shared_mutex::write(std::optional<deadline> until, wait_strategy strategy, bool inherits) const {
  require_writable(*entry_, "lock");
  bool const is_due = !until && entry_->is_look_due();
  auto const claimed = repeat(until, strategy, is_due, [&](bool thorough) { return claim(thorough, inherits); });
  if (claimed != outcome::taken && claimed != outcome::inherited) return claimed;
  auto const drained = repeat(until, strategy, is_due, [&](bool thorough) { return drain(thorough); });
  if (drained == outcome::taken) return claimed;
  let_go_of_word();
  return drained;
}

// What a reader must know of a writer.
shared_mutex::outcome shared_mutex::look_at_writer(bool thorough) const noexcept {
  for (;;) {
    auto const seen = header_->word.load(std::memory_order_seq_cst);  // A2 <- R1 (I3); after the mark (I2)
    auto const holder = holder_in(seen);
    bool const is_marked = (seen & holder_mark) != 0;
    if (holder == 0) return is_marked ? outcome::abandoned : outcome::taken;
    if (holder == names_.mine()) return outcome::own;
    if (!thorough || is_holder_alive(entry_->owner(), seen)) return outcome::busy;
    bury(seen, is_marked || (seen & holder_claim) == 0 ? holder_mark : 0);
  }
}

shared_mutex::outcome shared_mutex::look_and_mark(bool thorough) const noexcept {
  auto const before = look_at_writer(thorough);
  if (before != outcome::taken) return before == outcome::busy && own_mark() != nullptr ? outcome::own : before;
  auto* const mark = take_mark(thorough);
  if (mark == nullptr) return outcome::busy;
  auto const found = look_at_writer(thorough);
  if (found != outcome::taken) {
    mark->store(0, std::memory_order_release);  // R2 -> A3
    wake(header_->waiters);                     // a writer may have waited for it
  }
  return found;
}

// --- the interface ---

bool shared_mutex::is_locked_by(outcome found) const {
  if (found == outcome::abandoned)
    throw error{{errc::owner_died,
                 fmt::format("{}: a writer died, and nobody has put right what it was changing: recover(), or "
                             "lock_or_inherit() and make_consistent()", entry_->where())}};
  return found == outcome::taken || found == outcome::inherited;
}

void shared_mutex::throw_deadlock() const {
  throw error{{errc::would_deadlock, fmt::format("{}: this thread would wait for itself", entry_->where())}};
}

void shared_mutex::lock(wait_strategy strategy) const {
  auto const found = write(deadline::never(), strategy, false);
  if (found == outcome::own) throw_deadlock();
  is_locked_by(found);
}

bool shared_mutex::try_lock() const { return is_locked_by(write(std::nullopt, wait_strategy::adaptive, false)); }

bool shared_mutex::try_lock_until(deadline until, wait_strategy strategy) const {
  return is_locked_by(write(until, strategy, false));
}

bool shared_mutex::lock_or_inherit(wait_strategy strategy) const {
  auto const found = write(deadline::never(), strategy, true);
  if (found == outcome::own) throw_deadlock();
  return found == outcome::inherited;
}

void shared_mutex::unlock() const {
  if (entry_->owner().was_inherited()) return;  // the parent has it
  if (holder_in(header_->word.load(std::memory_order_relaxed)) != names_.mine())
    throw error{internal::not_owner(*entry_)};
  let_go_of_word();
}

void shared_mutex::make_consistent() const {
  require_writable(*entry_, "make consistent");
  auto const mine = names_.mine();
  if (holder_in(header_->word.load(std::memory_order_relaxed)) != mine)
    throw error{internal::not_owner(*entry_)};
  header_->word.store(mine, std::memory_order_relaxed);  // own word; unlock() carries the rest (I3)
}

bool shared_mutex::is_consistent() const noexcept {
  auto const seen = header_->word.load(std::memory_order_relaxed);
  if ((seen & holder_mark) != 0) return false;
  return holder_in(seen) == 0 || (seen & holder_claim) != 0 || is_holder_alive(entry_->owner(), seen);
}

shared_mutex::outcome shared_mutex::read(std::optional<deadline> until, wait_strategy strategy) const {
  require_writable(*entry_, "lock");
  bool const is_due = !until && entry_->is_look_due();
  return repeat(until, strategy, is_due, [&](bool thorough) { return look_and_mark(thorough); });
}

void shared_mutex::lock_shared(wait_strategy strategy) const {
  auto const found = read(deadline::never(), strategy);
  if (found == outcome::own) throw_deadlock();
  is_locked_by(found);
}

bool shared_mutex::try_lock_shared() const { return is_locked_by(read(std::nullopt, wait_strategy::adaptive)); }

bool shared_mutex::try_lock_shared_until(deadline until, wait_strategy strategy) const {
  return is_locked_by(read(until, strategy));
}

void shared_mutex::unlock_shared() const {
  if (entry_->owner().was_inherited()) return;
  auto* const mark = own_mark();
  if (mark == nullptr)
    throw error{{errc::not_owner, fmt::format("{}: this thread does not have it shared", entry_->where())}};
  mark->store(0, std::memory_order_release);  // R2 -> A3 (I3)
  wake(header_->waiters);
}

namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const found = adopt_header<shared_mutex_header>(entry);
  if (!found) return found.error();
  auto const& header = **found;
  std::uint64_t readers = 0;
  auto const* const marks = reinterpret_cast<atomic_u64 const*>(&header + 1);
  auto const count = (entry.body.size() - sizeof(header)) / sizeof(atomic_u64);
  // relaxed: for people
  for (std::uint64_t i = 0; i < count; ++i) readers += marks[i].load(std::memory_order_relaxed) != 0;
  auto const word = header.word.load(std::memory_order_relaxed);
  return std::vector<statistic>{{"capacity", count},
                                {"size", readers},
                                {"writer", holder_in(word) != 0},
                                {"abandoned", word & holder_mark},
                                {"deaths", header.deaths.load(std::memory_order_relaxed)}};
}

}  // namespace

kind_operations const& shared_mutex_operations() {
  static kind_operations const operations{"shared_mutex", 1, &statistics, &no_elements, nullptr,
                                          &internal::verify_shared_mutex};
  return operations;
}

}  // namespace stoa
