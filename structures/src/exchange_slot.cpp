#include <stoa/exchange_slot.hpp>

namespace stoa {
namespace {

// Looks at a slot that goes on changing: more than that is bytes that no exchange leaves behind.
constexpr int most_looks = 64;

}  // namespace

std::optional<call_generation> exchange_slot::take_over(std::uint64_t service, short_owner self) const noexcept {
  if (is_over(service, response_word())) return std::nullopt;  // I5: after the death, before the CAS
  // seq_cst: as in begin() (I4).
  if (!this->service().compare_exchange_strong(service, make_service_word(service >> short_owner_bits, self),
                                               std::memory_order_seq_cst, std::memory_order_relaxed))
    return std::nullopt;
  // The request is of this generation (I7), or the bytes are damaged: then the response is the service's all the same,
  // whose low bits are known (I6). relaxed: nothing follows from it
  auto const about = call_generation_of(request().word.load(std::memory_order_relaxed));
  return (about - ((about - (service >> short_owner_bits)) & served_generation_mask)) & call_generation_mask;
}

bool exchange_slot::end_service(attachment const& looker, std::uint64_t service) const noexcept {
  auto const generation = take_over(service, short_owner_of(looker.self()));
  if (!generation) return false;
  answer(*generation, response_state::skipped, 0);
  return true;
}

bool exchange_slot::make_free(attachment const& looker) const noexcept {
  // relaxed: what this owner has written, or has seen
  auto const generation = call_generation_of(request().word.load(std::memory_order_relaxed));
  auto const self = short_owner_of(looker.self());
  for (int look = 0; look < most_looks; ++look) {
    auto seen = service().load(std::memory_order_seq_cst);  // after the store that cancelled (I4)
    if (is_over(seen, response_word())) {
      if (is_service_of(seen, generation)) return true;
      // Nobody has begun it. seq_cst: as in begin(). R4 -> A4 (I2): it is not requested. Forbids: a server that saw it
      // begins it all the same, later (I7).
      if (service().compare_exchange_strong(seen, make_service_word(generation, self), std::memory_order_seq_cst,
                                            std::memory_order_relaxed)) {
        answer(generation, response_state::skipped, 0);
        return true;
      }
    } else if (!is_alive(looker, server_of(seen))) {
      end_service(looker, seen);
    } else if (service().load(std::memory_order_relaxed) == seen && !is_over(seen, response_word())) {
      return false;
    }
  }
  return false;
}

exchange_slot::after exchange_slot::give_up(attachment const& looker, call_generation generation) const noexcept {
  // seq_cst: before the look at the service word (I4). Forbids: this owner sees nobody in, and a server the request.
  request().word.store(make_call_word(generation, request_state::cancelled), std::memory_order_seq_cst);
  bool const is_free = make_free(looker);
  auto const word = response_word();
  if (call_generation_of(word) == generation && response_state_of(word) != response_state::skipped)
    return after::answered;
  return is_free ? after::free : after::busy;
}

}  // namespace stoa
