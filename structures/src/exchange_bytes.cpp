#include <fmt/format.h>

#include <new>
#include <stoa/exchange_bytes.hpp>

namespace stoa {
namespace {

std::uint64_t bytes_of_direction(exchange_shape const& shape) noexcept {
  return sizeof(exchange_direction) + shape.slots * exchange_slot::bytes_for(shape.payload_bytes);
}

// nullopt: numbers that no exchange has.
std::optional<std::uint64_t> body_bytes_of(exchange_shape const& shape) noexcept {
  if (shape.slots == 0 || shape.slots > most_exchange_slots) return std::nullopt;
  if (shape.payload_bytes == 0 || shape.payload_bytes > most_payload_bytes) return std::nullopt;
  if (shape.options.first_generation > call_generation_mask) return std::nullopt;
  if (shape.options.after_server_death > after_server_death::serve_again) return std::nullopt;
  return sizeof(exchange_header) + (shape.options.two_way ? 2 : 1) * bytes_of_direction(shape);
}

// relaxed: nobody can reach these bytes before the name table publishes them.
void format_direction(exchange_way const& way, call_generation first) {
  for (std::uint64_t i = 0; i < way.slots(); ++i) {
    auto const slot = way.slot(i);
    slot.request().word.store(make_call_word(first, request_state::none), std::memory_order_relaxed);
    slot.response().word.store(make_call_word(first, response_state::skipped), std::memory_order_relaxed);
    slot.service().store(make_service_word(first, 0), std::memory_order_relaxed);
  }
}

}  // namespace

exchange_way exchange_bytes::way(side whose) const noexcept {
  auto* const begin =
      body_ + sizeof(exchange_header) + (whose == side::back ? bytes_of_direction(shape_) : 0);
  return {*reinterpret_cast<exchange_direction*>(begin), begin + sizeof(exchange_direction), shape_};
}

result<std::uint64_t> exchange_bytes::bytes_for(exchange_shape const& asked) {
  if (auto const bytes = body_bytes_of(asked)) return *bytes;
  return failure{errc::invalid_argument,
                 fmt::format("exchange of {} slots (1 to {}) for payloads of {} bytes (1 to {}), first generation {} "
                             "(below 2^56)", asked.slots, most_exchange_slots, asked.payload_bytes, most_payload_bytes,
                             asked.options.first_generation)};
}

void exchange_bytes::format(std::span<std::byte> body, exchange_shape const& asked) {
  exchange_bytes const made{body.data(), asked};
  ::new (body.data()) exchange_header{asked.slots,
                                      asked.payload_bytes,
                                      asked.options.first_generation,
                                      made.directions(),
                                      static_cast<std::uint64_t>(asked.options.after_server_death),
                                      {}};
  for (std::uint32_t i = 0; i < made.directions(); ++i)
    format_direction(made.way(static_cast<side>(i)), asked.options.first_generation);
}

result<exchange_bytes> exchange_bytes::adopt(entry_view const& entry) {
  if (entry.body.size() < sizeof(exchange_header)) return damaged(entry, "its extent is too small for a header");
  std::array<std::uint64_t, 5> header{};
  std::memcpy(header.data(), entry.body.data(), sizeof(header));
  auto const [slots, payload_bytes, first, directions, death] = header;
  exchange_options const options{directions == 2, static_cast<after_server_death>(death), first};
  exchange_shape const shape{slots, payload_bytes, options};
  auto const bytes = body_bytes_of(shape);
  if (!bytes || (directions != 1 && directions != 2) || *bytes > entry.body.size())
    return damaged(entry, fmt::format("{} directions of {} slots for payloads of {} bytes, after death {}, in {} bytes",
                                      directions, slots, payload_bytes, death, entry.body.size()));
  return exchange_bytes{entry.body.data(), shape};
}

exchange_statistics exchange_bytes::statistics() const noexcept {
  exchange_statistics sum;
  for (std::uint32_t i = 0; i < directions(); ++i) way(static_cast<side>(i)).add_to(sum);
  return sum;
}

}  // namespace stoa
