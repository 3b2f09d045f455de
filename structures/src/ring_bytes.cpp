#include <fmt/format.h>

#include <bit>
#include <stoa/ring_bytes.hpp>

namespace stoa {
namespace {

constexpr std::uint64_t most_samples = std::uint64_t{1} << 48;

// One more than is held, so that a push takes nothing away before it has taken effect (I5).
constexpr std::uint64_t slots_for(std::uint64_t capacity) noexcept { return std::bit_ceil(capacity + 1); }

}  // namespace

ring_bytes::ring_bytes(std::byte* body, std::uint64_t payload_bytes, ring_shape const& found) noexcept
    : body_{body},
      capacity_{found.capacity},
      mask_{slots_for(found.capacity) - 1},
      first_{found.first_position},
      payload_bytes_{payload_bytes},
      mode_{found.mode} {}

result<std::uint64_t> ring_bytes::bytes_for(std::uint64_t payload_bytes, ring_shape const& asked) {
  if (asked.mode != ring_mode::overwrite && asked.mode != ring_mode::bounded)
    return failure{errc::invalid_argument, fmt::format("ring of mode {}", static_cast<std::uint64_t>(asked.mode))};
  if (asked.capacity > most_samples) return cannot_hold("ring", asked.capacity, payload_bytes);
  auto const slots = asked.capacity == 0 ? 0 : slots_for(asked.capacity);
  return bytes_of_elements("ring", sizeof(ring_header), slots, slot_bytes_for(payload_bytes));
}

void ring_bytes::format(std::span<std::byte> body, std::uint64_t payload_bytes, ring_shape const& asked) {
  auto* header = ::new (body.data()) ring_header{};
  header->capacity = asked.capacity;
  header->first_position = asked.first_position;
  header->payload_bytes = payload_bytes;
  header->slot_bytes = slot_bytes_for(payload_bytes);
  header->mode = static_cast<std::uint64_t>(asked.mode);
  // relaxed: nobody can reach these bytes before the name table publishes them
  for (auto* each : {&header->announced, &header->published, &header->consumed})
    each->store(asked.first_position, std::memory_order_relaxed);
}

result<ring_bytes> ring_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(ring_header)) return damaged(entry, "its extent is too small for a header");
  std::array<std::uint64_t, 5> header{};
  std::memcpy(header.data(), entry.body.data(), sizeof(header));
  auto const [capacity, first, payload_bytes, slot_bytes, mode] = header;
  if (payload_bytes == 0 || payload_bytes != entry.record.element_bytes)
    return damaged(entry, fmt::format("expected samples of {} bytes, found {}", entry.record.element_bytes,
                                      payload_bytes));
  if (payload_bytes > entry.body.size() || slot_bytes != slot_bytes_for(payload_bytes))
    return damaged(entry, fmt::format("samples of {} bytes in slots of {}", payload_bytes, slot_bytes));
  if (capacity == 0 || capacity > most_samples ||
      slots_for(capacity) > (entry.body.size() - sizeof(ring_header)) / slot_bytes)
    return damaged(entry, fmt::format("a capacity of {} samples in slots of {} bytes in an extent of {}", capacity,
                                      slot_bytes, entry.body.size()));
  if (mode > static_cast<std::uint64_t>(ring_mode::bounded)) return damaged(entry, fmt::format("mode {}", mode));
  return ring_bytes{entry.body.data(), payload_bytes, ring_shape{capacity, static_cast<ring_mode>(mode), first}};
}

// The dead one may have announced more than it published: those slots are written again (I3).
result<std::uint64_t> ring_bytes::take_producer(attached_entry const& entry) const {
  if (auto const taken = take_role(header().producer, entry, producer_role); !taken) return taken.error();
  // acquire: the payload of a predecessor that died (R1); one that left in order is ordered by role.hpp:A1.
  auto const next = header().published.load(std::memory_order_acquire);
  auto const ahead = header().announced.load(std::memory_order_relaxed) - next;
  if (ahead <= capacity_) return next;
  release_role(header().producer, entry.owner());
  return damaged(entry, fmt::format("{} samples announced and not published, in a ring of {}", ahead, capacity_));
}

ring_statistics ring_bytes::statistics() const noexcept {
  auto const look = [](atomic_u64 const& counter) { return counter.load(std::memory_order_relaxed); };
  return {written(), read(), look(header().lost), look(header().push_refusals), look(header().pop_refusals),
          std::max(look(header().high_water), was_size())};
}

void ring_bytes::note_fill() const noexcept {
  auto const size = was_size();
  if (size > header().high_water.load(std::memory_order_relaxed))  // the producer's own
    header().high_water.store(size, std::memory_order_relaxed);
}

}  // namespace stoa
