// stoa/map_buckets.hpp: the algorithm of map and set.
//
// Bytes     docs/format.md "map", layout 1: map_header, home buckets, overflow buckets, users of those,
//           fingerprints of all.
// Progress  look and its kin write nothing and wait for nobody; they start over when the bucket changed
//           meanwhile. Changes of one home bucket's elements exclude each other: who finds it locked waits,
//           for a stopped process as long as it is stopped; a dead one's lock is released by who meets it.
// Crash     A change takes effect with one store, R1. Dying before it, nothing has changed; dying after it, all
//           has. A lock that is left behind guards nothing half done but spare buckets. (docs/crash.md, M1 to M8)
//
//   home bucket: state {version | valid: which slots of the chain hold elements}
//                control {lock: lane | next bucket of the chain}, 7 slots
//   apart, so that many of them are on a line: a byte of the hash of what is in each slot. Where a look-up goes
//   is known before the bucket has come from memory, and what waits for it then is a comparison.
//
//   free slot --write--> written, not valid --state: point of effect--> valid --state--> free slot
//
// I1 lock     state, and next, fingerprints and free slots of a chain, are written only by the lane whose
//             number is in the home bucket's control, and it named that bucket before      R2 -> A2, lanes.hpp I1
// I2 one      a change of what a chain holds is one store of its state; a slot is written only while it is
//             not valid, and whole before it is                                           R1 -> A1
// I3 version  every store of a state advances its version: who reads state, then slots and control, and
//             state again unchanged, has what the chain held at that moment               R3 -> A3
// I4 spare    a chain has a free slot beside its elements, so that replacing never lacks room
// I5 user     an overflow bucket is used by the home that its user word names, and only the holder of that
//             home's lock frees it; it is linked before it holds anything, and freed after    R4 -> A4
// I6 unique   a key is put in only under the lock of the home its hash says, after it was not found there
#pragma once
#include <algorithm>
#include <cstring>
#include <stoa/map_bytes.hpp>
#include <stoa/map_key.hpp>

namespace stoa {

template <class K, std::size_t ValueBytes>
class map_buckets {
  static constexpr std::size_t key_words = words_for(sizeof(K));
  static constexpr std::size_t value_words = words_for(ValueBytes);
  static constexpr std::size_t slot_words = key_words + value_words;
  static constexpr std::size_t bucket_bytes = map_layout{sizeof(K), ValueBytes, 0}.bucket_bytes();

 public:
  using key = key_image<K>;
  using value_image = std::array<std::uint64_t, value_words>;  // the last word padded with zeros
  enum class outcome : std::uint8_t { done, present, absent, full, changed };

  map_buckets(std::shared_ptr<attached_entry> entry, map_bytes const& bytes) noexcept
      : entry_{std::move(entry)},
        lanes_{entry_->owner()},
        first_lane_{entry_->owner().map().lanes().data()},
        bytes_{bytes},
        first_{bytes.first_bucket()},
        prints_{bytes.first_prints()},
        homes_{bytes.homes()} {}

  map_bytes const& bytes() const noexcept { return bytes_; }
  attached_entry const& entry() const noexcept { return *entry_; }
  attachment& owner() const noexcept { return lanes_.owner(); }

