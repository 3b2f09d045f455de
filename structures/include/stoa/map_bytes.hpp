// stoa/map_bytes.hpp: the bytes of a map or set, and what happens to them off the fast path.
//
// Here the types of key and value are not known, only their sizes: the same code repairs every map, for a
// handle, for the command line, and for a process that merely needs a lane. The fast path and the
// invariants are in map_buckets.hpp; the numbers M1 to M8 are those of docs/crash.md.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <concepts>
#include <span>
#include <stoa/base/words.hpp>
#include <stoa/kinds.hpp>
#include <stoa/lanes.hpp>
#include <stoa/structure.hpp>
#include <vector>

namespace stoa {

inline constexpr std::uint32_t slots_per_bucket = 7;
inline constexpr std::uint32_t most_buckets = 4;  // of a chain: a home bucket and up to three overflow buckets
inline constexpr std::uint64_t most_overflow_buckets = (std::uint64_t{1} << 26) - 1;
inline constexpr std::uint64_t bucket_unit = 64;

struct map_header {              // offset size
  std::uint64_t capacity;        //      0    8  elements, as asked for
  std::uint64_t homes;           //      8    8  home buckets
  std::uint64_t overflows;       //     16    8  overflow buckets, behind them
  std::uint64_t bucket_bytes;    //     24    8  distance between buckets
  std::uint64_t key_bytes;       //     32    8
  std::uint64_t value_bytes;     //     40    8  0: a set
  std::uint64_t value_offset;    //     48    8  of the value in an element, as its type describes it
  std::array<std::byte, 72> pad;  //     56   72
  alignas(pad_bytes) atomic_u64 hint;  //    128    8  {frees : 32 | where to look for a free overflow bucket, 2^32 - 1 none : 32}
  atomic_u64 refusals;                 //    136    8  insertions that found no room
};
static_assert(offsetof(map_header, value_offset) == 48);
static_assert(offsetof(map_header, hint) == 128);
static_assert(sizeof(map_header) == 256);

// The slots follow: seven times the words of the key and those of the value.
struct map_bucket {    // offset size
  atomic_u64 state;    //      0    8  of a chain, in its home bucket: bits 0-27 which slots are valid | version
  atomic_u64 control;  //      8    8  bits 0-25 next | 26-46 zero | 47-63 lock (home buckets only)
};
static_assert(sizeof(map_bucket) == 16);

// --- state ---
inline constexpr std::uint64_t valid_mask = 0xFFF'FFFF;
inline constexpr unsigned version_shift = 28;
static_assert(most_buckets * slots_per_bucket == std::popcount(valid_mask));
constexpr std::uint64_t valid_in(std::uint64_t state) noexcept { return state & valid_mask; }
constexpr std::uint64_t changes_in(std::uint64_t state) noexcept { return state >> version_shift; }
constexpr std::uint64_t next_state(std::uint64_t state, std::uint64_t valid) noexcept {
  return ((state >> version_shift) + 1) << version_shift | valid;
}
constexpr std::uint64_t slots_of(std::uint32_t buckets) noexcept {
  return (std::uint64_t{1} << (buckets * slots_per_bucket)) - 1;
}

// --- control ---
constexpr std::uint64_t lock_of(std::uint64_t control) noexcept { return control >> 47; }
constexpr std::uint64_t with_lock(std::uint64_t control, std::uint64_t lane_number) noexcept {
  return (control & ((std::uint64_t{1} << 47) - 1)) | lane_number << 47;
}
// Number of the next bucket of the chain: index + 1 of an overflow bucket, 0 none.
constexpr std::uint64_t next_of(std::uint64_t control) noexcept { return control & most_overflow_buckets; }
constexpr std::uint64_t with_next(std::uint64_t control, std::uint64_t number) noexcept {
  return (control & ~most_overflow_buckets) | number;
}

// --- fingerprints: a word for each bucket, a byte for each of its slots, the highest one zero ---
// That of a valid slot is right, and stays as it is while the slot is valid; that of another is a hint: mostly zero.
inline constexpr std::uint64_t no_fingerprint = 0;
inline constexpr std::uint64_t low_bits = 0x01'0101'0101'0101;
static_assert(std::popcount(low_bits) == slots_per_bucket);
constexpr std::uint64_t fingerprint_of(std::uint64_t prints, std::uint32_t slot) noexcept {
  return prints >> (slot * 8) & 0xFF;
}
constexpr std::uint64_t with_fingerprint(std::uint64_t prints, std::uint32_t slot, std::uint64_t print) noexcept {
  return (prints & ~(std::uint64_t{0xFF} << (slot * 8))) | print << (slot * 8);
}
// A bit for each slot that has this fingerprint: 8 * slot + 7. Above the lowest there may be some too many.
constexpr std::uint64_t slots_with(std::uint64_t prints, std::uint64_t print) noexcept {
  auto const differing = prints ^ print * low_bits;
  return (differing - low_bits) & ~differing & (low_bits << 7);
}

// The sizes of one pair of types.
struct map_layout {
  std::uint64_t key_bytes = 0;
  std::uint64_t value_bytes = 0;
  std::uint64_t value_offset = 0;

