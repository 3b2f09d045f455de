#include <fmt/format.h>

#include <cstring>
#include <stoa/sync/counting_semaphore.hpp>
#include <vector>

#include "verify.hpp"

namespace stoa {

result<std::uint64_t> counting_semaphore::bytes_for(shape const& asked) {
  if (asked.max == 0 || asked.initial > asked.max)
    return failure{errc::invalid_argument, fmt::format("semaphore of {} permits, of at most {}", asked.initial,
                                                       asked.max)};
  return sizeof(semaphore_header);
}

result<counting_semaphore> counting_semaphore::adopt(std::shared_ptr<attached_entry> entry) {
  auto const header = adopt_header<semaphore_header>(entry->view());
  if (!header) return header.error();
  std::uint64_t max = 0;
  std::memcpy(&max, entry->view().body.data(), sizeof(max));
  if (max == 0) return damaged(entry->view(), "at most 0 permits");
  return counting_semaphore{std::move(entry), *header, max};
}

bool counting_semaphore::try_acquire_until(deadline until, wait_strategy strategy) const {
  if (try_acquire()) return true;
  return stoa::wait_for(header_->waiters, until, strategy, [&](bool) { return take(); });
}

void counting_semaphore::release(std::uint64_t permits) const {
  require_writable(*entry_, "release");
  for (auto seen = header_->count.load(std::memory_order_relaxed);;) {  // a guess; the CAS decides
    if (seen > max_) throw_damaged(seen);
    if (permits > max_ - seen)
      throw error{{errc::invalid_argument, fmt::format("{}: {} permits more than the {} that can be taken, of at most {}",
                                                       entry_->where(), permits, seen, max_)}};
    // R1 -> A1 (I1)
    if (header_->count.compare_exchange_weak(seen, seen + permits, std::memory_order_release,
                                             std::memory_order_relaxed))
      break;
  }
  wake(header_->waiters);
}

void counting_semaphore::throw_damaged(std::uint64_t count) const {
  throw error{damaged(*entry_, fmt::format("{} permits, of at most {}", count, max_))};
}

namespace {

result<std::vector<statistic>> statistics(entry_view const& entry) {
  auto const header = adopt_header<semaphore_header>(entry);
  if (!header) return header.error();
  return std::vector<statistic>{{"capacity", (*header)->max},
                                {"size", (*header)->count.load(std::memory_order_relaxed)}};  // for people
}

}  // namespace

kind_operations const& counting_semaphore_operations() {
  static kind_operations const operations{"semaphore", 1, &statistics, &no_elements, nullptr,
                                          &internal::verify_semaphore};
  return operations;
}

}  // namespace stoa
