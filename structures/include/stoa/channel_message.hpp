// stoa/channel_message.hpp: a message received through a channel, and room claimed in one, both where they lie.
//
// Each keeps its connection: the other side does not see this one gone before they are.
#pragma once
#include <memory>
#include <stoa/channel_connection.hpp>
#include <utility>

namespace stoa {

// Movable, not copyable. Its space is given back by release() or destruction, which belong to the thread that receives;
// that of several at once when the last of them is released.
class channel_message : public message_view {
 public:
  channel_message(channel_message&& other) noexcept : message_view{other}, held_{std::move(other.held_)} {}
  channel_message& operator=(channel_message&& other) noexcept {
    if (this != &other) {
      release();
      message_view::operator=(other);
      held_ = std::move(other.held_);
    }
    return *this;
  }
  ~channel_message() { release(); }

  // Its bytes must not be looked at after that.
  void release() noexcept {
    auto const held = std::exchange(held_, nullptr);
    if (held != nullptr && held->is_own()) held->receiving().release();
  }

 private:
  friend class channel;
  channel_message(message_view const& seen, std::shared_ptr<internal::channel_connection> from) noexcept
      : message_view{seen}, held_{std::move(from)} {
    held_->receiving().take();
  }
  std::shared_ptr<internal::channel_connection> held_;
};

// Room for a message, to be written in place. Movable, not copyable; one at a time for each channel. False: there was
// no room, or it was moved from, committed or aborted. Belongs to the thread that sends.
class channel_claim {
 public:
  channel_claim() = default;
  channel_claim(channel_claim&& other) noexcept
      : of_{std::move(other.of_)}, data_{other.data_}, label_{other.label_} {}
  channel_claim& operator=(channel_claim&& other) noexcept {
    if (this != &other) {
      abort();
      of_ = std::move(other.of_);
      data_ = other.data_;
      label_ = other.label_;
    }
    return *this;
  }
  ~channel_claim() { abort(); }

  explicit operator bool() const noexcept { return of_ != nullptr; }
  // Aligned to 16 bytes. Requires: not empty.
  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return label_.size; }
  std::span<std::byte> bytes() const noexcept { return {data_, size()}; }
  // Less than was claimed. Throws invalid_argument for more.
  void shrink(std::size_t size);

  // The message is sent. Does nothing on an empty claim, or in a forked child.
  void commit() noexcept {
    if (auto const of = release()) of->sending().publish(label_);
  }
  // There is no message.
  void abort() noexcept {
    if (auto const of = release()) of->sending().abort();
  }

 private:
  friend class channel;
  channel_claim(std::shared_ptr<internal::channel_connection> of, std::byte* data, message_label label) noexcept
      : of_{std::move(of)}, data_{data}, label_{label} {}
  std::shared_ptr<internal::channel_connection> release() noexcept {
    auto of = std::exchange(of_, nullptr);
    return of != nullptr && of->is_own() ? of : nullptr;
  }

  std::shared_ptr<internal::channel_connection> of_;
  std::byte* data_ = nullptr;
  message_label label_;
};

}  // namespace stoa
