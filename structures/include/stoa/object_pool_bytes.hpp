// stoa/object_pool_bytes.hpp: the bytes of an object pool and what happens to them off the fast path.
//
// Here the object's type is not known, only its size. The algorithm and its invariants are in block_pool.hpp; the
// numbers O1 to O6 are those of docs/crash.md.
//
// A block's owner is a short_owner.hpp.
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <stoa/block_pool.hpp>
#include <stoa/kinds.hpp>
#include <stoa/short_owner.hpp>
#include <stoa/structure.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct object_pool_header {                  // offset size
  std::uint64_t capacity;                    //      0    8  objects
  std::uint64_t object_bytes;                //      8    8  distance between objects
  std::uint64_t first_generation;            //     16    8  of block 0; below 2^40
  std::uint64_t tag;                         //     24    8  in all handles of this pool; 1 to 2^24 - 1
  std::array<std::byte, 96> pad;             //     32   96
  alignas(pad_bytes) wait_flag waiters;      //    128    4  sleeping for a free object
  alignas(pad_bytes) atomic_u64 refusals;    //    256    8  calls that found none
  atomic_u64 reclaimed;                      //    264    8  taken back from dead owners
  atomic_u64 high_water;                     //    272    8  most that were seen in use
};
static_assert(offsetof(object_pool_header, tag) == 24);
static_assert(offsetof(object_pool_header, waiters) == 128);
static_assert(offsetof(object_pool_header, refusals) == 256);
static_assert(sizeof(object_pool_header) == 384);

struct object_pool_shape {
  // A random tag and first generation, so that handles of other pools do not match.
  template <std::integral N>
  explicit object_pool_shape(N count) : object_pool_shape{to_count(count), random_seed()} {}
  // The same bytes each time: for those who test what they look like, or what happens when generations wrap.
  template <std::integral N>
  object_pool_shape(N count, std::uint64_t first)
      : capacity{to_count(count)}, first_generation{first & block_generation_mask}, tag{tag_of(first)} {}
  std::uint64_t capacity;
  std::uint64_t first_generation;
  std::uint64_t tag;

 private:
  static std::uint64_t random_seed();
  static constexpr std::uint64_t tag_of(std::uint64_t first) noexcept {
    auto const tag = first >> (64 - block_owner_bits);
    return tag == 0 ? 1 : tag;
  }
};

// One life of one object of one pool. Means the same in every process: it can go through a queue. Once the object was
// released it is stale for ever, and reaches nothing.
struct pool_handle {
  std::uint64_t index = 0;
  std::uint64_t key = 0;  // the pool's tag << 40 | generation; 0: empty
  explicit operator bool() const noexcept { return key != 0; }
  friend bool operator==(pool_handle const&, pool_handle const&) = default;
};
BOOST_DESCRIBE_STRUCT(pool_handle, (), (index, key))
static_assert(sizeof(pool_handle) == 16);

// Who holds an object.
struct object_owner {
  std::uint32_t place = 0;  // in the segment
  std::uint64_t pid = 0;    // as it was written there; 0 if it left in order; of a killed one as it was, until its place is used again
  bool is_alive = false;
  bool is_self = false;
};

struct object_pool_statistics {
  std::uint64_t acquired = 0;
  std::uint64_t released = 0;    // by their users
  std::uint64_t reclaimed = 0;   // taken back from dead owners
  std::uint64_t refusals = 0;    // calls that found none free
  std::uint64_t high_water = 0;  // most that were seen in use: sampled, and when a call is refused
};

// Bounds were checked at adopt and copied; nothing they depend on is read again.
class object_pool_bytes {
 public:
  static result<std::uint64_t> bytes_for(std::uint64_t object_bytes, object_pool_shape const& asked);
  static void format(std::span<std::byte> body, std::uint64_t object_bytes, object_pool_shape const& asked);
  static result<object_pool_bytes> adopt(entry_view const& entry);

  block_pool const& blocks() const noexcept { return blocks_; }
  object_pool_header& header() const noexcept { return *header_; }
  std::uint64_t capacity() const noexcept { return blocks_.blocks(); }
  std::uint64_t object_bytes() const noexcept { return object_bytes_; }
  // Requires: index < capacity().
  std::byte* object(std::uint64_t index) const noexcept { return objects_ + index * object_bytes_; }

  pool_handle handle_of(taken_block const& which) const noexcept {
    return which ? pool_handle{which.index, key_base_ | which.generation} : pool_handle{};
  }
  // None for an empty handle, and for one of a pool with another tag.
  taken_block block_of(pool_handle const& handle) const noexcept {
    auto const generation = handle.key ^ key_base_;
    return generation <= block_generation_mask ? taken_block{handle.index, generation} : taken_block{};
  }

  static block_owner owner_for(participant_id id) noexcept { return short_owner_of(id); }
  bool is_alive(attachment const& looker, block_owner owner) const noexcept;
  object_owner describe(attachment const& looker, block_owner owner) const noexcept;
  // Takes back what dead processes hold. Returns how many objects.
  std::uint64_t reclaim(attachment const& looker) const;

  void note_fill(std::uint64_t in_use) const noexcept;
  object_pool_statistics statistics() const noexcept;

 private:
  static_assert(short_owner_bits == block_owner_bits);

  object_pool_bytes(std::byte* body, object_pool_header const& copy, std::uint64_t objects_offset) noexcept;
  object_pool_header* header_;
  block_pool blocks_;
  std::byte* objects_;
  std::uint64_t object_bytes_;
  std::uint64_t key_base_;  // the tag, where a key has it
};

kind_operations const& object_pool_operations();

}  // namespace stoa
