// What the bytes of mutexes and their kin must say at every instant.
#include "verify.hpp"

#include <fmt/format.h>

#include <cstring>
#include <stoa/queue_slot.hpp>
#include <stoa/sync/barrier.hpp>
#include <stoa/sync/condition_variable.hpp>
#include <stoa/sync/counting_semaphore.hpp>
#include <stoa/sync/event.hpp>
#include <stoa/sync/future.hpp>
#include <stoa/sync/latch.hpp>
#include <stoa/sync/mutex.hpp>
#include <stoa/sync/once_flag.hpp>
#include <stoa/sync/shared_mutex.hpp>

#include "../verify_kinds.hpp"

namespace stoa::internal {
namespace {

// The header, its flag and what pads it; nullptr: there is none.
template <class Header>
Header* fixed(inspection& look) {
  auto const header = adopt_header<Header>(look.entry());
  if (!header) {
    look.refuse(header.error());
    return nullptr;
  }
  verify_pads(look, {{offsetof(Header, waiters) + sizeof(wait_flag), sizeof(Header)}});
  return *header;
}

std::uint64_t count_in(inspection const& look) noexcept {
  std::uint64_t first = 0;
  std::memcpy(&first, look.entry().body.data(), sizeof(first));
  return first;
}

// A word with who holds it, or nobody; beside that only these bits.
void holder(inspection& look, std::string_view field, atomic_u64 const& word, holder_word more,
            std::string_view of_a_dead_one) {
  auto const found = current(word);  // with the life it names
  auto const others = found & (holder_mark | holder_claim) & ~more;
  bool const is_nobody = holder_in(found) == 0;
  if (others != 0 || (is_nobody && (found & holder_claim) != 0) || (!is_nobody && !was_ever_holder(look, found)))
    return look.damage(field, &word, "nobody, or a holder that was ever here", fmt::format("{:#x}", found));
  if (!is_nobody && !is_holder_alive(look.owner(), found) && current(word) == found)
    look.note(field, &word, fmt::format("a holder that is dead: {}", of_a_dead_one));
}

}  // namespace

void verify_mutex(inspection& look) {
  if (auto const* const header = fixed<mutex_header>(look))
    holder(look, "word", header->word, holder_mark, "the next who locks is told");
}

void verify_shared_mutex(inspection& look) {
  auto const* const header = fixed<shared_mutex_header>(look);
  if (header == nullptr) return;
  verify_pads(look, {{8, 128}});
  auto const readers = count_in(look);
  auto const room = (look.entry().body.size() - sizeof(*header)) / sizeof(atomic_u64);
  if (readers == 0 || readers > room)
    return look.damage("readers", header, fmt::format("1 to {}", room), fmt::format("{}", readers));
  holder(look, "word", header->word, holder_mark | holder_claim, "the next who locks is told");
  auto const* const marks = reinterpret_cast<atomic_u64 const*>(header + 1);
  for (std::uint64_t i = 0; i < readers && !look.is_full(); ++i)
    holder(look, fmt::format("reader {}", i), marks[i], 0, "its mark does not count, and is cleared by who needs it");
}

void verify_event(inspection& look) { fixed<event_header>(look); }  // any word is possible

void verify_semaphore(inspection& look) {
  auto const* const header = fixed<semaphore_header>(look);
  if (header == nullptr) return;
  auto const max = count_in(look);
  auto const count = header->count.load(std::memory_order_relaxed);  // alone
  if (max == 0) look.damage("max", header, "at least 1", "0");
  if (count > max) look.damage("count", &header->count, fmt::format("at most {}", max), fmt::format("{}", count));
}

void verify_condition(inspection& look) { fixed<condition_header>(look); }  // any number is possible

void verify_latch(inspection& look) {
  auto const* const header = fixed<latch_header>(look);
  if (header == nullptr) return;
  auto const expected = count_in(look);
  auto const count = header->count.load(std::memory_order_relaxed);  // alone
  if (expected > ~std::uint64_t{0} >> 1)
    look.damage("expected", header, "less than 2^63", fmt::format("{}", expected));
  if (count > expected)
    look.damage("count", &header->count, fmt::format("at most {}", expected), fmt::format("{}", count));
}

void verify_barrier(inspection& look) {
  auto const* const header = fixed<barrier_header>(look);
  if (header == nullptr) return;
  verify_pads(look, {{8, 128}});
  auto const members = count_in(look);
  auto const room =
      std::min<std::uint64_t>((look.entry().body.size() - sizeof(*header)) / sizeof(barrier_member), 4096);
  if (members == 0 || members > room)
    return look.damage("members", header, fmt::format("1 to {}", room), fmt::format("{}", members));
  auto const* const all = reinterpret_cast<barrier_member const*>(header + 1);
  for (std::uint64_t i = 0; i < members && !look.is_full(); ++i) {
    auto const field = fmt::format("member {}", i);
    if (all[i].holder.load(std::memory_order_relaxed) != holder_mark)  // dropped
      holder(look, field, all[i].holder, 0, "it counts as arrived");
    auto const arrived = current(all[i].arrived);
    auto const phase = current(header->phase);  // after it: phases only go on
    if (is_past(arrived, phase + 1))
      look.damage(field + ", arrived", &all[i].arrived, fmt::format("at most {}, in phase {}", phase + 1, phase),
                  fmt::format("{}", arrived));
  }
}

void verify_once_flag(inspection& look) {
  auto const* const header = fixed<once_header>(look);
  if (header == nullptr || header->word.load(std::memory_order_relaxed) == holder_mark) return;  // done
  holder(look, "word", header->word, holder_mark, "the next who calls begins anew");
  if (auto const word = current(header->word); word != holder_mark && (word & holder_mark) != 0)
    look.damage("word", &header->word, "to be done, who is at it, or done", fmt::format("{:#x}", word));
}

void verify_future(inspection& look) {
  auto const bytes = future_bytes::adopt(look.entry());
  if (!bytes) return look.refuse(bytes.error());
  auto const* const header = fixed<future_header>(look);
  auto const state = current(header->state);
  if (state > static_cast<std::uint64_t>(future_state::broken))
    look.damage("state", &header->state, "waiting, value or broken", fmt::format("{}", state));
  look.participant("promiser", header->promiser, state == 0 ? "whoever waits is told" : "");
  if (state != 0 && current(header->promiser) == 0)
    look.damage("promiser", &header->promiser, "who settled it", "nobody");
  look.padding("payload", reinterpret_cast<atomic_u64 const*>(header + 1), look.entry().record.element_bytes);
}

}  // namespace stoa::internal
