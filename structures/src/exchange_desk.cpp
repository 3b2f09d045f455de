#include <fmt/format.h>

#include <algorithm>
#include <stoa/exchange_desk.hpp>

namespace stoa::internal {

failure exchange_desk::why_not(std::size_t size, std::uint32_t type) const {
  if (auto const ok = check_writable(*entry_, "call"); !ok) return ok.error();
  if (type >= first_reserved_type)
    return {errc::reserved_type, fmt::format("{}: a request of type {:#x}: those from {:#x} on are the library's own",
                                             entry_->where(), type, first_reserved_type)};
  return {errc::too_large, fmt::format("{}: a request of {} bytes, expected at most {}", entry_->where(), size,
                                       way_.payload_bytes())};
}

held_slot exchange_desk::take_another(deadline until, wait_strategy strategy) {
  auto const& owner = entry_->owner();
  auto const take = [&](bool thorough) { return way_.take_slot(owner, thorough); };
  auto slot = take(false);
  if (!slot) slot = take(true);
  if (!slot && !until.has_passed()) slot = wait_for(way_.header().callers, until, strategy, take);
  if (!slot) {
    exchange_way::count(way_.header().refusals);
    return {};
  }
  // relaxed: what its last owner wrote (exchange_slot.hpp:A3), or nobody's
  return {slot, call_generation_of(slot.request().word.load(std::memory_order_relaxed))};
}

failure exchange_desk::no_slot() const {
  return {errc::no_free_slot, fmt::format("{}: all {} slots are taken", entry_->where(), way_.slots())};
}

// Whether anybody is left who could answer.
call_end exchange_desk::look(held_slot const& mine) const noexcept {
  auto const& looker = entry_->owner();
  // acquire: before the look at its server's life (exchange_slot.hpp I5)
  auto const service = mine.slot.service().load(std::memory_order_acquire);
  // A service that is not over is this call's (exchange_slot.hpp I7).
  bool const is_idle = is_over(service, mine.slot.response_word());
  if (!is_idle && is_alive(looker, server_of(service))) return call_end::none;
  if (is_answered(mine)) return call_end::answered;
  if (way_.serves_again()) return call_end::none;
  return !is_idle || way_.is_deserted(looker) ? call_end::server_died : call_end::none;
}

call_end exchange_desk::wait_longer(held_slot const& mine, deadline until, wait_strategy strategy) const {
  auto end = call_end::none;
  wait_for(mine.slot.response().sleeper, until, strategy, [&](bool thorough) {
    end = is_answered(mine) ? call_end::answered : thorough ? look(mine) : call_end::none;
    return end != call_end::none;
  });
  return end;
}

bool exchange_desk::give_up(held_slot const& mine) {
  if (epoch_ != stoa::fork_epoch()) return false;  // the parent's
  switch (mine.slot.give_up(entry_->owner(), mine.generation)) {
    case exchange_slot::after::answered:
      return true;
    case exchange_slot::after::free:
      put_back(mine);
      return false;
    case exchange_slot::after::busy:
      break;
  }
  mine.slot.release_owner();  // who wants it looks whether that server is done
  return false;
}

failure exchange_desk::bad_response(held_slot const& mine) {
  auto const state = response_state_of(mine.slot.response_word());
  auto const size = mine.slot.response().size.load(std::memory_order_relaxed);
  failure why;
  if (state == response_state::lost) {
    why = failed(call_end::server_died);
  } else if (state == response_state::failed) {
    std::string const text{reinterpret_cast<char const*>(mine.slot.response_payload()),
                           std::min<std::uint64_t>(size, way_.payload_bytes())};
    exchange_way::count(way_.header().failures);
    why = {errc::handler_failed, fmt::format("{}: the handler threw: {}", entry_->where(), text)};
  } else {
    why = damaged(*entry_, fmt::format("a response in state {} of {} bytes", static_cast<unsigned>(state), size));
  }
  put_back(mine);
  return why;
}

failure exchange_desk::failed(call_end how) const {
  if (how == call_end::server_died) {
    exchange_way::count(way_.header().lost);
    return {errc::server_died, fmt::format("{}: the server died, and there is no other yet", entry_->where())};
  }
  exchange_way::count(way_.header().timeouts);
  return not_in_time();
}

failure exchange_desk::not_in_time() const {
  return {errc::timed_out, fmt::format("{}: no answer in time", entry_->where())};
}

void exchange_desk::release(held_slot const& mine) const noexcept {
  if (epoch_ != stoa::fork_epoch()) return;  // the parent's
  mine.slot.release_owner();
  wake(way_.header().callers);
}

}  // namespace stoa::internal