  constexpr std::uint64_t slot_words() const noexcept { return words_for(key_bytes) + words_for(value_bytes); }
  constexpr std::uint64_t bucket_bytes() const noexcept {
    return align_up(sizeof(map_bucket) + slots_per_bucket * slot_words() * word_bytes, bucket_unit);
  }
  friend bool operator==(map_layout const&, map_layout const&) = default;
};

struct map_shape {
  template <std::integral N>
  explicit map_shape(N count) : capacity{to_count(count)} {}
  std::uint64_t capacity;
};

struct map_statistics {
  std::uint64_t size = 0;
  std::uint64_t changes = 0;         // of all buckets' contents; a few are moves within a bucket
  std::uint64_t refusals = 0;        // insertions that found no room
  std::uint64_t overflows = 0;       // overflow buckets there are,
  std::uint64_t overflows_used = 0;  // and those in use
};

// What a reader has left before it takes a bucket that changes all the time for damaged. Ten seconds: a
// legitimately busy one lets a copy through long before.
class patience {
 public:
  bool is_over() noexcept { return (++tries_ & 0xFFF) == 0 && is_late(); }

 private:
  bool is_late() noexcept;
  std::uint64_t tries_ = 0;
  std::int64_t since_ = 0;
};

// Bounds were checked at adopt and copied; nothing they depend on is read again.
class map_bytes {
 public:
  // A home bucket and what hangs on it, as far as the numbers make sense.
  struct chain {
    std::array<std::uint64_t, most_buckets> buckets;  // their indices
    std::uint32_t count;
  };

  static result<std::uint64_t> bytes_for(std::string_view kind, map_layout const& layout, map_shape const& asked);
  static void format(std::span<std::byte> body, map_layout const& layout, map_shape const& asked);
  static result<map_bytes> adopt(entry_view const& entry);

  map_layout const& layout() const noexcept { return layout_; }
  std::uint64_t capacity() const noexcept { return capacity_; }
  std::uint64_t homes() const noexcept { return homes_; }
  std::uint64_t overflows() const noexcept { return overflows_; }
  lane_tag tag() const noexcept { return tag_; }
  map_header& header() const noexcept { return *reinterpret_cast<map_header*>(body_); }
  std::byte* first_bucket() const noexcept { return body_ + sizeof(map_header); }
  map_bucket& home(std::uint64_t index) const noexcept { return bucket(index); }
  // Home buckets, and overflow buckets behind them.
  map_bucket& bucket(std::uint64_t index) const noexcept {
    return *reinterpret_cast<map_bucket*>(first_bucket() + index * bucket_bytes_);
  }
  static atomic_u64* words(map_bucket& in) noexcept { return reinterpret_cast<atomic_u64*>(&in + 1); }
  // Who uses an overflow bucket: index of its home + 1, 0 nobody.
  atomic_u64& user(std::uint64_t overflow) const noexcept { return first_user()[overflow]; }
  atomic_u64& prints(std::uint64_t bucket) const noexcept { return first_prints()[bucket]; }
  // The first of the words of fingerprints, in the order of the buckets.
  atomic_u64* first_prints() const noexcept { return first_user() + overflows_; }

  // Racy where others work at the same time. All buckets are looked at.
  std::uint64_t size() const noexcept;
  bool is_empty() const noexcept;
  map_statistics statistics() const noexcept;
  // Replaces `out` by the valid slots of a chain as they were at one moment, in words. False: it never held still.
  bool copy_chain(std::uint64_t home, std::vector<std::uint64_t>& out) const;

  // --- for who holds the lock of `home` ---
  chain chain_of(std::uint64_t home) const noexcept;
  // Drops from `valid` what the chain has no slots for, and makes the chain longer if there is not a free slot
  // beside those, and beside one more if `is_new`. False: it is as long as it may be, or all overflow buckets are used.
  bool make_room(attached_entry const& entry, std::uint64_t home, chain& of, std::uint64_t& valid, bool is_new) const;
  // Makes the chain as short as its elements and one free slot allow.
  void tidy(std::uint64_t home) const noexcept;

  // Waits for the lock of `home` and takes it for `mine`, which names it. Settles what the dead hold. Throws
  // corrupt_structure for a lock that nobody holds; the name is forgotten then.
  void lock_slowly(attached_entry const& entry, lane& mine, std::uint64_t home) const;
  static void unlock(map_bucket& home) noexcept {
    auto const held = home.control.load(std::memory_order_relaxed);       // I1
    home.control.store(with_lock(held, 0), std::memory_order_release);  // R2 -> A2
  }
  // Releases the locks of dead threads, and gives back the overflow buckets they were about to use (M2 to M7).
  // Repeating it, or dying in it, does no harm.
  void settle(attachment& owner) const;

 private:
  struct suspicion;

  map_bytes(entry_view const& entry, map_header const& header) noexcept;
  atomic_u64* first_user() const noexcept {
    return reinterpret_cast<atomic_u64*>(first_bucket() + (homes_ + overflows_) * bucket_bytes_);
  }
  bool extend(attached_entry const& entry, std::uint64_t home, chain& of) const;
  std::uint64_t claim_overflow(std::uint64_t home) const noexcept;
  void free_overflow(std::uint64_t number) const noexcept;
  void free_orphans(std::uint64_t home) const noexcept;
  void move_slot(chain const& in, std::uint32_t from, std::uint32_t to) const noexcept;
  void question_holder(attached_entry const& entry, std::uint64_t home, std::uint64_t lock, suspicion& of) const;

  std::byte* body_;
  std::uint64_t capacity_;
  std::uint64_t homes_;
  std::uint64_t overflows_;
  std::uint64_t bucket_bytes_;
  map_layout layout_;
  lane_tag tag_;
};

kind_operations const& map_operations();
kind_operations const& set_operations();

// What both have in common, whatever the kind is called.
namespace internal {
result<std::vector<statistic>> statistics_of_map(entry_view const& entry);
result<void> elements_of_map(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit);
void settle_map(attachment& owner, entry_view const& entry);
}  // namespace internal

}  // namespace stoa
