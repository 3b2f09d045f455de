// What the bytes of an exchange must say at every instant.
#include <fmt/format.h>

#include <stoa/exchange_bytes.hpp>

#include "verify_kinds.hpp"

namespace stoa::internal {
namespace {

class direction_check {
 public:
  direction_check(inspection& look, exchange_way const& way, std::uint32_t number)
      : look_{look}, way_{way}, known_{look.owner()}, called_{fmt::format("direction {}", number)} {}

  void run() {
    auto const& header = way_.header();
    auto const* const begin = reinterpret_cast<std::byte const*>(&header);
    for (auto const& [from, to] : {std::pair{4, 128}, {132, 256}, {288, 384}})
      look_.zeros(called_ + ", padding", begin + from, static_cast<std::uint64_t>(to - from));
    for (std::size_t i = 0; i < header.places.size(); ++i)
      look_.participant(fmt::format("{}, place {}", called_, i), header.places[i], "the next server clears it");
    for (std::uint64_t i = 0; i < way_.slots() && !look_.is_full(); ++i) slot(i);
  }

 private:
  void slot(std::uint64_t index) {
    auto const slot = way_.slot(index);
    auto const field = fmt::format("{}, slot {}", called_, index);
    auto const& request = slot.request();
    auto const& response = slot.response();
    look_.participant(field + ", owner", slot.owner(), "the next who needs a slot takes it");
    words(slot, field);
    size(field + ", size of the request", request.size);
    size(field + ", size of the response", response.size);
    pad(field, &request, sizeof(request));
    pad(field, &response, sizeof(response));
    look_.zeros(field + ", padding", &slot.service() + 1, pad_bytes - sizeof(atomic_u64));
    look_.zeros(field + ", padding", &slot.owner() + 1, pad_bytes - sizeof(atomic_u64));
  }

  void size(std::string const& field, atomic_u32 const& word) {
    auto const found = word.load(std::memory_order_relaxed);  // alone: of this call or of one before
    if (found > way_.payload_bytes())
      look_.damage(field, &word, fmt::format("at most {}", way_.payload_bytes()), fmt::format("{}", found));
  }
  void pad(std::string const& field, void const* part, std::uint64_t head_bytes) {
    auto const used = head_bytes + way_.payload_bytes();
    look_.zeros(field + ", padding", static_cast<std::byte const*>(part) + used,
                exchange_slot::part_bytes_for(way_.payload_bytes()) - used);
  }

  // I2, I6 of exchange_slot.hpp: what was answered was taken before, what was taken was asked before. Read in this
  // order, as generations only go on.
  void words(exchange_slot const& slot, std::string const& field) {
    auto const answered = slot.response_word();
    auto const service = current(slot.service());
    auto const asked = current(slot.request().word);
    auto const all = fmt::format("response {:#x}, service {:#x}, request {:#x}", answered, service, asked);
    if (request_state_of(asked) > request_state::cancelled)
      look_.damage(field + ", request", &slot.request().word, "none, requested or cancelled",
                   fmt::format("{:#x}", asked));
    if (auto const state = response_state_of(answered);
        state == response_state::none || state > response_state::skipped)
      look_.damage(field + ", response", &slot.response().word, "done, failed, lost, refused or skipped",
                   fmt::format("{:#x}", answered));
    auto const ahead = (call_generation_of(asked) - call_generation_of(answered)) & call_generation_mask;
    auto const taken = ((service >> short_owner_bits) - call_generation_of(answered)) & served_generation_mask;
    if (ahead > call_generation_mask / 2 || (ahead <= served_generation_mask && taken > ahead))
      look_.damage(field + ", generations", &slot.service(), "response, service and request, each not before the last",
                   all);
    auto const server = server_of(service);
    if (server != 0 && !was_ever(look_, server))
      look_.damage(field + ", service", &slot.service(), "nobody, or a server that was ever here",
                   fmt::format("{:#x}", service));
    else if (taken != 0 && !is_alive(known_, look_, server) &&
             current(slot.service()) == service && slot.response_word() == answered)
      look_.note(field + ", service", &slot.service(), "who was at it died: the next server, or caller, ends it");
  }

  inspection& look_;
  exchange_way const& way_;
  known_lives known_;
  std::string called_;
};

}  // namespace

void verify_exchange(inspection& look) {
  auto const found = exchange_bytes::adopt(look.entry());
  if (!found) return look.refuse(found.error());
  verify_pads(look, {{40, sizeof(exchange_header)}});
  for (std::uint32_t i = 0; i < found->directions(); ++i) {
    auto const way = found->way(static_cast<side>(i));
    direction_check{look, way, i}.run();
  }
}

}  // namespace stoa::internal
