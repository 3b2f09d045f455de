#include <fmt/format.h>

#include <cstring>
#include <stoa/map_bytes.hpp>
#include <tuple>

namespace stoa {
namespace {

// Four elements for a home bucket of seven slots: at capacity, one in fifty lies in an overflow bucket.
constexpr std::uint64_t elements_per_home = 4;

// How many buckets of which sort; and all bytes.
struct counts {
  std::uint64_t homes = 0;
  std::uint64_t overflows = 0;
  std::uint64_t bytes = 0;
};

std::optional<std::uint64_t> bytes_of(std::uint64_t homes, std::uint64_t overflows, std::uint64_t bucket_bytes) {
  auto const buckets = checked_extent(sizeof(map_header), homes + overflows, bucket_bytes);
  return buckets ? checked_add(*buckets, (overflows + homes + overflows) * word_bytes) : std::nullopt;  // users, prints
}

// n elements in one chain use n / 7 overflow buckets (map_buckets.hpp I4), so `capacity` of them use at most
// capacity / 7, wherever they belong.
counts counts_for(std::uint64_t capacity) noexcept {
  return {(capacity + elements_per_home - 1) / elements_per_home, capacity / slots_per_bucket, 0};
}

}  // namespace

result<std::uint64_t> map_bytes::bytes_for(std::string_view kind, map_layout const& layout, map_shape const& asked) {
  auto const element_bytes = layout.key_bytes + layout.value_bytes;
  if (asked.capacity == 0) return failure{errc::invalid_argument, fmt::format("{} of no elements", kind)};
  auto const counts = counts_for(asked.capacity);
  if (counts.overflows > most_overflow_buckets)
    return failure{errc::invalid_argument, fmt::format("{} of {} elements, at most {} are possible", kind, asked.capacity,
                                                       slots_per_bucket * (most_overflow_buckets + 1) - 1)};
  auto const bytes = bytes_of(counts.homes, counts.overflows, layout.bucket_bytes());
  if (!bytes || *bytes > std::uint64_t{1} << 62) return cannot_hold(kind, asked.capacity, element_bytes);
  return *bytes;
}

void map_bytes::format(std::span<std::byte> body, map_layout const& layout, map_shape const& asked) {
  // Zeroed memory: all buckets are empty and unlocked, no overflow bucket has a user.
  auto const counts = counts_for(asked.capacity);
  ::new (body.data()) map_header{asked.capacity,    counts.homes,       counts.overflows,    layout.bucket_bytes(),
                                 layout.key_bytes,  layout.value_bytes, layout.value_offset, {},
                                 0,                 0};
}

map_bytes::map_bytes(entry_view const& entry, map_header const& header) noexcept
    : body_{entry.body.data()},
      capacity_{header.capacity},
      homes_{header.homes},
      overflows_{header.overflows},
      bucket_bytes_{header.bucket_bytes},
      layout_{header.key_bytes, header.value_bytes, header.value_offset},
      tag_{entry.tag()} {}

result<map_bytes> map_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(map_header)) return damaged(entry, "its extent is too small for a header");
  map_header header{};
  auto const fixed = std::tie(header.capacity, header.homes, header.overflows, header.bucket_bytes, header.key_bytes,
                              header.value_bytes, header.value_offset);
  std::apply([from = entry.body.data()](auto&... field) mutable {
    ((std::memcpy(&field, from, sizeof(field)), from += sizeof(field)), ...);
  }, fixed);
  auto const element_bytes = entry.record.element_bytes;
  map_layout const layout{header.key_bytes, header.value_bytes, header.value_offset};
  if (layout.key_bytes == 0 || layout.key_bytes > layout.value_offset || layout.value_offset > element_bytes ||
      layout.value_bytes > element_bytes - layout.value_offset || element_bytes > entry.body.size())
    return damaged(entry, fmt::format("keys of {} bytes and values of {} at {} in elements of {}", layout.key_bytes,
                                      layout.value_bytes, layout.value_offset, element_bytes));
  if (header.bucket_bytes != layout.bucket_bytes())
    return damaged(entry, fmt::format("expected buckets of {} bytes, found {}", layout.bucket_bytes(),
                                      header.bucket_bytes));
  bool const is_numbered = header.homes != 0 && header.homes < std::uint64_t{1} << 32 &&
                           header.overflows <= most_overflow_buckets;
  auto const bytes = bytes_of(is_numbered ? header.homes : 0, is_numbered ? header.overflows : 0, header.bucket_bytes);
  if (!is_numbered || !bytes || *bytes > entry.body.size())
    return damaged(entry, fmt::format("{} and {} buckets of {} bytes in an extent of {}", header.homes,
                                      header.overflows, header.bucket_bytes, entry.body.size()));
  return map_bytes{entry, header};
}

std::uint64_t map_bytes::size() const noexcept {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < homes_; ++i)  // relaxed: a count of what moves
    sum += static_cast<std::uint64_t>(std::popcount(valid_in(home(i).state.load(std::memory_order_relaxed))));
  return sum;
}

bool map_bytes::is_empty() const noexcept {
  for (std::uint64_t i = 0; i < homes_; ++i)
    if (valid_in(home(i).state.load(std::memory_order_relaxed)) != 0) return false;
  return true;
}

map_statistics map_bytes::statistics() const noexcept {
  map_statistics out;
  for (std::uint64_t i = 0; i < homes_; ++i) {
    auto const state = home(i).state.load(std::memory_order_relaxed);
    out.size += static_cast<std::uint64_t>(std::popcount(valid_in(state)));
    out.changes += changes_in(state);
  }
  out.refusals = header().refusals.load(std::memory_order_relaxed);
  out.overflows = overflows_;
  for (std::uint64_t i = 0; i < overflows_; ++i)
    out.overflows_used += user(i).load(std::memory_order_relaxed) != 0;
  return out;
}

map_bytes::chain map_bytes::chain_of(std::uint64_t home_index) const noexcept {
  chain out;
  out.buckets[0] = home_index;
  for (out.count = 1; out.count < most_buckets; ++out.count) {
    // relaxed: the lock is the caller's (I1), or the state will validate (A3)
    auto const next = next_of(bucket(out.buckets[out.count - 1]).control.load(std::memory_order_relaxed));
    if (next == 0 || next > overflows_) break;
    out.buckets[out.count] = homes_ + next - 1;
  }
  return out;
}

bool map_bytes::copy_chain(std::uint64_t home_index, std::vector<std::uint64_t>& out) const {
  auto const& state = home(home_index).state;
  auto const slot_words = layout_.slot_words();
  for (patience left; !left.is_over();) {
    auto const seen = state.load(std::memory_order_acquire);  // A1 <- R1 (map_buckets.hpp I2)
    auto const of = chain_of(home_index);
    auto const valid = valid_in(seen) & slots_of(of.count);
    out.resize(static_cast<std::size_t>(std::popcount(valid)) * slot_words);
    auto* to = out.data();
    for (std::uint32_t i = 0; i < of.count * slots_per_bucket; ++i) {
      if ((valid >> i & 1) == 0) continue;
      load_words(to, words(bucket(of.buckets[i / slots_per_bucket])) + (i % slots_per_bucket) * slot_words,
                 slot_words * word_bytes);
      to += slot_words;
    }
    std::atomic_thread_fence(std::memory_order_acquire);  // A3 <- R3 (map_buckets.hpp I3)
    if (state.load(std::memory_order_relaxed) == seen) return true;
  }
  return false;
}

}  // namespace stoa
