#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <stoa/channel_bytes.hpp>
#include <stoa/channel_ring.hpp>

namespace stoa {
namespace {

constexpr std::uint64_t least_ring = 128;
constexpr std::uint64_t most_ring = std::uint64_t{1} << 32;
constexpr std::uint64_t most_clients = 1u << 16;

std::uint64_t bytes_of(std::uint64_t clients, std::uint64_t ring_bytes) noexcept {
  return sizeof(channel_header) + clients * (sizeof(channel_place) + 2 * ring_bytes);
}
std::uint64_t ring_for(std::uint64_t asked) noexcept { return std::bit_ceil(std::max(asked, least_ring)); }

bool are_possible(channel_terms const& terms) noexcept {
  return terms.lowest_version <= terms.highest_version && terms.checksums <= checksums::refused;
}

}  // namespace

result<agreed_terms> agree(channel_terms const& one, channel_terms const& other, std::uint64_t most_bytes) {
  agreed_terms out;
  out.version = std::min(one.highest_version, other.highest_version);
  if (out.version < std::max(one.lowest_version, other.lowest_version))
    return failure{errc::version_mismatch, fmt::format("versions {} to {} on this side, {} to {} on the other",
                                                       one.lowest_version, one.highest_version, other.lowest_version,
                                                       other.highest_version)};
  out.largest_message = std::min({one.largest_message, other.largest_message, most_bytes});
  if (auto const needed = std::max(one.needed_message, other.needed_message); out.largest_message < needed)
    return failure{errc::terms_mismatch, fmt::format("messages of {} bytes are needed, {} is the largest there can be",
                                                     needed, out.largest_message)};
  auto const wants = [&](checksums what) { return one.checksums == what || other.checksums == what; };
  if (wants(checksums::required) && wants(checksums::refused))
    return failure{errc::terms_mismatch, "one side requires checksums, the other refuses them"};
  out.checksum = wants(checksums::required);
  return out;
}

result<std::uint64_t> channel_bytes::bytes_for(channel_shape const& asked) {
  auto const& options = asked.options;
  if (options.clients == 0 || options.clients > most_clients)
    return failure{errc::invalid_argument, fmt::format("channel for {} clients, expected 1 to {}", options.clients,
                                                       most_clients)};
  if (options.bytes_per_direction > most_ring)
    return failure{errc::invalid_argument, fmt::format("channel with {} bytes per direction, expected at most {}",
                                                       options.bytes_per_direction, most_ring)};
  if (!are_possible(options.terms) || !is_aligned(options.first_position, record_align))
    return failure{errc::invalid_argument, "channel with terms that nobody can meet"};
  return bytes_of(options.clients, ring_for(options.bytes_per_direction));
}

void channel_bytes::format(std::span<std::byte> body, channel_shape const& asked) {
  auto* header = ::new (body.data()) channel_header{};
  auto const& options = asked.options;
  header->clients = options.clients;
  header->ring_bytes = ring_for(options.bytes_per_direction);
  header->first_position = options.first_position;
  header->lowest_version = options.terms.lowest_version;
  header->highest_version = options.terms.highest_version;
  header->largest_message = options.terms.largest_message;
  header->needed_message = options.terms.needed_message;
  header->checksums = static_cast<std::uint32_t>(options.terms.checksums);
}

result<channel_bytes> channel_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(channel_header)) return damaged(entry, "its extent is too small for a header");
  channel_header header{};
  std::memcpy(static_cast<void*>(&header), entry.body.data(), offsetof(channel_header, pad));
  if (!std::has_single_bit(header.ring_bytes) || header.ring_bytes < least_ring || header.ring_bytes > most_ring ||
      header.clients == 0 || header.clients > most_clients ||
      bytes_of(header.clients, header.ring_bytes) > entry.body.size())
    return damaged(entry, fmt::format("{} connections with rings of {} bytes in an extent of {}", header.clients,
                                      header.ring_bytes, entry.body.size()));
  channel_options found;
  found.clients = static_cast<std::uint32_t>(header.clients);
  found.bytes_per_direction = header.ring_bytes;
  found.first_position = header.first_position;
  found.terms = {header.lowest_version, header.highest_version, header.largest_message, header.needed_message,
                 static_cast<checksums>(header.checksums)};
  if (!are_possible(found.terms) || !is_aligned(found.first_position, record_align))
    return damaged(entry, fmt::format("versions {} to {}, checksums {}, from position {}", header.lowest_version,
                                      header.highest_version, header.checksums, header.first_position));
  return channel_bytes{entry.body.data(), found};
}

channel_bytes::channel_bytes(std::byte* body, channel_options const& found) noexcept
    : header_{reinterpret_cast<channel_header*>(body)},
      places_{reinterpret_cast<channel_place*>(body + sizeof(channel_header))},
      rings_{body + sizeof(channel_header) + found.clients * sizeof(channel_place)},
      clients_{found.clients},
      ring_bytes_{found.bytes_per_direction},
      first_position_{found.first_position},
      terms_{found.terms} {}

std::uint64_t channel_bytes::largest_message() const noexcept { return ring_bytes_ / 2 - sizeof(channel_record); }

channel_statistics channel_bytes::statistics() const noexcept {
  auto const look = [](atomic_u64 const& word) { return word.load(std::memory_order_relaxed); };
  channel_statistics out;
  out.places = clients_;
  out.accepted = look(header_->accepted);
  out.refused = look(header_->refused);
  for (std::uint64_t i = 0; i < clients_; ++i) {
    auto const& each = places_[i];
    auto const state = channel_state_in(look(each.word));
    out.waiting += state == channel_state::offered;
    if (state != channel_state::open) continue;
    ++out.open;
    out.to_server += look(each.to_server.sent) - look(each.to_server.received);
    out.to_client += look(each.to_client.sent) - look(each.to_client.received);
  }
  return out;
}

}  // namespace stoa
