// message_watch.hpp: the messages of a message_ring for one who only looks: writes nothing, holds nobody up.
//
// A message can be read as long as its bytes are not given out again: in a ring for a group until `free` passes it,
// also when it was taken or, unless it lies in a block, done with; in a broadcast ring until `head` does. So it is
// copied, then looked whether it was still there. What was overwritten before is counted.
#pragma once
#include <cstdint>
#include <optional>
#include <stoa/message_ring_bytes.hpp>
#include <vector>

namespace stoa::tools {

struct watched_message {
  std::uint64_t sequence = 0;
  std::uint64_t timestamp = 0;  // nanoseconds since 1970, 0 none
  std::uint32_t type = 0;
  bool is_waiting = false;  // nobody has taken it
  std::vector<std::byte> bytes;
};

class message_watch {
 public:
  // At the oldest message there is.
  explicit message_watch(message_ring_bytes const& ring) : ring_{ring}, at_{oldest()} {}

  // nullopt: there is none yet. Throws corrupt_structure.
  std::optional<watched_message> next();
  // Leaves out all but the last so many of those there are.
  void seek_last(std::uint64_t count);
  // Of the next record.
  std::uint64_t position() const noexcept { return at_.position; }
  // Messages that were overwritten before they could be read.
  std::uint64_t lost() const noexcept { return lost_; }

 private:
  struct record {
    std::uint32_t units = 0;  // 0: there is none yet
    record_state state = record_state::none;
  };

  enum class found { whole, padding, done_with, overwritten };

  atomic_u64 const& bound() const noexcept;
  message_cursor oldest() const noexcept;
  bool is_gone(std::uint64_t position) const noexcept;
  bool catch_up() noexcept;
  std::optional<record> look() const;
  void pass(record const& each) noexcept;
  found copy(record const& each, watched_message& to) const;

  message_ring_bytes ring_;
  message_cursor at_;
  std::uint64_t lost_ = 0;
};

}  // namespace stoa::tools
