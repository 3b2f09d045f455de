#include <fmt/format.h>

#include <stoa/channel_listener.hpp>

namespace stoa {
namespace {

// relaxed, all of these: carried by the word (I4 of channel_bytes.hpp)
channel_terms asked(channel_place const& place) noexcept {
  auto const versions = place.versions.load(std::memory_order_relaxed);
  return {static_cast<std::uint32_t>(versions), static_cast<std::uint32_t>(versions >> 32),
          place.largest_message.load(std::memory_order_relaxed), place.needed_message.load(std::memory_order_relaxed),
          static_cast<checksums>(place.checksums.load(std::memory_order_relaxed))};
}
void tell(channel_place& place, agreed_terms const& agreed) noexcept {
  place.agreed_version.store(agreed.version, std::memory_order_relaxed);
  place.agreed_largest.store(agreed.largest_message, std::memory_order_relaxed);
  place.agreed_checksum.store(agreed.checksum ? 1 : 0, std::memory_order_relaxed);
}
void count(atomic_u64& counter) noexcept { counter.fetch_add(1, std::memory_order_relaxed); }  // a statistic

}  // namespace

channel_listener::shared_state::~shared_state() {
  if (epoch == fork_epoch()) release_role(bytes.header().listener, entry->owner());
}

result<channel_listener> channel_listener::adopt(std::shared_ptr<attached_entry> entry) {
  auto const bytes = channel_bytes::adopt(entry->view());
  if (!bytes) return bytes.error();
  return channel_listener{std::make_shared<shared_state>(std::move(entry), *bytes)};
}

// Under the mutex.
result<void> channel_listener::become_listener() const {
  if (state_->epoch == fork_epoch()) return {};
  if (auto const taken = take_role(bytes().header().listener, entry(), listener_role); !taken) return taken.error();
  state_->epoch = fork_epoch();
  return {};
}

result<void> channel_listener::try_become_listener() const {
  if (auto const ok = check_writable(entry(), listener_role.verb); !ok) return ok.error();
  std::scoped_lock const guard{state_->mutex};
  return become_listener();
}

void channel_listener::set_terms(channel_terms const& terms) const {
  std::scoped_lock const guard{state_->mutex};
  state_->terms = terms;
}

std::optional<channel> channel_listener::try_accept() const {
  return accept_until(deadline::after(std::chrono::seconds{0}), wait_strategy::sleep);
}

std::optional<channel> channel_listener::accept_until(deadline until, wait_strategy strategy) const {
  require_writable(entry(), listener_role.verb);  // before the mutex, which a forked child may find locked for ever
  std::scoped_lock const guard{state_->mutex};
  become_listener().value();
  std::shared_ptr<internal::channel_connection> made;
  auto const look = [&](bool = false) {
    for (std::uint64_t i = 0; i < clients() && made == nullptr; ++i) {
      auto const index = (state_->next + i) % clients();
      made = accept_place(index);
      if (made != nullptr) state_->next = index + 1;  // so that nobody waits behind the same others again and again
    }
    return made != nullptr;
  };
  if (!look() && !until.has_passed()) wait_for(bytes().header().listeners, until, strategy, look);
  if (made == nullptr) return std::nullopt;
  return channel{std::move(made)};
}

// Whether there is something in common; what is told to the client is written, and seen when the word says so.
bool channel_listener::answer(std::uint64_t index, channel_word seen, internal::channel_seat& seat) const {
  auto& place = bytes().place(index);
  auto const self = entry().owner().self();
  auto const agreed = agree(state_->terms, asked(place), bytes().largest_message());
  seat = {index,
          make_channel_word(channel_state::open, channel_generation_in(seen), client_in(seen), short_owner_of(self)),
          internal::channel_side::server,
          place.client.load(std::memory_order_relaxed),
          agreed ? *agreed : agreed_terms{static_cast<std::uint32_t>(agreed.error().code()), false, 0}};
  place.server.store(self, std::memory_order_relaxed);
  tell(place, seat.agreed);
  return agreed.has_value();
}

std::shared_ptr<internal::channel_connection> channel_listener::accept_place(std::uint64_t index) const {
  auto& place = bytes().place(index);
  auto word = place.word.load(std::memory_order_acquire);  // A1 <- channel_offer.cpp:R1 (I3, I4)
  if (channel_state_in(word) != channel_state::offered) return nullptr;
  auto const client = place.client.load(std::memory_order_relaxed);
  if (short_owner_of(client) != client_in(word) || server_in(word) != 0 || !entry().owner().is_alive(client))
    return nullptr;
  internal::channel_seat seat;
  bool const is_agreed = answer(index, word, seat);
  // Made before, so that nothing can fail when others see it. Where it is not made true, it leaves nothing.
  auto made = is_agreed ? std::make_shared<internal::channel_connection>(state_->entry, bytes(), seat) : nullptr;
  auto const next = is_agreed ? seat.open : with_state(word, channel_state::refused);
  // R1 -> channel_offer.cpp:A2 (I4). Failed: the client has given up, or died and another one is here.
  if (!place.word.compare_exchange_strong(word, next, std::memory_order_release, std::memory_order_relaxed))
    return nullptr;
  count(is_agreed ? bytes().header().accepted : bytes().header().refused);
  wake(place.to_client.receiver);
  return made;
}

wait_point channel_listener::arrivals() const {
  require_writable(entry(), "wait for");
  auto const is_ready = [held = state_->entry, all = bytes()] {
    for (std::uint64_t i = 0; i < all.clients(); ++i) {
      auto const word = all.place(i).word.load(std::memory_order_acquire);  // acquires the life that it names
      if (channel_state_in(word) == channel_state::offered && is_alive(held->owner(), client_in(word))) return true;
    }
    return false;
  };
  return {&bytes().header().listeners, is_ready};
}

void channel_listener::refuse_late() const {
  throw error{failure{errc::timed_out, fmt::format("{}: nobody connected in time", entry().where())}};
}

}  // namespace stoa
