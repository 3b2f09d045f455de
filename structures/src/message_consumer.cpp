#include <fmt/format.h>

#include <stoa/message_consumer.hpp>

namespace stoa {

held_record message_consumer::wait_to_take(deadline until, wait_strategy strategy) const {
  held_record got;
  wait_for(bytes_.header().receivers, until, strategy, [&](bool thorough) {
    if (thorough) bytes_.settle(owner());
    got = bytes_.take(owner());
    return static_cast<bool>(got);
  });
  if (!got) refuse();
  return got;
}

void message_consumer::drop_corrupt(held_record const& mine) const {
  bytes_.header().corrupt.fetch_add(1, std::memory_order_relaxed);  // a statistic
  bytes_.release(mine);
  wake(bytes_.header().producers);
  throw error{damaged(*entry_, fmt::format("message {} at position {} is damaged", mine.sequence, mine.position))};
}

}  // namespace stoa
