#include <fmt/format.h>

#include <stoa/channel_listener.hpp>
#include <stoa/channel_offer.hpp>

namespace stoa {
namespace {

bool is_gone(attachment const& looker, short_owner owner) noexcept { return owner == 0 || !is_alive(looker, owner); }

bool is_available(attachment const& looker, channel_word word, bool looks_for_dead) noexcept {
  auto const client = client_in(word);
  auto const server = server_in(word);
  if (client == 0 && server == 0) return true;
  return looks_for_dead && is_gone(looker, client) && is_gone(looker, server);
}

// relaxed: nobody looks before the word says offered (I3, I4 of channel_bytes.hpp)
void make_new(channel_stream& stream, std::byte* records, channel_bytes const& bytes) noexcept {
  auto const first = bytes.first_position();
  for (auto* const each : {&stream.sent, &stream.send_refusals, &stream.received})
    each->store(0, std::memory_order_relaxed);
  stream.read.store(first, std::memory_order_relaxed);
  auto* const head = reinterpret_cast<channel_record*>(records + (first & (bytes.ring_bytes() - 1)));
  head->mark.store(0, std::memory_order_relaxed);
}

void ask(channel_place& place, channel_terms const& terms) noexcept {
  place.versions.store(terms.lowest_version | std::uint64_t{terms.highest_version} << 32, std::memory_order_relaxed);
  place.largest_message.store(terms.largest_message, std::memory_order_relaxed);
  place.needed_message.store(terms.needed_message, std::memory_order_relaxed);
  place.checksums.store(static_cast<std::uint64_t>(terms.checksums), std::memory_order_relaxed);
}

failure damaged_word(attached_entry const& entry, std::uint64_t index, channel_word word) {
  return damaged(entry, fmt::format("the word of connection {} says {:#x}", index, word));
}

}  // namespace

std::optional<channel_offer> channel_offer::make(std::shared_ptr<attached_entry> const& entry,
                                                 channel_bytes const& bytes, channel_terms const& terms,
                                                 bool looks_for_dead) {
  require_writable(*entry, "connect");
  auto const& owner = entry->owner();
  for (std::uint64_t i = 0; i < bytes.clients(); ++i) {
    auto const index = (place_of(owner.self()) + i) % bytes.clients();
    auto& place = bytes.place(index);
    auto word = place.word.load(std::memory_order_acquire);  // A1: what freed it
    if (!is_available(owner, word, looks_for_dead)) continue;
    auto const mine = make_channel_word(channel_state::connecting, channel_generation_in(word) + 1,
                                        short_owner_of(owner.self()), 0);
    // A1 <- channel_connection.cpp:R1 (I3): whoever was here has done with the rings. Failed: somebody was faster.
    if (!place.word.compare_exchange_strong(word, mine, std::memory_order_acquire, std::memory_order_relaxed)) continue;
    make_new(place.to_server, bytes.records_to_server(index), bytes);
    make_new(place.to_client, bytes.records_to_client(index), bytes);
    place.client.store(owner.self(), std::memory_order_relaxed);
    ask(place, terms);
    auto const offered = with_state(mine, channel_state::offered);
    auto expected = mine;
    // R1 -> channel_listener.cpp:A1 (I3, I4). Nobody else changes it: I live (I2).
    if (!place.word.compare_exchange_strong(expected, offered, std::memory_order_release, std::memory_order_relaxed))
      throw error{damaged_word(*entry, index, expected)};
    wake(bytes.header().listeners);
    return channel_offer{entry, bytes, index, offered};
  }
  return std::nullopt;
}

failure channel_offer::no_place(attached_entry const& entry, channel_bytes const& bytes) {
  return {errc::too_many_connections, fmt::format("{}: all {} places for connections are taken", entry.where(),
                                                  bytes.clients())};
}

channel_offer::channel_offer(segment const& to, std::string_view name, channel_terms const& terms)
    : channel_offer{[&] {
        auto const entry = to.attachment().attach(name, channel_listener::identity()).value();
        auto const bytes = channel_bytes::adopt(entry->view()).value();
        auto made = make(entry, bytes, terms, true);
        if (!made) throw error{no_place(*entry, bytes)};
        return std::move(*made);
      }()} {}

channel_offer& channel_offer::operator=(channel_offer&& other) noexcept {
  if (this != &other) {
    withdraw();
    entry_ = std::move(other.entry_);
    bytes_ = other.bytes_;
    index_ = other.index_;
    word_ = other.word_;
  }
  return *this;
}

void channel_offer::withdraw() noexcept {
  if (auto const entry = std::exchange(entry_, nullptr); entry != nullptr && !entry->owner().was_inherited())
    internal::leave_place(bytes_, index_, word_, internal::channel_side::client);
}

bool channel_offer::is_answered() const noexcept {
  return place().word.load(std::memory_order_relaxed) != word_;  // try_finish() looks for itself
}

bool channel_offer::has_listener() const noexcept {
  return entry_ != nullptr && is_role_alive(bytes_.header().listener, entry_->owner());
}

std::optional<channel> channel_offer::try_finish() {
  if (entry_ == nullptr) throw error{failure{errc::connection_closed, "channel_offer: it is used up"}};
  require_writable(*entry_, "connect");
  auto const found = place().word.load(std::memory_order_acquire);  // A2 <- channel_listener.cpp:R1 (I4)
  if (found == word_) return std::nullopt;
  if (found == with_state(word_, channel_state::refused)) refuse();
  return open(found);
}

void channel_offer::refuse() {
  auto const entry = entry_;
  auto const reason = place().agreed_version.load(std::memory_order_relaxed);  // carried by the word
  withdraw();
  auto const told = static_cast<errc>(reason);
  if (told != errc::version_mismatch && told != errc::terms_mismatch)
    throw error{damaged(*entry, fmt::format("refused for the reason {}", reason))};
  throw error{failure{told, fmt::format("{}: refused by its listener: {}", entry->where(),
                                        told == errc::version_mismatch ? "no version in common"
                                                                       : "what one side needs the other cannot do")}};
}

std::optional<channel> channel_offer::open(channel_word found) {
  // relaxed, all of these: carried by the word (I4)
  auto const& answer = place();
  internal::channel_seat seat{index_, 0, internal::channel_side::client, answer.server.load(std::memory_order_relaxed),
                              {static_cast<std::uint32_t>(answer.agreed_version.load(std::memory_order_relaxed)),
                               answer.agreed_checksum.load(std::memory_order_relaxed) != 0,
                               answer.agreed_largest.load(std::memory_order_relaxed)}};
  seat.open = make_channel_word(channel_state::open, channel_generation_in(word_), client_in(word_),
                                short_owner_of(seat.other));
  // The server may have left by now: what it has sent is there.
  auto const left = make_channel_word(channel_state::open, channel_generation_in(word_), client_in(word_), 0);
  bool const is_whole =
      (found == seat.open || found == left) && seat.agreed.largest_message <= bytes_.largest_message();
  if (!is_whole) {
    auto const entry = entry_;
    withdraw();
    throw error{damaged_word(*entry, index_, found)};
  }
  auto made = std::make_shared<internal::channel_connection>(entry_, bytes_, seat);
  entry_ = nullptr;  // the place is the connection's
  return channel{std::move(made)};
}

}  // namespace stoa