  bool contains(key const& wanted) const { return find(wanted, nullptr); }
  // Copies the value to `to`, if that is not null. False: there is none.
  [[gnu::always_inline]] bool find(key const& wanted, void* to) const {
    // What is looked for is mostly in the first slot that may have it, and nobody writes there: all else is elsewhere,
    // so that few instructions are between one miss of the cache and the next.
    auto const index = home_of(wanted);
    auto& home = at(index);
    fetch(home);
    auto const state = home.state.load(std::memory_order_acquire);  // A1 <- R1 (I2)
    auto const hits = hits_in(index, wanted);
    if (hits != 0) [[likely]] {
      auto const* const found = slot_of_hit(home, hits);
      if (is_key(found, wanted) && (state >> number_of_hit(hits) & 1) != 0) [[likely]] {
        if (to != nullptr) load_words(to, found + key_words, ValueBytes);
        if (is_unchanged(home, state)) [[likely]] return true;
      }
    } else if (valid_in(state) >> slots_per_bucket == 0 && is_unchanged(home, state)) {
      return false;
    }
    return locate_slowly(wanted.words, to).slot != nullptr;
  }
  // done, present or full.
  [[gnu::always_inline]] outcome insert(key const& fresh, void const* value) const {
    auto const index = home_of(fresh);
    auto& home = at(index);
    fetch(home);
    auto const state = home.state.load(std::memory_order_acquire);             // A1 <- R1 (I2)
    auto const prints = prints_[index].load(std::memory_order_relaxed);        // not older (A1)
    auto const number = number_of_hit(slots_with(prints, no_fingerprint));  // a guess; the state decides
    auto const free = ~state & slots_of(1);
    // As in find(): mostly nothing looks like the key, and there is a slot for it and one to spare (I4).
    if (slots_with(prints, fresh.fingerprint()) == 0 && valid_in(state) >> slots_per_bucket == 0 &&
        (free & (free - 1)) != 0 && number < slots_per_bucket) [[likely]] {
      locked_home const lock{*this, index};
      bool const is_same = home.state.load(std::memory_order_relaxed) == state;  // A2 <- R2: so it is not there (I6)
      if (is_same && (free >> number & 1) != 0) [[likely]] {
        write(index, number, fresh, value, prints);
        publish(home, state, valid_in(state) | std::uint64_t{1} << number);
        return outcome::done;
      }
    }
    return insert_slowly(fresh.words, value);
  }
  // done, present (and replaced), or full.
  [[gnu::always_inline]] outcome insert_or_assign(key const& wanted, void const* value) const {
    auto const is_replaced = replace_first(wanted, value, [](atomic_u64 const*) { return true; });
    return is_replaced ? outcome::present : insert_or_assign_slowly(wanted.words, value);
  }
  // Replaces the value if it still is `before`: done, absent, or changed.
  [[gnu::always_inline]] outcome replace(key const& wanted, value_image const& before, value_image const& after) const {
    auto const is_still_there = [&](atomic_u64 const* now) { return is_value(now, before); };
    auto const is_replaced = replace_first(wanted, after.data(), is_still_there);
    return is_replaced ? outcome::done : replace_slowly(wanted.words, before, after);
  }
  bool erase(key const& unwanted) const {
    auto const index = home_of(unwanted);
    auto seen = locate(unwanted, index);
    if (seen.slot == nullptr) return false;  // without a lock
    locked_home const lock{*this, index};
    if (!is_still(index, seen)) seen = locate(unwanted, index);
    if (seen.slot == nullptr) return false;
    auto& home = at(index);
    publish(home, seen.state, valid_in(seen.state) & ~(std::uint64_t{1} << seen.number));
    if (seen.number < slots_per_bucket) unprint(index, seen.number);
    if (next_of(home.control.load(std::memory_order_relaxed)) != 0) bytes_.tidy(index);  // I1
    return true;
  }
  void clear() const {
    for (std::uint64_t index = 0; index < homes_; ++index) {
      auto& home = at(index);
      if (valid_in(home.state.load(std::memory_order_relaxed)) == 0) continue;  // as if cleared just now
      locked_home const lock{*this, index};
      publish(home, home.state.load(std::memory_order_relaxed), 0);  // I1
      prints_[index].store(0, std::memory_order_release);             // R3 -> A3, as unprint()
      bytes_.tidy(index);
    }
  }
  // Calls visit(key bytes, value bytes) for each element, chain by chain: each as it was at one moment.
  template <class Visit>
  void for_each(Visit visit) const {
    std::vector<std::uint64_t> copies;
    for (std::uint64_t index = 0; index < homes_; ++index) {
      if (valid_in(at(index).state.load(std::memory_order_relaxed)) == 0) continue;  // as it was just now
      if (!bytes_.copy_chain(index, copies)) throw error{damaged(*entry_, "a bucket that never holds still")};
      for (std::size_t i = 0; i < copies.size(); i += slot_words)
        visit(static_cast<void const*>(&copies[i]), static_cast<void const*>(copies.data() + i + key_words));
    }
  }

