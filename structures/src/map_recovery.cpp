// Overflow buckets, locks that are held, and locks that the dead left. Nothing here is on the fast path.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stoa/map_bytes.hpp>
#include <stoa/waiting.hpp>
#include <thread>

namespace stoa {
namespace {

constexpr std::uint64_t none_free = 0xFFFF'FFFF;

// Says that a bucket was freed, and that the next search may begin at `index`.
void hint_at(atomic_u64& hint, std::uint64_t index) noexcept {
  auto seen = hint.load(std::memory_order_relaxed);
  // R5 -> A5: what was freed before is seen free
  while (!hint.compare_exchange_weak(seen, ((seen >> 32) + 1) << 32 | index, std::memory_order_release,
                                     std::memory_order_relaxed)) {
  }
}

std::int64_t now_ns() noexcept {
  return std::chrono::nanoseconds{wait_clock::now().time_since_epoch()}.count();
}

}  // namespace

bool patience::is_late() noexcept {
  if (since_ == 0) since_ = now_ns();
  return now_ns() - since_ > 10'000'000'000;
}

// --- overflow buckets ---

// Number (index + 1) of a bucket that now is this home's, 0 if there is none.
std::uint64_t map_bytes::claim_overflow(std::uint64_t home) const noexcept {
  auto& hint = header().hint;
  for (;;) {
    // A5 <- R5: what was freed before this is seen free
    auto const hinted = hint.load(std::memory_order_acquire);
    auto const start = hinted & none_free;
    // After a search in vain others are spared one, until somebody frees a bucket.
    if (start == none_free && header().refusals.load(std::memory_order_relaxed) % 64 != 63) return 0;
    auto index = start < overflows_ ? start : 0;
    for (std::uint64_t looked = 0; looked < overflows_; ++looked, index = index + 1 < overflows_ ? index + 1 : 0) {
      std::uint64_t nobody = 0;
      if (user(index).load(std::memory_order_relaxed) != 0) continue;  // a guess; the CAS decides
      // A4 <- R4: its last user is done with it (I5)
      if (!user(index).compare_exchange_strong(nobody, home + 1, std::memory_order_acquire, std::memory_order_relaxed))
        continue;
      auto expected = hinted;
      hint.compare_exchange_strong(expected, (hinted & ~none_free) | (index + 1), std::memory_order_relaxed,
                                   std::memory_order_relaxed);
      return index + 1;
    }
    auto expected = hinted;  // unless somebody has freed one meanwhile
    do {
      if (hint.compare_exchange_weak(expected, (expected & ~none_free) | none_free, std::memory_order_relaxed,
                                     std::memory_order_relaxed))
        return 0;
    } while ((expected & ~none_free) == (hinted & ~none_free));
  }
}

void map_bytes::free_overflow(std::uint64_t number) const noexcept {
  user(number - 1).store(0, std::memory_order_release);  // R4 -> A4 (I5)
  hint_at(header().hint, number - 1);
}

// Gives back what this home claimed and did not link, or unlinked and did not free.
void map_bytes::free_orphans(std::uint64_t home_index) const noexcept {
  auto const linked = chain_of(home_index);
  for (std::uint64_t i = 0; i < overflows_; ++i) {
    if (user(i).load(std::memory_order_relaxed) != home_index + 1) continue;  // I5: this home's, so nobody else's
    auto const* const last = linked.buckets.begin() + linked.count;
    if (std::find(linked.buckets.begin(), last, homes_ + i) == last) free_overflow(i + 1);
  }
  hint_at(header().hint, 0);  // who died may have freed one without a word
}

bool map_bytes::make_room(attached_entry const& entry, std::uint64_t home_index, chain& of, std::uint64_t& valid,
                          bool is_new) const {
  valid &= slots_of(of.count);
  auto const room = of.count * slots_per_bucket - static_cast<std::uint32_t>(std::popcount(valid));
  return room >= 1u + is_new || extend(entry, home_index, of);  // map_buckets.hpp I4
}

// One more bucket at the end.
bool map_bytes::extend(attached_entry const& entry, std::uint64_t home_index, chain& of) const {
  auto number = of.count < most_buckets ? claim_overflow(home_index) : 0;
  if (number == 0 && of.count < most_buckets && entry.is_look_due()) {  // the dead may have some
    settle(entry.owner());  // not our own lane
    number = claim_overflow(home_index);
  }
  if (number == 0) {
    header().refusals.fetch_add(1, std::memory_order_relaxed);  // a statistic
    return false;
  }
  auto const fresh = homes_ + number - 1;
  // R3 -> A3: who still reads it for its last user
  bucket(fresh).control.store(0, std::memory_order_release);
  prints(fresh).store(0, std::memory_order_release);
  auto& link = bucket(of.buckets[of.count - 1]).control;
  // before R1; and R3 -> A3, for who still reads that bucket for its last user
  link.store(with_next(link.load(std::memory_order_relaxed), number), std::memory_order_release);
  of.buckets[of.count++] = fresh;
  return true;
}

// Between two slots of a chain, the second of which is free.
void map_bytes::move_slot(chain const& in, std::uint32_t from, std::uint32_t to) const noexcept {
  auto const source = in.buckets[from / slots_per_bucket];
  auto const target = in.buckets[to / slots_per_bucket];
  auto const* words_from = words(bucket(source)) + from % slots_per_bucket * layout_.slot_words();
  auto* words_to = words(bucket(target)) + to % slots_per_bucket * layout_.slot_words();
  // relaxed: the lock is ours (I1)
  for (std::uint64_t i = 0; i < layout_.slot_words(); ++i)
    words_to[i].store(words_from[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
  auto const print = fingerprint_of(prints(source).load(std::memory_order_relaxed), from % slots_per_bucket);
  prints(target).store(with_fingerprint(prints(target).load(std::memory_order_relaxed), to % slots_per_bucket, print),
                       std::memory_order_relaxed);
}

void map_bytes::tidy(std::uint64_t home_index) const noexcept {
  auto& state = home(home_index).state;
  for (auto of = chain_of(home_index); of.count > 1; --of.count) {
    auto const seen = state.load(std::memory_order_relaxed);  // I1
    auto const before = valid_in(seen) & slots_of(of.count);
    auto const kept = (of.count - 1) * slots_per_bucket;
    if (static_cast<std::uint32_t>(std::popcount(before)) + 1 > kept) return;  // I4
    auto valid = before;
    // R3 -> A3: the state that says these slots are free comes before what is written into them.
    std::atomic_thread_fence(std::memory_order_release);
    for (auto from = kept; from < kept + slots_per_bucket; ++from) {
      if ((before >> from & 1) == 0) continue;
      auto const to = static_cast<std::uint32_t>(std::countr_one(valid));
      move_slot(of, from, to);
      valid ^= std::uint64_t{1} << from | std::uint64_t{1} << to;
    }
    // All moves at once: each key is there once, before and after.
    if (valid != valid_in(seen))
      state.store(next_state(seen, valid), std::memory_order_release);  // R1 -> A1 (map_buckets.hpp I2)
    auto& link = bucket(of.buckets[of.count - 2]).control;
    auto const held = link.load(std::memory_order_relaxed);  // I1
    link.store(with_next(held, 0), std::memory_order_release);  // R3 -> A3: after the state that is done with it
    if (next_of(held) - 1 < overflows_) free_overflow(next_of(held));  // else input
  }
}

// --- locks ---

// A lock whose holder does not name it: he is just letting go, or nobody holds it.
struct map_bytes::suspicion {
  std::int64_t since = 0;
  unsigned looks = 0;
};

// Throws if it was damaged; settles if he is dead; else there is nothing to do but wait.
void map_bytes::question_holder(attached_entry const& entry, std::uint64_t home_index, std::uint64_t lock,
                                suspicion& of) const {
  auto const lanes = entry.owner().map().lanes();
  if (lock <= lanes.size()) {
    auto const& holder = lanes[lock - 1];
    auto const by = holder.owner.load(std::memory_order_acquire);  // lanes.cpp:R1
    auto const named = read_name(holder.intent, tag_);
    if (by != 0 && named && named->op == lane_op::lock && named->covers(home_index)) {
      of = {};
      if (!entry.owner().is_alive(by)) settle(entry.owner());
      return;
    }
  }
  // He names it until he has let go (lanes.hpp I3): so the lock has changed, or it was never his.
  if (lock_of(home(home_index).control.load(std::memory_order_acquire)) != lock) {
    of = {};
    return;
  }
  auto const now = now_ns();
  if (of.looks++ == 0) of.since = now;
  if (of.looks > 100 && now - of.since > 1'000'000'000)
    throw error{damaged(entry, fmt::format("bucket {} is locked by number {}, who does not know it", home_index, lock))};
}

void map_bytes::lock_slowly(attached_entry const& entry, lane& mine, std::uint64_t home_index) const {
  auto& control = home(home_index).control;
  auto const number = static_cast<std::uint64_t>(&mine - entry.owner().map().lanes().data()) + 1;
  constexpr unsigned spins = 200;
  constexpr unsigned yields = spins + 8;
  constexpr std::chrono::microseconds most_sleep{1000};
  std::chrono::microseconds sleep{50};
  suspicion doubt;
  try {
    for (unsigned round = 0;; ++round) {
      auto seen = control.load(std::memory_order_relaxed);  // a guess; the CAS decides
      if (lock_of(seen) == 0) {
        // A2 <- R2; a release because the name comes first (lanes.hpp I1)
        if (control.compare_exchange_weak(seen, with_lock(seen, number), std::memory_order_acq_rel,
                                          std::memory_order_relaxed))
          return;
      } else if (lock_of(seen) == number) {
        throw error{damaged(entry, fmt::format("bucket {} is locked by who waits for it", home_index))};
      }
      if (round < spins) {
        pause_briefly();
      } else if (round < yields) {
        give_up_the_core();
      } else {
        if (lock_of(seen) != 0) question_holder(entry, home_index, lock_of(seen), doubt);
        std::this_thread::sleep_for(sleep);
        sleep = std::min(sleep * 2, most_sleep);
      }
    }
  } catch (...) {
    forget(mine.intent);
    throw;
  }
}

void map_bytes::settle(attachment& owner) const {
  auto const* const first = owner.map().lanes().data();
  owner.settle_lanes(tag_, [&](lane& dead) {
    // The dead lane is ours while we are here, and with it what it holds: dying now leaves what we found.
    auto const named = read_name(dead.intent, tag_);
    auto const number = static_cast<std::uint64_t>(&dead - first) + 1;
    if (named && named->op == lane_op::lock && named->ticket < homes_) {
      auto& held = home(named->ticket);
      // acquires nothing new: what the dead wrote came with the lane (lanes.cpp:A1) and its death
      if (lock_of(held.control.load(std::memory_order_acquire)) == number) {  // else it had not yet, or not any more
        tidy(named->ticket);
        free_orphans(named->ticket);
        unlock(held);
      }
    }
    for_each_name(dead, [&](lane_name& name) {
      if (read_name(name, tag_)) forget(name);
    });
  });
}

}  // namespace stoa
