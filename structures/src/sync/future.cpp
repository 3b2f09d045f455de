#include <fmt/format.h>

#include <cstring>
#include <stoa/sync/future.hpp>
#include <vector>

#include "verify.hpp"

namespace stoa {
namespace {

failure satisfied(attached_entry const& entry) {
  return {errc::already_satisfied, fmt::format("{}: it has a value already", entry.where())};
}

}  // namespace

result<future_bytes> future_bytes::adopt(entry_view const& entry) {
  auto const header = adopt_header<future_header>(entry);
  if (!header) return header.error();
  std::uint64_t payload_bytes = 0;
  std::memcpy(&payload_bytes, entry.body.data(), sizeof(payload_bytes));
  if (payload_bytes == 0 || payload_bytes != entry.record.element_bytes)
    return damaged(entry, fmt::format("expected a payload of {} bytes, found {}", entry.record.element_bytes,
                                      payload_bytes));
  if (words_for(payload_bytes) > (entry.body.size() - sizeof(future_header)) / word_bytes)
    return damaged(entry, fmt::format("a payload of {} bytes in {}", payload_bytes, entry.body.size()));
  return future_bytes{*header, payload_bytes};
}

// False: it was settled before.
bool future_bytes::settle(future_state how) const noexcept {
  auto waiting = static_cast<std::uint64_t>(future_state::waiting);
  // R1 -> A1 (I2). Failed, too, it acquires: the value of who was faster is about to be read.
  bool const is_settled = header_->state.compare_exchange_strong(waiting, static_cast<std::uint64_t>(how),
                                                                 std::memory_order_release, std::memory_order_acquire);
  wake(header_->waiters);
  return is_settled;
}

void future_bytes::throw_broken(attached_entry const& entry) {
  throw error{{errc::broken_promise, fmt::format("{}: who had promised it is gone", entry.where())}};
}

void future_bytes::promise(attached_entry const& entry) const {
  require_writable(entry, "promise");
  participant_id nobody = 0;
  // relaxed: nothing is carried; only who wins writes the payload (I1).
  if (header_->promiser.compare_exchange_strong(nobody, entry.owner().self(), std::memory_order_relaxed)) return;
  if (state() == future_state::waiting && !entry.owner().is_alive(nobody)) settle(future_state::broken);
  switch (state()) {
    case future_state::waiting:
      throw error{{errc::role_taken, fmt::format("{}: it was promised already", entry.where())}};
    case future_state::value:
      throw error{satisfied(entry)};
    default:
      throw_broken(entry);
  }
}

void future_bytes::keep(void const* from, attached_entry const& entry) const {
  require_writable(entry, "set");
  if (state() != future_state::waiting) throw error{satisfied(entry)};
  store_words(words(), from, payload_bytes_);
  if (!settle(future_state::value)) throw error{satisfied(entry)};
}

void future_bytes::give_up(attached_entry const& entry) const noexcept {
  if (!entry.owner().was_inherited()) settle(future_state::broken);  // nothing changes if it was kept
}

future_state future_bytes::wait(deadline until, wait_strategy strategy, attached_entry const& entry) const {
  auto found = state();
  if (found == future_state::waiting) {
    require_writable(entry, "wait");
    stoa::wait_for(header_->waiters, until, strategy, [&](bool thorough) {
      found = state();
      if (found != future_state::waiting || !thorough) return found != future_state::waiting;
      auto const promiser = header_->promiser.load(std::memory_order_relaxed);  // a stale 0 is seen in time
      if (promiser == 0 || entry.owner().is_alive(promiser)) return false;
      settle(future_state::broken);  // unless it was kept before
      found = state();
      return true;
    });
  }
  if (found > future_state::broken)
    throw error{damaged(entry, fmt::format("a state of {}", static_cast<std::uint64_t>(found)))};
  return found;
}

namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const found = future_bytes::adopt(entry);
  if (!found) return found.error();
  return std::vector<statistic>{{"capacity", 1},
                                {"size", found->state() == future_state::value},
                                {"broken", found->state() == future_state::broken}};
}

result<void> elements(entry_view const& entry, function_ref<void(std::span<std::byte const>)> visit) {
  auto const found = future_bytes::adopt(entry);
  if (!found) return found.error();
  if (found->state() != future_state::value) return {};
  std::vector<std::byte> copy(found->payload_bytes());
  found->copy(copy.data());
  visit(copy);
  return {};
}

}  // namespace

kind_operations const& future_operations() {
  static kind_operations const operations{"future", 1, &statistics, &elements, nullptr, &internal::verify_future};
  return operations;
}

}  // namespace stoa
