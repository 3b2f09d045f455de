// What an exchange's direction holds beside its slots: who serves, and what the dead left.
#include <algorithm>
#include <array>
#include <stoa/exchange_bytes.hpp>
#include <stoa/known_lives.hpp>

namespace stoa {
namespace {

// Whose request is pending is dead: nobody may serve it from now on.
void forget_request_of_the_dead(exchange_slot const& slot) noexcept {
  auto const word = slot.request().word.load(std::memory_order_relaxed);  // the dead owner's, now this process's
  if (request_state_of(word) == request_state::requested)
    // seq_cst: as in give_up() (exchange_slot.hpp I4).
    slot.request().word.store(make_call_word(call_generation_of(word), request_state::cancelled),
                              std::memory_order_seq_cst);
}

}  // namespace

exchange_slot exchange_way::take_slot(attachment const& owner, bool thorough) const noexcept {
  known_lives lives{owner};
  for (std::uint64_t i = 0; i < count_; ++i) {
    auto const found = slot(i);
    auto const before = found.owner().load(std::memory_order_relaxed);  // a guess; the CAS decides
    if (before != 0 && !(thorough && !lives.is_alive(before))) continue;
    // A server that is not done with a call that was given up: no use in taking it, unless that one is dead.
    auto const service = found.service().load(std::memory_order_relaxed);  // a hint: make_free() looks for itself
    if (before == 0 && !thorough && !is_over(service, found.response_word())) continue;
    if (!found.take_owner(before, owner.self())) continue;
    forget_request_of_the_dead(found);
    if (found.make_free(owner)) return found;
    found.release_owner();
  }
  return {};
}

atomic_u64* exchange_way::take_place(attachment const& owner) const noexcept {
  for (auto& place : direction_->places) {
    auto before = place.load(std::memory_order_relaxed);  // a guess; the CAS decides
    if (before != 0 && owner.is_alive(before)) continue;
    // relaxed: a place carries nothing. What a dead server did is ordered by the service words.
    if (!place.compare_exchange_strong(before, owner.self(), std::memory_order_relaxed)) continue;
    clear_dead_places(owner);
    return &place;
  }
  return nullptr;
}

void exchange_way::clear_dead_places(attachment const& owner) const noexcept {
  known_lives lives{owner};
  for (auto& place : direction_->places) {
    auto who = place.load(std::memory_order_relaxed);  // ids are never used twice: the CAS decides
    if (who != 0 && !lives.is_alive(who)) place.compare_exchange_strong(who, 0, std::memory_order_relaxed);
  }
}

// Two looks that find the same: there was a moment between them at which all places were so. Who came and left between
// two looks at his place has cleared those of the dead before (I1), which the second look finds.
bool exchange_way::is_deserted(attachment const& looker) const noexcept {
  known_lives lives{looker};
  std::array<participant_id, servers_per_direction> seen{};
  bool has_dead = false;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    seen[i] = direction_->places[i].load(std::memory_order_acquire);  // A5 <- R5 (I1)
    if (seen[i] == 0) continue;
    if (lives.is_alive(seen[i])) return false;
    has_dead = true;
  }
  return has_dead && std::ranges::equal(direction_->places, seen, {}, [](atomic_u64 const& place) {
           return place.load(std::memory_order_acquire);  // A5 <- R5 (I1)
         });
}

std::size_t exchange_way::take_over(attachment const& owner,
                                    function_ref<void(exchange_slot, call_generation)> again) const {
  std::size_t count = 0;
  for (std::uint64_t i = 0; i < count_; ++i) {
    auto const found = slot(i);
    // acquire: before the look at its server's life (exchange_slot.hpp I5)
    auto const service = found.service().load(std::memory_order_acquire);
    if (is_over(service, found.response_word()) || is_alive(owner, server_of(service))) continue;
    auto const generation = found.take_over(service, short_owner_of(owner.self()));
    if (!generation) continue;
    if (!found.is_requested(*generation)) {
      found.answer(*generation, response_state::skipped, 0);
    } else if (serves_again()) {
      again(found, *generation);
      ++count;
    } else {
      found.answer(*generation, response_state::lost, 0);
    }
  }
  return count;
}

void exchange_way::add_to(exchange_statistics& sum) const noexcept {
  for (std::uint64_t i = 0; i < count_; ++i) {
    auto const found = slot(i);
    auto const word = found.request().word.load(std::memory_order_relaxed);  // racy: for people
    auto const generation = call_generation_of(word);
    sum.calls += (generation - options_.first_generation) & call_generation_mask;
    sum.waiting += request_state_of(word) == request_state::requested &&
                   call_generation_of(found.response_word()) != generation;
    sum.taken += found.owner().load(std::memory_order_relaxed) != 0;
  }
  auto const look = [](atomic_u64 const& counter) { return counter.load(std::memory_order_relaxed); };
  for (auto const& place : direction_->places) sum.servers += look(place) != 0;
  sum.timeouts += look(direction_->timeouts);
  sum.lost += look(direction_->lost);
  sum.failures += look(direction_->failures);
  sum.refusals += look(direction_->refusals);
}

}  // namespace stoa
