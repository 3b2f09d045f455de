#include <fmt/format.h>

#include <cstring>
#include <stoa/sync/barrier.hpp>
#include <vector>

#include "verify.hpp"

namespace stoa {
namespace {

constexpr std::uint64_t most_members = 4096;  // each who arrives looks at all of them

}  // namespace

result<std::uint64_t> barrier::bytes_for(shape const& asked) {
  if (asked.members == 0 || asked.members > most_members)
    return failure{errc::invalid_argument,
                   fmt::format("barrier for {}, 1 to {} are possible", asked.members, most_members)};
  return sizeof(barrier_header) + asked.members * sizeof(barrier_member);
}

result<barrier> barrier::adopt(std::shared_ptr<attached_entry> entry) {
  auto const header = adopt_header<barrier_header>(entry->view());
  if (!header) return header.error();
  std::uint64_t members = 0;
  std::memcpy(&members, entry->view().body.data(), sizeof(members));
  if (members == 0 || members > most_members ||
      members > (entry->view().body.size() - sizeof(barrier_header)) / sizeof(barrier_member))
    return damaged(entry->view(), fmt::format("{} members in {} bytes", members, entry->view().body.size()));
  return barrier{std::move(entry), *header, members};
}

// A place that nobody has, or a dead one's. nullptr: there is none.
barrier_member* barrier::take_member() const {
  for (bool const dead_too : {false, true})
    for (std::uint64_t i = 0; i < members_; ++i) {
      auto seen = member(i).holder.load(std::memory_order_relaxed);  // a guess; the CAS decides
      if (seen == holder_mark) continue;
      if (holder_in(seen) != 0 && (!dead_too || is_holder_alive(entry_->owner(), seen))) continue;
      // acquires what its last holder had done (I3)
      if (member(i).holder.compare_exchange_strong(seen, names_.mine(), std::memory_order_acquire,
                                                   std::memory_order_relaxed))
        return &member(i);
    }
  return nullptr;
}

// Where the calling thread arrives; it becomes a member if it is none.
barrier_member& barrier::own_member() const {
  require_writable(*entry_, "arrive");
  auto const mine = names_.mine();
  for (std::uint64_t i = 0; i < members_; ++i) {
    auto& each = member(i);
    if (each.holder.load(std::memory_order_relaxed) != mine) continue;  // only this thread writes that
    // A2 <- R2 (I3); own word: relaxed
    if (each.arrived.load(std::memory_order_relaxed) == header_->phase.load(std::memory_order_acquire) + 1)
      throw error{{errc::would_deadlock, fmt::format("{}: this thread has arrived already", entry_->where())}};
    return each;
  }
  auto* const taken = take_member();
  if (taken == nullptr)
    throw error{{errc::role_taken, fmt::format("{}: all {} places are taken or dropped", entry_->where(), members_)}};
  return *taken;
}

bool barrier::has_arrived(barrier_member const& who, std::uint64_t phase, bool thorough) const noexcept {
  auto const holder = who.holder.load(std::memory_order_acquire);  // A1 <- R1 (I3)
  if (holder == holder_mark) return true;
  if (holder_in(holder) == 0) return false;
  if (who.arrived.load(std::memory_order_acquire) == phase + 1) return true;  // A1 <- R1 (I3)
  return thorough && !is_holder_alive(entry_->owner(), holder);
}

// Whether that phase is over; ends it if it can be.
bool barrier::has_ended(std::uint64_t phase, bool thorough) const noexcept {
  auto seen = header_->phase.load(std::memory_order_acquire);  // A2 <- R2 (I3)
  if (seen != phase) return true;
  for (std::uint64_t i = 0; i < members_; ++i)
    if (!has_arrived(member(i), phase, thorough)) return false;
  // R2 -> A2 (I3). Failed, too, it acquires: somebody else ended it.
  header_->phase.compare_exchange_strong(seen, phase + 1, std::memory_order_acq_rel, std::memory_order_acquire);
  wake(header_->waiters);
  return true;
}

barrier::arrival_token barrier::arrive() const {
  auto& own = own_member();
  // After the place is taken: as long as this member has not arrived the phase is not over. (Where its place was a
  // dead one's it may end meanwhile; then this arrival was for a phase that is over, and does not wait.)
  auto const phase = header_->phase.load(std::memory_order_acquire);  // A2 <- R2 (I3)
  own.arrived.store(phase + 1, std::memory_order_release);            // R1 -> A1 (I3)
  has_ended(phase, false);
  return arrival_token{phase};
}

void barrier::arrive_and_drop() const {
  auto& own = own_member();
  auto const phase = header_->phase.load(std::memory_order_acquire);  // A2 <- R2 (I3)
  own.holder.store(holder_mark, std::memory_order_release);           // R1 -> A1 (I3): counts as arrived from now on
  has_ended(phase, false);
}

bool barrier::wait_until(arrival_token arrival, deadline until, wait_strategy strategy) const {
  require_writable(*entry_, "wait");
  return stoa::wait_for(header_->waiters, until, strategy,
                        [&](bool thorough) { return has_ended(arrival.phase_, thorough); });
}

namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const found = adopt_header<barrier_header>(entry);
  if (!found) return found.error();
  auto const* const members = reinterpret_cast<barrier_member const*>(*found + 1);
  auto const count = (entry.body.size() - sizeof(barrier_header)) / sizeof(barrier_member);
  auto const phase = (*found)->phase.load(std::memory_order_relaxed);  // relaxed: all for people
  std::uint64_t arrived = 0;
  std::uint64_t dropped = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto const holder = members[i].holder.load(std::memory_order_relaxed);
    dropped += holder == holder_mark;
    arrived += holder_in(holder) != 0 && members[i].arrived.load(std::memory_order_relaxed) == phase + 1;
  }
  return std::vector<statistic>{{"capacity", count}, {"size", arrived}, {"dropped", dropped}, {"phase", phase}};
}

}  // namespace

kind_operations const& barrier_operations() {
  static kind_operations const operations{"barrier", 1, &statistics, &no_elements, nullptr, &internal::verify_barrier};
  return operations;
}

}  // namespace stoa
