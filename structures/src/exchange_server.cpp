#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stoa/exchange_server.hpp>

namespace stoa {

exchange_server::exchange_server(std::shared_ptr<attached_entry> entry, exchange_way const& way)
    : entry_{std::move(entry)}, way_{way}, self_{short_owner_of(entry_->owner().self())} {
  require_writable(*entry_, "serve");
  place_ = way_.take_place(entry_->owner());
  if (place_ == nullptr)
    throw error{{errc::no_space,
                 fmt::format("{}: all {} places for servers are taken", entry_->where(), servers_per_direction)}};
}

void exchange_server::check_open() const {
  if (place_ == nullptr) throw error{{errc::closed, "this server was closed"}};
  require_writable(*entry_, "serve");
}

void exchange_server::close() noexcept {
  auto* const place = std::exchange(place_, nullptr);
  if (place == nullptr || entry_->owner().was_inherited()) return;
  way_.clear_dead_places(entry_->owner());  // of which this one was the successor
  place->store(0, std::memory_order_release);  // R5 -> A5: after those were cleared (I1)
}

void exchange_server::fail(exchange_slot const& slot, call_generation generation, char const* what) const {
  check_open();
  auto const size = std::min<std::uint64_t>(std::strlen(what), way_.payload_bytes());
  std::memcpy(slot.response_payload(), what, size);
  slot.answer(generation, response_state::failed, static_cast<std::uint32_t>(size));
}

}  // namespace stoa
