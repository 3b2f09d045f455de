#include <fmt/format.h>

#include <stoa/sync/once_flag.hpp>
#include <vector>

#include "verify.hpp"

namespace stoa {

// Whether it is for the caller to do: else it is done.
bool once_flag::begin() const {
  require_writable(*entry_, "call once");
  auto const mine = names_.mine();
  auto& word = header_->word;
  enum class outcome { busy, done, begun };
  auto found = outcome::busy;
  stoa::wait_for(header_->waiters, deadline::never(), wait_strategy::adaptive, [&](bool thorough) {
    auto seen = word.load(std::memory_order_acquire);  // A1 <- R1 (I2)
    if (seen == holder_mark) {
      found = outcome::done;
      return true;
    }
    if (holder_in(seen) == mine)
      throw error{{errc::would_deadlock, fmt::format("{}: this thread is at it", entry_->where())}};
    if (holder_in(seen) != 0 && (!thorough || is_holder_alive(entry_->owner(), seen))) return false;
    // acquire: what an attempt before had done (I1). A failed one carries nothing.
    if (!word.compare_exchange_strong(seen, mine, std::memory_order_acquire, std::memory_order_relaxed)) return false;
    found = outcome::begun;
    return true;
  });
  if (found == outcome::begun) header_->attempts.fetch_add(1, std::memory_order_relaxed);  // a statistic
  return found == outcome::begun;
}

void once_flag::end(std::uint64_t result) const noexcept {
  if (entry_->owner().was_inherited()) return;  // the parent is at it
  header_->word.store(result, std::memory_order_release);  // R1 -> A1 (I2)
  wake(header_->waiters);
}

namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const header = adopt_header<once_header>(entry);
  if (!header) return header.error();
  // relaxed: for people
  return std::vector<statistic>{{"capacity", 1},
                                {"size", (*header)->word.load(std::memory_order_relaxed) == holder_mark},
                                {"attempts", (*header)->attempts.load(std::memory_order_relaxed)}};
}

}  // namespace

kind_operations const& once_flag_operations() {
  static kind_operations const operations{"once_flag", 1, &statistics, &no_elements, nullptr,
                                          &internal::verify_once_flag};
  return operations;
}

}  // namespace stoa
