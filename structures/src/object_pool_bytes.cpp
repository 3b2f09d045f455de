#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <stoa/object_pool_bytes.hpp>

namespace stoa {
namespace {

// Header, words and hints; nullopt: more than can be numbered.
std::optional<std::uint64_t> objects_offset(std::uint64_t capacity) noexcept {
  auto const bytes = block_pool::bytes_for(capacity);
  if (!bytes) return std::nullopt;
  return sizeof(object_pool_header) + *bytes;
}

// A process asks for each owner once in a pass: each answer costs a system call.
class known_owners {
 public:
  template <class Ask>
  bool is_alive(block_owner owner, Ask ask) {
    auto& place = known_[owner % known_.size()];
    if (place == owner) return true;
    if (!ask(owner)) return false;  // not remembered: that name may be given again
    place = owner;
    return true;
  }

 private:
  std::array<block_owner, 64> known_{};  // to be alive, when they were asked for
};

}  // namespace

std::uint64_t object_pool_shape::random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

result<std::uint64_t> object_pool_bytes::bytes_for(std::uint64_t object_bytes, object_pool_shape const& asked) {
  if (asked.capacity == 0) return bytes_of_elements("object_pool", 0, 0, object_bytes);
  auto const offset = objects_offset(asked.capacity);
  if (!offset) return cannot_hold("object_pool", asked.capacity, object_bytes);
  return bytes_of_elements("object_pool", *offset, asked.capacity, object_bytes);
}

void object_pool_bytes::format(std::span<std::byte> body, std::uint64_t object_bytes, object_pool_shape const& asked) {
  ::new (body.data()) object_pool_header{asked.capacity, object_bytes, asked.first_generation, asked.tag, {}, {}, 0, 0, 0};
  block_pool::format(body.data() + sizeof(object_pool_header), asked.capacity, asked.first_generation);
}

object_pool_bytes::object_pool_bytes(std::byte* body, object_pool_header const& copy,
                                     std::uint64_t objects_offset) noexcept
    : header_{reinterpret_cast<object_pool_header*>(body)},
      blocks_{body + sizeof(object_pool_header), copy.capacity, copy.first_generation},
      objects_{body + objects_offset},
      object_bytes_{copy.object_bytes},
      key_base_{copy.tag << (64 - block_owner_bits)} {}

result<object_pool_bytes> object_pool_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(object_pool_header)) return damaged(entry, "its extent is too small for a header");
  object_pool_header header{};
  std::memcpy(static_cast<void*>(&header), entry.body.data(), offsetof(object_pool_header, pad));
  if (header.object_bytes == 0 || header.object_bytes != entry.record.element_bytes)
    return damaged(entry, fmt::format("expected objects of {} bytes, found {}", entry.record.element_bytes,
                                      header.object_bytes));
  if (header.first_generation > block_generation_mask || header.tag == 0 || header.tag > block_owner_mask)
    return damaged(entry, fmt::format("first generation {:#x} and tag {:#x}", header.first_generation, header.tag));
  auto const offset = objects_offset(header.capacity);
  if (!offset || *offset > entry.body.size() ||
      header.capacity > (entry.body.size() - *offset) / header.object_bytes)
    return damaged(entry, fmt::format("a capacity of {} objects of {} bytes in an extent of {}", header.capacity,
                                      header.object_bytes, entry.body.size()));
  return object_pool_bytes{entry.body.data(), header, *offset};
}

bool object_pool_bytes::is_alive(attachment const& looker, block_owner owner) const noexcept {
  return stoa::is_alive(looker, owner);  // after block_pool.hpp:A2
}

object_owner object_pool_bytes::describe(attachment const& looker, block_owner owner) const noexcept {
  object_owner out;
  out.place = place_of_short_owner(owner);
  if (out.place >= looker.map().limits().max_participants) return out;
  auto const& record = looker.map().participant(out.place);
  // relaxed, both: for people, who want to know of the dead as well
  auto const id = make_participant_id(record.generation.load(std::memory_order_relaxed), out.place);
  if (short_owner_of(id) != owner) return out;
  out.pid = record.pid.load(std::memory_order_relaxed);
  out.is_alive = is_alive(looker, owner);
  out.is_self = id == looker.self();
  return out;
}

std::uint64_t object_pool_bytes::reclaim(attachment const& looker) const {
  known_owners known;
  auto const freed = blocks_.reclaim([&](block_owner owner) {
    return known.is_alive(owner, [&](block_owner each) { return is_alive(looker, each); });
  });
  if (freed == 0) return 0;
  header_->reclaimed.fetch_add(freed, std::memory_order_relaxed);  // a statistic: nothing hangs on it
  wake(header_->waiters);
  return freed;
}

void object_pool_bytes::note_fill(std::uint64_t in_use) const noexcept {
  // relaxed: a statistic
  auto seen = header_->high_water.load(std::memory_order_relaxed);
  while (in_use > seen && !header_->high_water.compare_exchange_weak(seen, in_use, std::memory_order_relaxed)) {
  }
}

object_pool_statistics object_pool_bytes::statistics() const noexcept {
  auto const counts = blocks_.count();
  object_pool_statistics out;
  // relaxed: counts for people
  out.reclaimed = header_->reclaimed.load(std::memory_order_relaxed);
  out.released = counts.freed - std::min(out.reclaimed, counts.freed);
  out.acquired = counts.freed + counts.held;
  out.refusals = header_->refusals.load(std::memory_order_relaxed);
  out.high_water = std::max(header_->high_water.load(std::memory_order_relaxed), counts.held);
  return out;
}

}  // namespace stoa
