// stoa/spsc_queue_bytes.hpp: the bytes of an spsc_queue, its two roles, and how a successor finds its place.
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
  std::uint64_t capacity;                      //      0    8  slots: a power of two
  std::uint64_t first_ticket;                  //      8    8  where tail and head started
  slot_layout layout;                          //     16   16
  std::array<std::byte, 96> pad;               //     32   96
  alignas(pad_bytes) atomic_u64 producer;      //    128    8  participant_id of the producer, 0 none
  atomic_u64 tail;                             //    136    8  next ticket to push, or one not yet noted
  atomic_u64 high_water;                       //    144    8  largest size seen (sampled)
  atomic_u64 push_refusals;                    //    152    8
  alignas(pad_bytes) atomic_u64 consumer;      //    256    8  participant_id of the consumer, 0 none
  atomic_u64 head;                             //    264    8  next ticket to pop
  atomic_u64 pop_refusals;                     //    272    8
  alignas(pad_bytes) wait_flag consumer_wait;  //    384    4  the consumer sleeps for an element
  wait_flag producer_wait;                     //    388    4  the producer sleeps for a free slot
};
static_assert(offsetof(spsc_queue_header, layout) == 16);
static_assert(offsetof(spsc_queue_header, producer) == 128);
static_assert(offsetof(spsc_queue_header, consumer) == 256);
static_assert(offsetof(spsc_queue_header, consumer_wait) == 384);
static_assert(sizeof(spsc_queue_header) == 512);

enum class spsc_role { producer, consumer };

class spsc_queue_bytes : public slot_array {
 public:
  static result<std::uint64_t> bytes_for(slot_layout const& layout, queue_shape const& asked);
  static void format(std::span<std::byte> body, slot_layout const& layout, queue_shape const& asked);
  static result<spsc_queue_bytes> adopt(entry_view const& entry);

  spsc_queue_header& header() const noexcept { return *header_; }
  atomic_u64& role(spsc_role which) const noexcept {
    return which == spsc_role::producer ? header_->producer : header_->consumer;
  }

  // Takes a role that is free or whose holder is dead, and returns where to go on; role_taken while the
  // holder lives.
  result<std::uint64_t> take_role(attached_entry const& entry, spsc_role which) const;
  bool is_role_alive(attachment const& owner, spsc_role which) const noexcept {
    return stoa::is_role_alive(role(which), owner);
  }
  void release_role(attachment const& owner, spsc_role which) const noexcept {
    stoa::release_role(role(which), owner);
  }

  std::uint64_t was_size() const noexcept;
  // Whether the consumer would find an element. Racy.
  bool has_arrivals() const noexcept;
  queue_statistics statistics() const noexcept;
  void note_fill() const noexcept;

 private:
  spsc_queue_bytes(std::byte* body, slot_array const& slots) noexcept
      : slot_array{slots}, header_{reinterpret_cast<spsc_queue_header*>(body)} {}
  std::uint64_t succeed_producer() const noexcept;
  std::uint64_t succeed_consumer() const noexcept;

  spsc_queue_header* header_;
};

kind_operations const& spsc_queue_operations();

}  // namespace stoa