 private:
  // Where a key was found in which state of its home. slot is null if it was not.
  struct place {
    std::uint64_t state;
    atomic_u64* slot;
    std::uint32_t number;  // in the chain
  };
  // Holds a home's lock. While another holds it, waits.
  class locked_home {
   public:
    locked_home(map_buckets const& in, std::uint64_t index) : mine_{in.lanes_.mine()}, home_{in.at(index)} {
      write_name(mine_.intent, make_what(in.bytes_.tag(), lane_op::lock), index);
      auto const number = static_cast<std::uint64_t>(&mine_ - in.first_lane_) + 1;
      auto seen = with_lock(home_.control.load(std::memory_order_relaxed), 0);  // a guess; the CAS decides
      // A2 <- R2 (I1). And a release: the name comes first (lanes.hpp I1).
      if (!home_.control.compare_exchange_strong(seen, with_lock(seen, number), std::memory_order_acq_rel,
                                                 std::memory_order_relaxed)) [[unlikely]]
        in.bytes_.lock_slowly(*in.entry_, mine_, index);
    }
    ~locked_home() {
      map_bytes::unlock(home_);
      forget(mine_.intent);
    }
    locked_home(locked_home const&) = delete;
    locked_home& operator=(locked_home const&) = delete;

   private:
    lane& mine_;
    map_bucket& home_;
  };

  // The upper half of the hash, scaled to the number of homes.
  std::uint64_t home_of(key const& wanted) const noexcept { return (wanted.hash >> 32) * homes_ >> 32; }
  map_bucket& at(std::uint64_t index) const noexcept {
    return *reinterpret_cast<map_bucket*>(first_ + index * bucket_bytes);
  }
  static atomic_u64* slot(map_bucket& in, std::uint32_t number) noexcept {
    return reinterpret_cast<atomic_u64*>(&in + 1) + number * slot_words;
  }
  bool is_still(std::uint64_t index, place const& seen) const noexcept {
    return at(index).state.load(std::memory_order_relaxed) == seen.state;  // I1
  }

