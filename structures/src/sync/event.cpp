#include <stoa/sync/event.hpp>
#include <vector>

#include "verify.hpp"

namespace stoa {

bool event::wait_until(deadline until, wait_strategy strategy) const {
  require_writable(*entry_, "wait");
  auto const before = header_->word.load(std::memory_order_acquire);  // A1 <- R1 (I1)
  if ((before & 1) != 0) return true;
  return stoa::wait_for(header_->waiters, until, strategy, [&](bool) {
    auto const now = header_->word.load(std::memory_order_acquire);  // A1 <- R1 (I1)
    return (now & 1) != 0 || now != before;                          // I2: only set() changes an unset word
  });
}

namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const header = adopt_header<event_header>(entry);
  if (!header) return header.error();
  auto const word = (*header)->word.load(std::memory_order_relaxed);  // for people
  return std::vector<statistic>{{"capacity", 1}, {"size", word & 1}, {"sets", word >> 1}};
}

}  // namespace

kind_operations const& event_operations() {
  static kind_operations const operations{"event", 1, &statistics, &no_elements, nullptr, &internal::verify_event};
  return operations;
}

}  // namespace stoa
