#include <fmt/format.h>

#include <stoa/sync/latch.hpp>
#include <vector>

#include "verify.hpp"

namespace stoa {

result<std::uint64_t> latch::bytes_for(shape const& asked) {
  if (asked.expected > ~std::uint64_t{0} >> 1)
    return failure{errc::invalid_argument, fmt::format("latch of {}", asked.expected)};
  return sizeof(latch_header);
}

void latch::count_down(std::uint64_t n) const {
  require_writable(*entry_, "count down");
  for (auto seen = header_->count.load(std::memory_order_relaxed);;) {  // a guess; the CAS decides
    if (n > seen)
      throw error{{errc::invalid_argument, fmt::format("{}: {} counted down, {} to come", entry_->where(), n, seen)}};
    // R1 -> A1 (I1). acquire: what those before had done is handed on.
    if (header_->count.compare_exchange_weak(seen, seen - n, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      if (seen == n) wake(header_->waiters);
      return;
    }
  }
}

bool latch::wait_until(deadline until, wait_strategy strategy) const {
  require_writable(*entry_, "wait");
  return try_wait() || stoa::wait_for(header_->waiters, until, strategy, [&](bool) { return try_wait(); });
}

namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const header = adopt_header<latch_header>(entry);
  if (!header) return header.error();
  return std::vector<statistic>{{"capacity", (*header)->expected},
                                {"size", (*header)->count.load(std::memory_order_relaxed)}};  // for people
}

}  // namespace

kind_operations const& latch_operations() {
  static kind_operations const operations{"latch", 1, &statistics, &no_elements, nullptr, &internal::verify_latch};
  return operations;
}

}  // namespace stoa
