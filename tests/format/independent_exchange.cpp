// docs/format.md, section 37: exchange.
#include "independent_bytes.hpp"
#include "independent_connections.hpp"

namespace independent {
namespace {

constexpr std::uint64_t header_bytes = 128, direction_bytes = 896, head_bytes = 16, places = 64;

struct part_sizes {
  std::uint64_t payload, part, slot;
  explicit part_sizes(std::uint64_t payload_bytes)
      : payload{payload_bytes}, part{align(head_bytes + payload_bytes, 128)}, slot{2 * part + 128 + 128} {}
};

exchange_slot read_slot(bytes slot, part_sizes const& sizes) {
  auto const request = part(slot, 0, sizes.part);
  auto const response = part(slot, sizes.part, sizes.part);
  auto const service = u64(slot, 2 * sizes.part);
  auto const payload = [&](bytes of) {
    auto const size = u32(of, 8);
    require(size <= sizes.payload, "exchange: size of a payload");
    return copy_of(part(of, head_bytes, size));
  };
  auto const state = [](bytes of, std::uint64_t largest) {
    auto const found = u64(of, 0) & 0xFF;
    require(found <= largest, "exchange: state");
    return found;
  };
  exchange_slot out;
  out.owner = u64(slot, 2 * sizes.part + 128);
  out.generation = u64(request, 0) >> 8;
  out.request = static_cast<request_state>(state(request, 2));
  out.answered_generation = u64(response, 0) >> 8;
  out.response = static_cast<response_state>(state(response, 5));
  out.type = u32(request, 12);
  if (out.request == request_state::requested) out.question = payload(request);
  if (out.response == response_state::done || out.response == response_state::failed) out.answer = payload(response);
  out.server = owner_in(service);
  out.served_generation = service >> 24;
  out.is_over = out.served_generation == (out.answered_generation & 0xFF'FFFF'FFFF);
  return out;
}

exchange_direction read_direction(bytes from, bytes slots, std::uint64_t count, part_sizes const& sizes) {
  exchange_direction out;
  out.timeouts = u64(from, 256);
  out.lost = u64(from, 264);
  out.failures = u64(from, 272);
  out.refusals = u64(from, 280);
  for (std::uint64_t i = 0; i < places; ++i)
    if (auto const who = u64(from, 384 + i * 8); who != 0) out.servers.push_back(who);
  for (std::uint64_t i = 0; i < count; ++i)
    out.slots.push_back(read_slot(part(slots, i * sizes.slot, sizes.slot), sizes));
  return out;
}

}  // namespace

exchange_content content_of_exchange(entry const& from) {
  require(from.kind == "exchange", "no exchange");
  auto const slots = u64(from.body, 0);
  auto const directions = u64(from.body, 24);
  auto const after_death = u64(from.body, 32);
  exchange_content out;
  out.payload_bytes = u64(from.body, 8);
  out.first_generation = u64(from.body, 16);
  require(slots >= 1 && slots <= 65'536, "exchange: slots");
  require(out.payload_bytes >= 1 && out.payload_bytes <= 1u << 30, "exchange: payload_bytes");
  require(out.first_generation >> 56 == 0, "exchange: first_generation");
  require(directions == 1 || directions == 2, "exchange: directions");
  require(after_death <= 1, "exchange: after_server_death");
  out.serves_again = after_death == 1;
  part_sizes const sizes{out.payload_bytes};
  auto const each = direction_bytes + slots * sizes.slot;
  auto const all = behind(from.body, header_bytes);
  require(fit(directions, each, all.size()), "exchange: does not fit");
  for (std::uint64_t i = 0; i < directions; ++i) {
    auto const whole = part(all, i * each, each);
    out.directions.push_back(read_direction(whole, behind(whole, direction_bytes), slots, sizes));
  }
  return out;
}

}  // namespace independent
