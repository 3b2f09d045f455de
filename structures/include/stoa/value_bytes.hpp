// stoa/value_bytes.hpp: the algorithm of value<T>, for a payload of any size.
//
// Bytes     docs/format.md "value", layout 1: value_header, then `buffers` value_buffers.
// Progress  load is lock-free: it starts over only when the writers went all the way round the buffers
//           during one copy. store is lock-free while fewer than buffers - 1 writers are stopped in
//           the middle of a store; a writer waits when a live writer holds every buffer but one.
// Crash     A store takes effect with one CAS. Dying before it leaves a buffer with a dead owner,
//           which the next writer in need takes; dying after it, the same. Nothing is ever undone.
//           (docs/crash.md, V1 to V3)
//
//   buffer: free --CAS owner--> being written --CAS state: point of effect--> current
//             ^                                                                  |
//             +------------------- another buffer becomes current ---------------+
//
// I1 owner     only its owner writes a buffer; the CAS that takes it names the owner
// I2 current   the current buffer is not written: a buffer is taken, then seen not to be current, which
//              it cannot become while another does not own it                          R5 -> A5
// I3 whole     a buffer's bytes are whole before state names it                        R1 -> A1
// I4 validate  a buffer's sequence is odd while it is written and never repeats: who reads state, an even
//              sequence, state again unchanged, and the sequence again unchanged after the copy,
//              has the bytes that state named                                          R2 -> A2, R3 -> A3
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <stoa/base/words.hpp>
#include <stoa/kinds.hpp>
#include <stoa/structure.hpp>

namespace stoa {

struct value_header {                   // offset size
  std::uint64_t payload_bytes;          //      0    8
  std::uint64_t buffer_bytes;           //      8    8  distance between buffers
  std::uint64_t buffers;                //     16    8  2 to 255
  std::array<std::byte, 104> pad;       //     24  104
  alignas(pad_bytes) atomic_u64 state;  //    128    8  bits 0-7 current buffer | 8-63 version: stores so far
};
static_assert(offsetof(value_header, state) == 128);
static_assert(sizeof(value_header) == 256);

struct value_buffer {   // offset size
  atomic_u64 owner;     //      0    8  participant_id of its writer, 0 none
  atomic_u64 sequence;  //      8    8  odd: being written. The payload follows, in words
};
static_assert(sizeof(value_buffer) == 16);

// One buffer is current, one is for readers still at the one before; the rest are for writers.
struct value_shape {
  value_shape() = default;
  template <std::integral N>
  explicit value_shape(N count) : buffers{to_count(count)} {}
  std::uint64_t buffers = 8;
};

// Bounds were checked at adopt; nothing they depend on is read again.
class value_bytes {
 public:
  struct found {
    std::uint64_t state = 0;  // as read
    bool is_whole = false;    // false: overtaken by writers
    std::uint64_t version() const noexcept { return state >> 8; }
  };

  static result<std::uint64_t> bytes_for(std::uint64_t payload_bytes, value_shape const& asked);
  static void format(std::span<std::byte> body, std::uint64_t payload_bytes, value_shape const& asked);
  static result<value_bytes> adopt(entry_view const& entry);

  std::uint64_t payload_bytes() const noexcept { return payload_bytes_; }
  // The parts, for who looks at the bytes themselves. Requires: index < buffers().
  std::uint64_t buffers() const noexcept { return buffers_; }
  std::uint64_t buffer_bytes() const noexcept { return buffer_bytes_; }
  value_buffer const& buffer(std::uint64_t index) const noexcept { return at(index); }
  atomic_u64& state() const noexcept { return reinterpret_cast<value_header*>(body_)->state; }
  static atomic_u64 const* words(value_buffer const& buffer) noexcept {
    return reinterpret_cast<atomic_u64 const*>(&buffer + 1);
  }

  std::uint64_t version() const noexcept {
    return state().load(std::memory_order_relaxed) >> 8;  // a count for people, or a hint that it moved
  }

  // One attempt to copy the current payload to `to`. Writes nothing to the segment.
  found try_load(void* to) const noexcept {
    auto const seen = state().load(std::memory_order_acquire);  // A1 <- R1 (I3)
    auto const& buffer = at(seen & 0xFF);
    auto const before = buffer.sequence.load(std::memory_order_acquire);  // A2 <- R2 (I4)
    // relaxed: after A2. Still current, so `before` belongs to what state named (I2).
    if ((before & 1) != 0 || state().load(std::memory_order_relaxed) != seen) return {seen, false};
    load_words(to, words(buffer), payload_bytes_);
    // A3 <- R3: whoever saw a word of the next life sees that the sequence changed (I4).
    std::atomic_thread_fence(std::memory_order_acquire);
    return {seen, buffer.sequence.load(std::memory_order_relaxed) == before};
  }

  // Copies the current payload; its version. nullopt: the bytes contradict themselves, as no writer
  // leaves them (a buffer that is overtaken is not current any more).
  std::optional<std::uint64_t> load(void* to) const noexcept {
    // A few times the same state without a whole buffer may be a stale look; a thousand times is none.
    constexpr int most_stale = 1000;
    auto last = try_load(to);
    for (int stale = 0; !last.is_whole && stale < most_stale;) {
      auto const next = try_load(to);
      stale = next.state == last.state ? stale + 1 : 0;
      last = next;
    }
    if (!last.is_whole) return std::nullopt;
    return last.version();
  }

  // Publishes the payload at `from`; its version.
  std::uint64_t store(void const* from, attached_entry const& writer) const;

  // Replaces the payload by what `change` makes of it, in `scratch`. When a store of another comes between
  // it starts over from that one. nullopt as for load.
  std::optional<std::uint64_t> update(void* scratch, attached_entry const& writer,
                                      function_ref<void()> change) const;

 private:
  class taken_buffer;

  value_bytes(std::byte* body, std::uint64_t payload_bytes, std::uint64_t buffer_bytes,
              std::uint64_t buffers) noexcept
      : body_{body}, payload_bytes_{payload_bytes}, buffer_bytes_{buffer_bytes}, buffers_{buffers} {}

  value_buffer& at(std::uint64_t index) const noexcept {
    auto const inside = index < buffers_ ? index : 0;  // an index is input
    return *reinterpret_cast<value_buffer*>(body_ + sizeof(value_header) + inside * buffer_bytes_);
  }
  static atomic_u64* words(value_buffer& buffer) noexcept {
    return reinterpret_cast<atomic_u64*>(&buffer + 1);
  }
  bool try_take(std::uint64_t index, participant_id expected, participant_id self) const noexcept;

  std::byte* body_;
  std::uint64_t payload_bytes_;
  std::uint64_t buffer_bytes_;
  std::uint64_t buffers_;
};

kind_operations const& value_operations();

}  // namespace stoa
