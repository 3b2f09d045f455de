#include <stoa/exchange_client.hpp>

namespace stoa {

void call_reply::refuse() const { throw error{{errc::closed, "this reply was closed: its slot is for other calls"}}; }
void claimed_request::refuse() const { throw error{{errc::closed, "this request was started or aborted before"}}; }

// What is over lets go of its client, so that the slot it would keep is free.
result<call_reply> pending_call::get_until(deadline until, wait_strategy strategy) {
  if (!slot_) return failure{errc::closed, "this call is over: its end was got before, or it was cancelled"};
  if (!desk_->may_ask(0, 0)) return desk_->why_not(0, 0);  // in a forked child
  auto const end = desk_->wait(slot_, until, strategy);
  if (end == internal::call_end::none) return desk_->not_in_time();
  auto const mine = std::exchange(slot_, {});
  auto const desk = std::move(desk_);
  if (end == internal::call_end::server_died && !desk->give_up(mine)) return desk->failed(end);
  auto const size = desk->read(mine);
  if (!size) return size.error();
  return call_reply{desk, mine, *size};
}

void pending_call::cancel() noexcept {
  if (!slot_) return;
  auto const mine = std::exchange(slot_, {});
  auto const desk = std::move(desk_);
  if (desk->give_up(mine)) desk->put_back(mine);
}

result<pending_call> claimed_request::start() {
  if (!slot_) return failure{errc::closed, "this request was started or aborted before"};
  if (!desk_->may_ask(size_, type_)) return desk_->why_not(size_, type_);
  auto mine = std::exchange(slot_, {});
  desk_->ask(mine, size_, type_);
  return pending_call{std::move(desk_), mine};
}

result<call_reply> claimed_request::call_until(deadline until, wait_strategy strategy) {
  auto pending = start();
  if (!pending) return pending.error();
  return exchange_client{std::move(pending->desk_)}.finish(std::exchange(pending->slot_, {}), until, strategy);
}

void claimed_request::abort() noexcept {
  if (!slot_) return;
  auto const desk = std::move(desk_);
  desk->put_back(std::exchange(slot_, {}));
}

result<internal::held_slot> exchange_client::take(std::size_t size, std::uint32_t type, deadline until,
                                                  wait_strategy strategy) const {
  if (!desk_->may_ask(size, type)) return desk_->why_not(size, type);
  auto mine = desk_->take_kept();
  if (!mine) mine = desk_->take_another(until, strategy);
  if (!mine) return desk_->no_slot();
  return mine;
}

result<call_reply> exchange_client::call_until(std::span<std::byte const> bytes, std::uint32_t type, deadline until,
                                               wait_strategy strategy) {
  auto mine = take(bytes.size(), type, until, strategy);
  if (!mine) return mine.error();
  ask(*mine, bytes, type);
  return finish(*mine, until, strategy);
}

result<pending_call> exchange_client::start(std::span<std::byte const> bytes, std::uint32_t type) {
  auto mine = take(bytes.size(), type, deadline::at({}), wait_strategy::adaptive);
  if (!mine) return mine.error();
  ask(*mine, bytes, type);
  return pending_call{desk_, *mine};
}

result<claimed_request> exchange_client::claim(std::size_t size, std::uint32_t type) {
  auto mine = take(size, type, deadline::at({}), wait_strategy::adaptive);
  if (!mine) return mine.error();
  return claimed_request{desk_, *mine, size, type};
}

result<void> exchange_client::ping_until(deadline until, wait_strategy strategy) {
  auto mine = take(0, 0, until, strategy);
  if (!mine) return mine.error();
  desk_->ask(*mine, 0, ping_type);
  auto const reply = finish(*mine, until, strategy);
  if (!reply) return reply.error();
  return {};
}

}  // namespace stoa
