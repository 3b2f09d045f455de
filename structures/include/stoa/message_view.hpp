// stoa/message_view.hpp: a message that was received, where it lies.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <stoa/message_record.hpp>

namespace stoa {

// What can be seen of a message. The bytes are where they were found.
class message_view {
 public:
  message_view() = default;
  message_view(message_label label, std::byte const* data, std::uint64_t sequence, std::uint64_t timestamp) noexcept
      : data_{data}, sequence_{sequence}, timestamp_{timestamp}, label_{label} {}

  std::uint32_t type() const noexcept { return label_.type; }
  std::size_t size() const noexcept { return label_.size; }
  std::span<std::byte const> data() const noexcept { return {data_, label_.size}; }
  // How many messages were sent before it, in the order of the ring; aborted ones do not count.
  std::uint64_t sequence() const noexcept { return sequence_; }
  // Nanoseconds since 1970, when it was committed; 0 in a ring without timestamps.
  std::uint64_t timestamp() const noexcept { return timestamp_; }

 private:
  std::byte const* data_ = nullptr;
  std::uint64_t sequence_ = 0;
  std::uint64_t timestamp_ = 0;
  message_label label_;
};

}  // namespace stoa
