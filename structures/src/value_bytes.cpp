#include <fmt/format.h>

#include <cstring>
#include <stoa/value_bytes.hpp>
#include <stoa/waiting.hpp>

namespace stoa {
namespace {

std::uint64_t distance_for(std::uint64_t payload_bytes) noexcept {
  return align_up(sizeof(value_buffer) + words_for(payload_bytes) * word_bytes, pad_bytes);
}

}  // namespace

result<std::uint64_t> value_bytes::bytes_for(std::uint64_t payload_bytes, value_shape const& asked) {
  if (asked.buffers < 2 || asked.buffers > 255)
    return failure{errc::invalid_argument, fmt::format("value with {} buffers, 2 to 255 are possible",
                                                       asked.buffers)};
  return bytes_of_elements("value", sizeof(value_header), asked.buffers, distance_for(payload_bytes));
}

void value_bytes::format(std::span<std::byte> body, std::uint64_t payload_bytes, value_shape const& asked) {
  // Zeroed memory: buffer 0 is current, even, and holds zero bytes.
  ::new (body.data()) value_header{payload_bytes, distance_for(payload_bytes), asked.buffers, {}, 0};
}

result<value_bytes> value_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(value_header)) return damaged(entry, "its extent is too small for a header");
  std::array<std::uint64_t, 3> header{};
  std::memcpy(header.data(), entry.body.data(), sizeof(header));
  auto const [payload_bytes, buffer_bytes, buffers] = header;
  if (payload_bytes == 0 || payload_bytes != entry.record.element_bytes)
    return damaged(entry, fmt::format("expected a payload of {} bytes, found {}", entry.record.element_bytes,
                                      payload_bytes));
  if (payload_bytes > entry.body.size() || buffer_bytes != distance_for(payload_bytes))
    return damaged(entry, fmt::format("a payload of {} bytes in buffers of {}", payload_bytes, buffer_bytes));
  if (buffers < 2 || buffers > 255 || buffers > (entry.body.size() - sizeof(value_header)) / buffer_bytes)
    return damaged(entry, fmt::format("{} buffers of {} bytes in an extent of {}", buffers, buffer_bytes,
                                      entry.body.size()));
  return value_bytes{entry.body.data(), payload_bytes, buffer_bytes, buffers};
}

// A buffer this process writes. Let go when it goes out of scope, published or not.
class value_bytes::taken_buffer {
 public:
  taken_buffer(value_bytes const& bytes, attachment const& writer) : bytes_{bytes}, index_{take(writer)} {}
  ~taken_buffer() { buffer().owner.store(0, std::memory_order_release); }  // R5 -> A5 (I2)
  taken_buffer(taken_buffer const&) = delete;
  taken_buffer& operator=(taken_buffer const&) = delete;

  void fill(void const* from) noexcept {
    auto& sequence = buffer().sequence;
    auto const odd = sequence.load(std::memory_order_relaxed) | 1;  // I1; a dead writer leaves it odd
    sequence.store(odd, std::memory_order_relaxed);                 // ordered by the fence
    std::atomic_thread_fence(std::memory_order_release);            // R3 -> A3: before any word of the payload
    store_words(words(buffer()), from, bytes_.payload_bytes_);
    sequence.store(odd + 1, std::memory_order_release);  // R2 -> A2: after all of them
  }
  // Point of effect. False: `seen` is not the state any more.
  bool publish(std::uint64_t seen) noexcept {
    // R1 -> A1 (I3). A failed CAS carries nothing.
    return bytes_.state().compare_exchange_strong(seen, next(seen), std::memory_order_release,
                                                  std::memory_order_relaxed);
  }

 private:
  std::uint64_t next(std::uint64_t seen) const noexcept { return ((seen >> 8) + 1) << 8 | index_; }
  value_buffer& buffer() const noexcept { return bytes_.at(index_); }

  // Waits while live writers have all but the current one.
  std::uint64_t take(attachment const& writer) const {
    return *look_for(deadline::never(), wait_strategy::adaptive, [&] { return try_take_any(writer); });
  }
  // Goes round from behind the current buffer, so that what was current longest ago is taken first.
  std::optional<std::uint64_t> try_take_any(attachment const& writer) const {
    auto const current = bytes_.state().load(std::memory_order_relaxed) & 0xFF;  // a guess
    for (bool const dead_too : {false, true})
      for (std::uint64_t i = 1; i <= bytes_.buffers_; ++i) {
        auto const index = (current + i) % bytes_.buffers_;
        auto const owner = bytes_.at(index).owner.load(std::memory_order_relaxed);  // a guess
        if (owner != 0 && (!dead_too || writer.is_alive(owner))) continue;
        if (bytes_.try_take(index, owner, writer.self())) return index;
      }
    return std::nullopt;
  }

  value_bytes const& bytes_;
  std::uint64_t index_;
};

bool value_bytes::try_take(std::uint64_t index, participant_id expected, participant_id self) const noexcept {
  auto& owner = at(index).owner;
  // A5 <- R5: if its last owner made it current, the load below sees that (I2).
  if (!owner.compare_exchange_strong(expected, self, std::memory_order_acquire, std::memory_order_relaxed))
    return false;
  if ((state().load(std::memory_order_relaxed) & 0xFF) != index) return true;  // after A5; stays so: I1
  owner.store(0, std::memory_order_release);                                    // R5 -> A5
  return false;
}

std::uint64_t value_bytes::store(void const* from, attached_entry const& writer) const {
  require_writable(writer, "store");
  taken_buffer mine{*this, writer.owner()};
  mine.fill(from);
  for (;;) {
    auto const seen = state().load(std::memory_order_relaxed);  // a guess; the CAS decides
    if (mine.publish(seen)) return (seen >> 8) + 1;
  }
}

std::optional<std::uint64_t> value_bytes::update(void* scratch, attached_entry const& writer,
                                                 function_ref<void()> change) const {
  require_writable(writer, "update");
  taken_buffer mine{*this, writer.owner()};
  for (;;) {
    auto const version = load(scratch);
    if (!version) return std::nullopt;
    change();
    mine.fill(scratch);
    // Whichever buffer that version was in: a version names one, so an unchanged one is the same state.
    auto const seen = state().load(std::memory_order_relaxed);
    if (seen >> 8 == *version && mine.publish(seen)) return *version + 1;
  }
}

}  // namespace stoa
