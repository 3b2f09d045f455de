// stoa/queue_bytes.hpp: the bytes of a queue and what happens to them off the fast path.
//
// Here the element's type is not known, only its size: the same code repairs every queue, for a
// handle, for the command line, and for a process that merely needs a lane. The fast path and the
// invariants are in queue.hpp; the numbers Q1 to Q9 are those of docs/crash.md.
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <stoa/kinds.hpp>
#include <stoa/lanes.hpp>
#include <stoa/queue_slot.hpp>
#include <stoa/queue_statistics.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct queue_header {                                // offset size
  std::uint64_t capacity;                            //      0    8  slots: a power of two
  std::uint64_t first_ticket;                        //      8    8  where tail and head started
  slot_layout layout;                                //     16   16
  std::array<std::byte, 96> pad;                     //     32   96
  alignas(pad_bytes) atomic_u64 tail;                //    128    8  next ticket to push
  alignas(pad_bytes) atomic_u64 head;                //    256    8  next ticket to pop
  atomic_u64 recall;                                 //    264    8  not 0: some element was given back
  alignas(pad_bytes) wait_flag consumers;            //    384    4  sleeping for an element
  wait_flag producers;                               //    388    4  sleeping for a free slot
  alignas(pad_bytes) atomic_u64 recovery;            //    512    8  participant_id of who takes elements back
  atomic_u64 high_water;                             //    520    8  largest size seen (sampled)
  atomic_u64 push_refusals;                          //    528    8
  alignas(pad_bytes) atomic_u64 pop_refusals;        //    640    8
};
static_assert(offsetof(queue_header, layout) == 16);
static_assert(offsetof(queue_header, tail) == 128);
static_assert(offsetof(queue_header, head) == 256);
static_assert(offsetof(queue_header, recall) == 264);
static_assert(offsetof(queue_header, consumers) == 384);
static_assert(offsetof(queue_header, recovery) == 512);
static_assert(offsetof(queue_header, pop_refusals) == 640);
static_assert(sizeof(queue_header) == 768);

// Bounds were checked at adopt and copied; nothing they depend on is read again.
class queue_bytes : public slot_array {
 public:
  static result<std::uint64_t> bytes_for(slot_layout const& layout, queue_shape const& asked);
  static void format(std::span<std::byte> body, slot_layout const& layout, queue_shape const& asked);
  static result<queue_bytes> adopt(entry_view const& entry);

  queue_header& header() const noexcept { return *header_; }
  lane_tag tag() const noexcept { return tag_; }

  // Whether a pop would find an element, or something to be taken back. Racy.
  bool has_arrivals() const noexcept;
  // Elements pushed and not yet taken. Racy: cursors move while they are read.
  std::uint64_t was_size() const noexcept;
  queue_statistics statistics() const noexcept;
  void note_fill() const noexcept;

  // Passes the abandoned slots at the head and frees those that the head has passed. Returns how many.
  std::uint64_t step_over_abandoned() const noexcept;

  // Settles what dead threads named (Q2, Q4 to Q7): their unpublished pushes become abandoned slots, what they
  // took and did not finish waits to be taken back. Repeating it, or dying in it, does no harm.
  void settle(attachment& owner) const;

  // Takes an element back that a dead consumer had taken or a live one returned (Q5, Q6): names it in `mine`
  // as `what`, and returns its ticket. The oldest first. nullopt: none, or another is at it.
  std::optional<std::uint64_t> take_back(attachment& owner, lane_name& mine, std::uint64_t what) const;

  // A lease name of `lane` that is free, or names what is over. nullptr: all are in use.
  lane_name* free_lease(lane& mine) const noexcept;

 private:
  queue_bytes(entry_view const& entry, slot_array const& slots) noexcept
      : slot_array{slots},
        header_{reinterpret_cast<queue_header*>(entry.body.data())},
        tag_{entry.tag()} {}

  bool is_full(std::uint64_t ticket) const noexcept;
  bool is_taken_and_full(std::uint64_t ticket) const noexcept;
  struct orphan {  // an element that waits to be taken back, and who named it
    lane_name* name;
    std::uint64_t ticket;
    bool is_only;
  };

  bool is_spoken_for(attachment& owner, std::uint64_t ticket, bool pushing, lane const* except) const;
  std::optional<orphan> oldest_orphan(attachment& owner) const;
  bool settle_push(attachment& owner, claim const& dead, lane const& where) const;
  void settle_name(attachment& owner, lane& where, lane_name& name) const;
  bool try_lock_recovery(attachment& owner) const;

  queue_header* header_;
  lane_tag tag_;
};

kind_operations const& queue_operations();

}  // namespace stoa