  // relaxed: A3 validates.
  static bool is_key(atomic_u64 const* words, key const& wanted) noexcept {
    for (std::size_t i = 0; i < key_words; ++i)
      if (words[i].load(std::memory_order_relaxed) != wanted.words[i]) return false;
    return true;
  }
  static bool is_value(atomic_u64 const* words, value_image const& before) noexcept {
    value_image now{};
    load_words(now.data(), words, ValueBytes);  // as find() does: not what pads the last word
    return now == before;
  }
  // A bucket of two lines comes as a whole.
  static void fetch(map_bucket& home) noexcept {
    if constexpr (bucket_bytes == 2 * bucket_unit) __builtin_prefetch(reinterpret_cast<std::byte*>(&home) + bucket_unit);
  }
  // Slots of one bucket whose fingerprint is that of the key, as slots_with() says.
  std::uint64_t hits_in(std::uint64_t bucket, key const& wanted) const noexcept {
    return slots_with(prints_[bucket].load(std::memory_order_relaxed), wanted.fingerprint());  // A3 validates
  }
  // Of the first of them.
  static std::uint32_t number_of_hit(std::uint64_t hits) noexcept {
    return static_cast<std::uint32_t>(std::countr_zero(hits)) / 8;
  }
  static atomic_u64* slot_of_hit(map_bucket& in, std::uint64_t hits) noexcept {
    // slot * slot_words, in bytes: a hit is 8 * slot + 7
    auto const offset = (static_cast<std::size_t>(std::countr_zero(hits)) - 7) * slot_words;
    return reinterpret_cast<atomic_u64*>(reinterpret_cast<std::byte*>(&in + 1) + offset);
  }
  // A3 <- R3: whoever saw anything of a later change sees that the state has changed (I3).
  static bool is_unchanged(map_bucket& home, std::uint64_t state) noexcept {
    std::atomic_thread_fence(std::memory_order_acquire);
    return home.state.load(std::memory_order_relaxed) == state;
  }
  // Number of the slot of one bucket that is valid and has this key, slots_per_bucket if none.
  std::uint32_t slot_with(std::uint64_t bucket, key const& wanted, std::uint64_t valid) const noexcept {
    for (auto hits = hits_in(bucket, wanted); hits != 0; hits &= hits - 1)
      if (auto const i = number_of_hit(hits); is_key(slot(at(bucket), i), wanted) && (valid >> i & 1) != 0) return i;
    return slots_per_bucket;
  }
  [[gnu::noinline]] place in_overflow(std::uint64_t index, std::uint64_t state, key const& wanted) const noexcept {
    auto valid = valid_in(state) >> slots_per_bucket;
    auto bucket = index;
    for (std::uint32_t first = slots_per_bucket; valid != 0; first += slots_per_bucket, valid >>= slots_per_bucket) {
      auto const next = next_of(at(bucket).control.load(std::memory_order_relaxed));  // A3 validates
      if (next == 0 || next > bytes_.overflows()) break;                              // stale, or input
      bucket = homes_ + next - 1;
      if (auto const i = slot_with(bucket, wanted, valid); i != slots_per_bucket)
        return {state, slot(at(bucket), i), first + i};
    }
    return {state, nullptr, 0};
  }
  // Looks for the key until its bucket holds still meanwhile, and copies its value if it is there and `to` is not
  // null. Throws corrupt_structure if it never does.
  place locate(key const& wanted, std::uint64_t index, void* to = nullptr) const {
    auto& home = at(index);
    fetch(home);
    for (patience left;;) {
      auto const state = home.state.load(std::memory_order_acquire);  // A1 <- R1 (I2)
      place found{state, nullptr, 0};
      if (auto const i = slot_with(index, wanted, state); i != slots_per_bucket)
        found = {state, slot(home, i), i};
      else if (valid_in(state) >> slots_per_bucket != 0) [[unlikely]]
        found = in_overflow(index, state, wanted);
      if (to != nullptr && found.slot != nullptr) load_words(to, found.slot + key_words, ValueBytes);
      if (is_unchanged(home, state)) [[likely]] return found;
      if (left.is_over()) throw error{damaged(*entry_, "a bucket that never holds still")};
    }
  }
  // The words and not the key, which would have to be in memory for it.
  [[gnu::noinline]] place locate_slowly(typename key::words_type words, void* to) const {
    auto const wanted = key::of_words(words);
    return locate(wanted, home_of(wanted), to);
  }

