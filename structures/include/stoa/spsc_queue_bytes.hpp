// stoa/spsc_queue_bytes.hpp: the bytes of an spsc_queue, its two roles, and what a successor begins with.
//
// Here the element's type is not known, only its size. The fast path and the invariants are in
// spsc_queue.hpp.
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <stoa/kinds.hpp>
#include <stoa/queue_slot.hpp>
#include <stoa/queue_statistics.hpp>
#include <stoa/role.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct spsc_queue_header {                     // offset size
  std::uint64_t capacity;                      //      0    8  elements: a power of two
  std::uint64_t first_ticket;                  //      8    8  where tail and head started
  std::uint64_t element_bytes;                 //     16    8  distance between elements
  std::array<std::byte, 104> pad;              //     24  104
  alignas(pad_bytes) atomic_u64 producer;      //    128    8  participant_id of the producer, 0 none
  atomic_u64 tail;                             //    136    8  next ticket to push
  atomic_u64 high_water;                       //    144    8  largest size seen (sampled)
  atomic_u64 push_refusals;                    //    152    8
  alignas(pad_bytes) atomic_u64 consumer;      //    256    8  participant_id of the consumer, 0 none
  atomic_u64 head;                             //    264    8  next ticket to pop
  atomic_u64 pop_refusals;                     //    272    8
  alignas(pad_bytes) wait_flag consumer_wait;  //    384    4  the consumer sleeps for an element
  wait_flag producer_wait;                     //    388    4  the producer sleeps for room
};
static_assert(offsetof(spsc_queue_header, element_bytes) == 16);
static_assert(offsetof(spsc_queue_header, producer) == 128);
static_assert(offsetof(spsc_queue_header, consumer) == 256);
static_assert(offsetof(spsc_queue_header, consumer_wait) == 384);
static_assert(sizeof(spsc_queue_header) == 512);

enum class spsc_role { producer, consumer };

// Bounds were checked and copied; nothing they depend on is read again.
class spsc_queue_bytes {
 public:
  static result<std::uint64_t> bytes_for(std::uint64_t element_bytes, queue_shape const& asked);
  static void format(std::span<std::byte> body, std::uint64_t element_bytes, queue_shape const& asked);
  static result<spsc_queue_bytes> adopt(entry_view const& entry);

  spsc_queue_header& header() const noexcept { return *header_; }
  std::uint64_t capacity() const noexcept { return mask_ + 1; }
  std::uint64_t mask() const noexcept { return mask_; }
  std::uint64_t element_bytes() const noexcept { return element_bytes_; }
  std::byte* elements() const noexcept { return reinterpret_cast<std::byte*>(header_ + 1); }
  std::byte* element(std::uint64_t ticket) const noexcept { return elements() + (ticket & mask_) * element_bytes_; }
  atomic_u64& role(spsc_role which) const noexcept {
    return which == spsc_role::producer ? header_->producer : header_->consumer;
  }
  // The side's own cursor, and how far it may go now: the producer to where an element would lie over one that was not
  // popped, the consumer to where the producer is.
  atomic_u64& cursor(spsc_role which) const noexcept {
    return which == spsc_role::producer ? header_->tail : header_->head;
  }
  std::uint64_t limit(spsc_role which) const noexcept {
    return which == spsc_role::producer
               ? header_->head.load(std::memory_order_acquire) + capacity()  // A1 <- R2
               : header_->tail.load(std::memory_order_acquire);              // A2 <- R1
  }

  // Takes a role that is free or whose holder is dead, and returns the ticket to go on with; role_taken while the
  // holder lives.
  result<std::uint64_t> take_role(attached_entry const& entry, spsc_role which) const;
  bool is_role_alive(attachment const& owner, spsc_role which) const noexcept {
    return stoa::is_role_alive(role(which), owner);
  }
  void release_role(attachment const& owner, spsc_role which) const noexcept {
    stoa::release_role(role(which), owner);
  }
  // For a limit that lies more than a capacity ahead of the cursor.
  failure bad_limit(attached_entry const& entry, spsc_role which, std::uint64_t cursor, std::uint64_t limit) const;

  // Racy.
  std::uint64_t was_size() const noexcept;
  queue_statistics statistics() const noexcept;
  // By the producer.
  void note_size(std::uint64_t size) const noexcept;

  // Copies the elements, the oldest first. One that is popped meanwhile is left out; for tools, which look without
  // being seen.
  void visit(function_ref<void(std::span<std::byte const>)> visit) const;

 private:
  spsc_queue_bytes(std::byte* body, std::uint64_t capacity, std::uint64_t element_bytes) noexcept
      : header_{reinterpret_cast<spsc_queue_header*>(body)}, mask_{capacity - 1}, element_bytes_{element_bytes} {}

  spsc_queue_header* header_;
  std::uint64_t mask_;
  std::uint64_t element_bytes_;
};

kind_operations const& spsc_queue_operations();

}  // namespace stoa
