#include <fmt/format.h>

#include <stoa/channel_ring.hpp>

namespace stoa::internal {

void sending_end::refuse(std::uint64_t size) const {
  if (is_claimed_)
    throw error{failure{errc::invalid_argument, fmt::format("{}: the message claimed before is neither committed nor "
                                                            "aborted", entry_->where())}};
  throw error{failure{errc::invalid_argument, fmt::format("{}: a message of {} bytes, expected at most {}",
                                                          entry_->where(), size, largest_)}};
}

void sending_end::refuse_cursor(std::uint64_t read) const {
  throw error{damaged(*entry_, fmt::format("read to position {}, sent to {}", read, position_))};
}

void receiving_end::refuse_mark(std::uint64_t at, std::uint64_t mark) const {
  throw error{damaged(*entry_, fmt::format("the mark at position {} says {:#x}", at, mark))};
}

void receiving_end::drop() {
  auto const at = end_;
  take();
  release();
  throw error{damaged(*entry_, fmt::format("the message before position {} is not what its checksum says", at))};
}

}  // namespace stoa::internal
