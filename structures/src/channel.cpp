#include <fmt/format.h>

#include <stoa/channel_listener.hpp>
#include <stoa/channel_offer.hpp>
#include <stoa/name_table.hpp>

namespace stoa {
namespace {

using maybe_entry = std::optional<result<std::shared_ptr<attached_entry>>>;

// Waits for the name. What else is wrong is not waited for.
result<std::shared_ptr<attached_entry>> attach_in_time(attachment& to, std::string_view name, deadline until,
                                                       wait_strategy strategy) {
  failure missing;
  auto found = look_for(until, strategy, [&]() -> maybe_entry {
    auto got = to.attach(name, channel_listener::identity());
    if (got || got.error().code() != errc::no_such_name) return got;
    missing = got.error();
    return std::nullopt;
  });
  if (!found) return missing;
  return std::move(*found);
}

// Somebody else may be under its name, or nobody.
bool is_erased(attached_entry const& entry) noexcept {
  auto const& view = entry.view();
  auto const word = name_table{entry.owner().map()}.word(view.slot);
  return state_of(word) != name_state::live || name_generation_of(word) != view.generation;
}

failure no_answer(channel_offer const& offer, attached_entry const& entry) {
  if (offer.has_listener())
    return {errc::timed_out, fmt::format("{}: its listener did not accept in time", entry.where())};
  return {errc::not_listening, fmt::format("{}: expected a live process that accepts, found none", entry.where())};
}

failure told(error const& problem) { return {static_cast<errc>(problem.code().value()), problem.what()}; }

}  // namespace

result<channel> channel::try_connect(segment const& where, std::string_view name, deadline until,
                                     channel_terms const& terms, wait_strategy strategy) try {
  for (;;) {
    auto const found = attach_in_time(where.attachment(), name, until, strategy);
    if (!found) return found.error();
    auto const& entry = *found;
    auto const bytes = channel_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    auto offer = channel_offer::make(entry, *bytes, terms, true);
    if (!offer)
      wait_for(bytes->header().clients_waiting, until, strategy, [&](bool thorough) {
        offer = channel_offer::make(entry, *bytes, terms, thorough);
        return offer.has_value() || (thorough && is_erased(*entry));
      });
    if (!offer && until.has_passed()) return channel_offer::no_place(*entry, *bytes);
    if (!offer) continue;
    wait_for(offer->waits_at(), until, strategy,
             [&](bool thorough) { return offer->is_answered() || (thorough && is_erased(*entry)); });
    if (auto made = offer->try_finish()) return std::move(*made);
    if (until.has_passed()) return no_answer(*offer, *entry);
  }
} catch (error const& problem) {
  return told(problem);
}

connection_statistics channel::statistics() const {
  auto& mine = own();
  auto const& stream = mine.sending().stream();
  auto const sent = stream.sent.load(std::memory_order_relaxed);
  return {sent, mine.receiving().stream().received.load(std::memory_order_relaxed),
          sent - stream.received.load(std::memory_order_relaxed), stream.send_refusals.load(std::memory_order_relaxed)};
}

void channel_claim::shrink(std::size_t size) {
  if (of_ == nullptr || size > label_.size)
    throw error{failure{errc::invalid_argument, fmt::format("a claim of {} bytes cannot shrink to {}",
                                                            of_ == nullptr ? 0 : label_.size, size)}};
  label_.size = static_cast<std::uint32_t>(size);
}

void channel::refuse_closed() {
  throw error{failure{errc::connection_closed, "channel: closed on this side, or never connected"}};
}

void channel::refuse_type(message_view const& seen, std::uint32_t type, std::size_t size) {
  throw error{failure{errc::type_mismatch, fmt::format("channel: expected a message of type {} and {} bytes, found one "
                                                       "of type {} and {}", type, size, seen.type(), seen.size())}};
}

}  // namespace stoa
