#include <fmt/format.h>

#include <stoa/message_reader.hpp>

namespace stoa {

std::uint32_t message_reader::next_units() {
  for (auto left = bytes_.capacity() / record_unit; left > 0; --left) {
    auto const position = after_.position;
    auto const found = bytes_.mark(position).load(std::memory_order_acquire);  // message_ring_bytes.hpp:A1 <- R1
    if (!is_of_lap(found, bytes_.lap(position))) return 0;
    auto const units = units_in(found);
    bool const is_known = state_in(found) == record_state::committed || state_in(found) == record_state::padding;
    if (!is_known || !bytes_.fits(position, units)) bytes_.refuse_damage(position);
    if (state_in(found) == record_state::committed) return units;
    pass(units, false);
  }
  return 0;
}

// A dead producer's claim may be before the next message; who may only look waits until others settle that.
std::optional<message_view> message_reader::next_again() {
  auto& owner = entry_->owner();
  if (owner.is_read_only() || owner.was_inherited() || !entry_->is_look_due()) return std::nullopt;
  bytes_.settle(owner);
  return next();
}

void message_reader::refuse_corrupt() const {
  auto const& owner = entry_->owner();
  if (!owner.is_read_only() && !owner.was_inherited())
    bytes_.header().corrupt.fetch_add(1, std::memory_order_relaxed);  // a statistic
  throw error{damaged(*entry_, fmt::format("message {} is damaged", after_.sequence - 1))};
}

// --- where producers wait for readers ---

// Not in a forked child: the place is the parent's, which goes on, and then nobody waits for the child.
std::optional<message_view> message_reader::look() {
  if (entry_->owner().was_inherited()) [[unlikely]] entry_->owner().usable().value();
  auto const units = next_units();
  if (units == 0) {
    done();  // over padding
    return std::nullopt;
  }
  auto const position = after_.position;
  auto const& label = bytes_.label(position);
  // relaxed: carried by the mark
  auto const what = label_of(label.size_type.load(std::memory_order_relaxed));
  message_view const seen{what, bytes_.find_message(position, units, what.size), after_.sequence,
                          label.timestamp.load(std::memory_order_relaxed)};
  pass(units, true);
  if (seen.data().data() == nullptr || (bytes_.options().checksum && !bytes_.is_intact(position, seen.data())))
    refuse_corrupt();
  return seen;
}

// --- where they do not ---

// To the oldest message that is held, if the next one is not any more. True: it was not.
bool message_reader::catch_up() noexcept {
  auto const oldest = bytes_.oldest();
  if (!is_past(oldest.position, after_.position)) return false;
  lost_ += oldest.sequence - after_.sequence;
  after_ = oldest;
  return true;
}

// False: it was overtaken, and what it says means nothing.
bool message_reader::copy_next(std::uint32_t units, message_view& seen) {
  auto const position = after_.position;
  auto const& label = bytes_.label(position);
  auto const size_type = label.size_type.load(std::memory_order_relaxed);
  auto const timestamp = label.timestamp.load(std::memory_order_relaxed);
  auto const what = label_of(size_type);
  auto const* const message = bytes_.find_message(position, units, what.size);
  bool is_intact = message != nullptr;
  if (is_intact) {
    copy_.resize(what.size);
    load_words(copy_.data(), reinterpret_cast<atomic_u64 const*>(message), what.size);
    is_intact = !bytes_.options().checksum || bytes_.is_intact(position, copy_);
  }
  std::atomic_thread_fence(std::memory_order_acquire);  // A8 <- message_claim.hpp:R8
  // relaxed: the fence orders it
  if (is_past(bytes_.header().head.load(std::memory_order_relaxed), position)) return false;
  seen = {what, copy_.data(), after_.sequence, timestamp};
  pass(units, true);
  if (!is_intact) refuse_corrupt();
  return true;
}

std::optional<message_view> message_reader::copy() {
  constexpr int most_attempts = 1000;  // while the producers are faster than a copy
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    catch_up();
    std::uint32_t units = 0;
    try {
      units = next_units();
    } catch (error const&) {
      if (catch_up()) continue;  // overtaken: it was no damage
      throw;
    }
    if (units == 0) {
      if (catch_up()) continue;
      at_ = after_;
      return std::nullopt;
    }
    message_view seen;
    if (copy_next(units, seen)) return seen;
  }
  return std::nullopt;
}

wait_point message_reader::arrivals() const {
  wait_point out{nullptr, [entry = entry_, bytes = bytes_, next = after_.position] { return bytes.has_arrived(next); }};
  entry_->owner().usable().value();
  if (entry_->owner().is_read_only()) return out;
  out.flag = &bytes_.header().receivers;
  out.look_for_the_dead = [entry = entry_, bytes = bytes_] { bytes.settle(entry->owner()); };
  return out;
}

std::optional<message_view> message_reader::receive_until(deadline until, wait_strategy strategy) {
  auto const attempt = [this](bool = false) { return next(); };
  if (auto got = attempt()) return got;
  auto const& owner = entry_->owner();
  if (owner.is_read_only() || owner.was_inherited()) return look_for(until, strategy, attempt);
  return wait_for(bytes_.header().receivers, until, strategy, [&](bool thorough) {
    if (thorough) bytes_.settle(entry_->owner());
    return next();
  });
}

}  // namespace stoa
