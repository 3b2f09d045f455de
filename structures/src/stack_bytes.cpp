#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <stoa/stack_bytes.hpp>

namespace stoa {
namespace {

// The lists' tags start far apart and run at the same pace, so that a link's tag tells the list.
constexpr std::uint64_t free_ahead = std::uint64_t{1} << 39;

}  // namespace

result<std::uint64_t> stack_bytes::bytes_for(stack_layout const& layout, stack_shape const& asked) {
  auto const bytes = bytes_of_elements("stack", sizeof(stack_header), asked.capacity, layout.node_bytes);
  if (bytes && asked.capacity > most_nodes)
    return failure{errc::invalid_argument, fmt::format("stack of {} elements, {} are possible", asked.capacity,
                                                       most_nodes)};
  return bytes;
}

void stack_bytes::format(std::span<std::byte> body, stack_layout const& layout, stack_shape const& asked) {
  auto* header = ::new (body.data()) stack_header{};
  header->capacity = asked.capacity;
  header->payload_bytes = layout.payload_bytes;
  header->payload_offset = layout.payload_offset;
  header->node_bytes = layout.node_bytes;
  header->first_tag = asked.first_tag & link_tag_mask;
  // relaxed: nobody can reach these bytes before the name table publishes them
  header->top.store(make_link(asked.first_tag, no_node), std::memory_order_relaxed);
  auto const tag = asked.first_tag + free_ahead;
  header->free.store(make_link(tag, 0), std::memory_order_relaxed);
  auto* at = body.data() + sizeof(stack_header);
  for (std::uint64_t i = 1; i <= asked.capacity; ++i, at += layout.node_bytes)
    ::new (at) stack_node{make_link(tag, i < asked.capacity ? static_cast<std::uint32_t>(i) : no_node), 0};
}

result<stack_bytes> stack_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(stack_header)) return damaged(entry, "its extent is too small for a header");
  std::array<std::uint64_t, 4> header{};
  std::memcpy(header.data(), entry.body.data(), sizeof(header));
  auto const capacity = header[0];
  stack_layout const found{header[1], header[2], header[3]};
  auto const& record = entry.record;
  if (record.element_bytes == 0 || record.element_bytes > entry.body.size() || !std::has_single_bit(record.element_align) ||
      record.element_align > pad_bytes ||
      found != stack_layout::of(record.element_bytes, record.element_align))
    return damaged(entry, fmt::format("elements of {} bytes aligned to {} in nodes of {} bytes with {} at {}",
                                      record.element_bytes, record.element_align, found.node_bytes,
                                      found.payload_bytes, found.payload_offset));
  if (capacity == 0 || capacity > most_nodes ||
      capacity > (entry.body.size() - sizeof(stack_header)) / found.node_bytes)
    return damaged(entry, fmt::format("a capacity of {} nodes of {} bytes in an extent of {}", capacity,
                                      found.node_bytes, entry.body.size()));
  return stack_bytes{entry, capacity, found};
}

std::pair<std::uint64_t, std::uint64_t> stack_bytes::top_and_size() const noexcept {
  constexpr int most_attempts = 100;
  auto head = header().top.load(std::memory_order_acquire);  // A1 <- R1
  for (int attempt = 0;; ++attempt) {
    auto const node = node_in(head);
    // A1 <- R1: what is looked at next is younger
    auto const depth = node < capacity_ ? at(node).depth.load(std::memory_order_acquire) : 0;
    auto const now = header().top.load(std::memory_order_acquire);  // A1 <- R1
    if (now == head || attempt == most_attempts) return {head, std::min(depth, capacity_)};
    head = now;
  }
}

std::uint64_t stack_bytes::was_size() const noexcept { return top_and_size().second; }

// Every push and every pop changes the top once, and so its tag by one.
stack_statistics stack_bytes::statistics() const noexcept {
  auto const count = [](atomic_u64 const& counter) { return counter.load(std::memory_order_relaxed); };
  auto const [head, size] = top_and_size();
  std::uint64_t first = 0;
  std::memcpy(&first, &header().first_tag, sizeof(first));
  auto const changes = (tag_in(head) - first) & link_tag_mask;
  auto const pushed = (changes + size) / 2;
  return {pushed, pushed < size ? 0 : pushed - size, count(header().push_refusals),
          count(header().pop_refusals), std::max(count(header().high_water), size)};
}

}  // namespace stoa
