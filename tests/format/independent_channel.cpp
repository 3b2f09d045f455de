// docs/format.md, section 38: channel.
#include "independent_bytes.hpp"
#include "independent_connections.hpp"

namespace independent {
namespace {

constexpr std::uint64_t header_bytes = 384, place_bytes = 1152, record_bytes = 16;

struct mark {
  std::uint64_t bytes, what, sequence;
  explicit mark(std::uint64_t word) : bytes{word & 0xFFFF'FFFF}, what{word >> 32 & 3}, sequence{word >> 34} {}
};
enum : std::uint64_t { nothing, message, padding };

// What was sent and not received: from `read` on, where the number of the next message is `received`.
std::vector<sent_message> waiting_in(bytes ring, channel_stream const& stream, channel_place const& of) {
  std::vector<sent_message> out;
  auto sequence = stream.received;
  require(stream.read % record_bytes == 0, "channel: no boundary");
  for (auto position = stream.read; position - stream.read < ring.size();) {
    auto const at = position & (ring.size() - 1);
    mark const found{u64(ring, at)};
    if (u64(ring, at) == 0) return out;
    require(found.sequence == (sequence & 0x3FFF'FFFF), "channel: another message's number");
    if (found.what == padding) {
      require(at != 0 && found.bytes == ring.size() - at, "channel: padding");
      position += found.bytes;
      continue;
    }
    require(found.what == message && found.bytes <= of.agreed_largest, "channel: a record that is none");
    auto const label = u64(ring, at + 8);
    auto const content = part(ring, at + record_bytes, found.bytes);
    if (of.has_checksum) {
      blob head(8);
      for (unsigned i = 0; i < 4; ++i) {
        head[i] = static_cast<std::byte>(found.bytes >> 8 * i);
        head[4 + i] = static_cast<std::byte>(label >> 8 * i);
      }
      require(label >> 32 == crc32c(content, crc32c(head, 0)), "channel: checksum");
    }
    out.push_back({sequence++, static_cast<std::uint32_t>(label), copy_of(content)});
    position += align(record_bytes + found.bytes, record_bytes);
  }
  throw format_error{"channel: more than a ring holds"};
}

channel_stream read_stream(bytes from) {
  channel_stream out;
  out.sent = u64(from, 0);
  out.send_refusals = u64(from, 8);
  out.read = u64(from, 128);
  out.received = u64(from, 136);
  return out;
}

channel_place read_place(bytes place, bytes to_server, bytes to_client) {
  channel_place out;
  auto const word = u64(place, 0);
  require((word & 7) <= 4, "channel: state of a place");
  out.state = static_cast<channel_state>(word & 7);
  out.generation = word >> 3 & 0x1FFF;
  out.client = owner_in(word >> 16);
  out.server = owner_in(word >> 40);
  out.client_id = u64(place, 8);
  out.server_id = u64(place, 16);
  out.asked = {u32(place, 24), u32(place, 28), u64(place, 32), u64(place, 40), u64(place, 48)};
  out.agreed_version = u64(place, 56);
  out.agreed_largest = u64(place, 64);
  require(u64(place, 72) <= 1, "channel: agreed_checksum");
  out.has_checksum = u64(place, 72) == 1;
  out.to_server = read_stream(part(place, 128, 512));
  out.to_client = read_stream(part(place, 640, 512));
  if (out.state != channel_state::open) return out;
  require(out.agreed_largest <= to_server.size() / 2 - 16, "channel: agreed_largest");
  out.to_server.waiting = waiting_in(to_server, out.to_server, out);
  out.to_client.waiting = waiting_in(to_client, out.to_client, out);
  return out;
}

}  // namespace

short_owner owner_in(std::uint64_t low_bits) {
  short_owner out;
  out.is_somebody = (low_bits & 0xFF'FFFF) != 0;
  if (!out.is_somebody) return out;
  require((low_bits & 0x1FFF) != 0, "an owner without a place");
  out.place = static_cast<std::uint32_t>((low_bits & 0x1FFF) - 1);
  out.generation = static_cast<std::uint32_t>(low_bits >> 13 & 0x7FF);
  return out;
}

channel_content content_of_channel(entry const& from) {
  require(from.kind == "channel", "no channel");
  auto const clients = u64(from.body, 0);
  channel_content out;
  out.ring_bytes = u64(from.body, 8);
  out.first_position = u64(from.body, 16);
  out.terms = {u32(from.body, 24), u32(from.body, 28), u64(from.body, 32), u64(from.body, 40), u32(from.body, 48)};
  require(clients >= 1 && clients <= 65'536, "channel: clients");
  require(is_power_of_two(out.ring_bytes) && out.ring_bytes >= 128 && out.ring_bytes <= std::uint64_t{1} << 32,
          "channel: ring_bytes");
  require(out.first_position % record_bytes == 0, "channel: first_position");
  require(out.terms.lowest_version <= out.terms.highest_version && out.terms.checksums <= 2, "channel: terms");
  auto const places = behind(from.body, header_bytes);
  require(fit(clients, place_bytes + 2 * out.ring_bytes, places.size()), "channel: does not fit");
  out.listener = u64(from.body, 128);
  out.accepted = u64(from.body, 136);
  out.refused = u64(from.body, 144);
  auto const rings = behind(places, clients * place_bytes);
  for (std::uint64_t i = 0; i < clients; ++i)
    out.places.push_back(read_place(part(places, i * place_bytes, place_bytes),
                                    part(rings, 2 * i * out.ring_bytes, out.ring_bytes),
                                    part(rings, (2 * i + 1) * out.ring_bytes, out.ring_bytes)));
  return out;
}

}  // namespace independent