  static void publish(map_bucket& home, std::uint64_t state, std::uint64_t valid) noexcept {
    home.state.store(next_state(state, valid), std::memory_order_release);  // R1 -> A1 (I2)
  }
  [[gnu::noinline]] outcome insert_slowly(typename key::words_type words, void const* value) const {
    auto const fresh = key::of_words(words);
    auto const index = home_of(fresh);
    auto seen = locate(fresh, index);
    if (seen.slot != nullptr) return outcome::present;  // without a lock
    locked_home const lock{*this, index};
    if (!is_still(index, seen)) {
      seen = locate(fresh, index);
      if (seen.slot != nullptr) return outcome::present;  // I6
    }
    return put(index, seen, fresh, value) ? outcome::done : outcome::full;
  }
  // Puts a value in place of the one of the key, if may_go(words of that) under the lock. False: it may not, or this
  // was not as simple as it mostly is.
  template <class MayGo>
  [[gnu::always_inline]] bool replace_first(key const& wanted, void const* value, MayGo may_go) const {
    auto const index = home_of(wanted);
    auto& home = at(index);
    fetch(home);
    auto const state = home.state.load(std::memory_order_acquire);       // A1 <- R1 (I2)
    auto const prints = prints_[index].load(std::memory_order_relaxed);  // not older (A1)
    auto const hits = slots_with(prints, wanted.fingerprint());
    auto const free = ~state & slots_of(1);
    // As in find(): mostly the first that looks like it is it; and there is a slot for what replaces it (I4).
    if (hits == 0 || free == 0) [[unlikely]] return false;
    auto* const found = slot_of_hit(home, hits);
    if (!is_key(found, wanted)) [[unlikely]] return false;
    locked_home const lock{*this, index};
    auto const old = number_of_hit(hits);
    bool const is_same = home.state.load(std::memory_order_relaxed) == state;  // A2 <- R2: prints and free hold
    if (!is_same || (state >> old & 1) == 0 || !is_key(found, wanted) || !may_go(found + key_words)) return false;
    auto const number = static_cast<std::uint32_t>(std::countr_zero(free));
    write(index, number, wanted, value, prints);
    publish(home, state, (valid_in(state) | std::uint64_t{1} << number) & ~(std::uint64_t{1} << old));
    unprint(index, old);
    return true;
  }
  [[gnu::noinline]] outcome insert_or_assign_slowly(typename key::words_type words, void const* value) const {
    auto const wanted = key::of_words(words);
    auto const index = home_of(wanted);
    locked_home const lock{*this, index};
    auto const seen = locate(wanted, index);
    if (!put(index, seen, wanted, value)) return outcome::full;
    return seen.slot != nullptr ? outcome::present : outcome::done;
  }
  [[gnu::noinline]] outcome replace_slowly(typename key::words_type words, value_image const& before,
                                           value_image const& after) const {
    auto const wanted = key::of_words(words);
    auto const index = home_of(wanted);
    locked_home const lock{*this, index};
    auto const seen = locate(wanted, index);
    if (seen.slot == nullptr) return outcome::absent;
    if (!is_value(seen.slot + key_words, before)) return outcome::changed;
    if (!put(index, seen, wanted, after.data())) throw error{damaged(*entry_, "a chain without a free slot")};
    return outcome::done;
  }
  // Under the lock: a new element in a free slot, in place of the one that was seen, if one was.
  bool put(std::uint64_t index, place const& seen, key const& fresh, void const* value) const {
    bool const is_new = seen.slot == nullptr;
    auto valid = valid_in(seen.state);
    auto of = bytes_.chain_of(index);
    if (!bytes_.make_room(*entry_, index, of, valid, is_new)) return false;
    auto const number = static_cast<std::uint32_t>(std::countr_one(valid));  // the lowest that is free
    auto const bucket = of.buckets[number / slots_per_bucket];
    write(bucket, number % slots_per_bucket, fresh, value, prints_[bucket].load(std::memory_order_relaxed));  // I1
    publish(at(index), seen.state,
            (valid | std::uint64_t{1} << number) & ~(is_new ? 0 : std::uint64_t{1} << seen.number));
    if (!is_new && seen.number < slots_per_bucket) unprint(index, seen.number);
    return true;
  }
  // Into a slot that is free. `prints` were read while the home had the state that is about to be replaced: no byte of
  // a valid slot has changed since (I1); those of free slots may have, which does not matter.
  void write(std::uint64_t bucket, std::uint32_t number, key const& fresh, void const* value,
             std::uint64_t prints) const noexcept {
    // R3 -> A3: the state that says this slot is free comes before anything that is written into it (I3).
    std::atomic_thread_fence(std::memory_order_release);
    auto* const to = slot(at(bucket), number);
    store_words(to, fresh.words.data(), key_words * word_bytes);
    store_words(to + key_words, value, ValueBytes);
    prints_[bucket].store(with_fingerprint(prints, number, fresh.fingerprint()), std::memory_order_relaxed);  // before R1
  }
  // Of a slot that is not valid any more: where the next insertion may look first.
  void unprint(std::uint64_t bucket, std::uint32_t number) const noexcept {
    auto const prints = prints_[bucket].load(std::memory_order_relaxed);  // I1
    // R3 -> A3: who misses it sees that the state has changed (I3)
    prints_[bucket].store(with_fingerprint(prints, number, no_fingerprint), std::memory_order_release);
  }

  std::shared_ptr<attached_entry> entry_;
  lane_access lanes_;
  lane* first_lane_;
  map_bytes bytes_;
  std::byte* first_;
  atomic_u64* prints_;
  std::uint64_t homes_;  // copied at attach: a scribbled header cannot push us out of bounds
};

}  // namespace stoa
