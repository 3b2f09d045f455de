// stoa/message_reader.hpp: one of those who each get every message of a broadcast message_ring.
//
// In a ring that waits for its readers, a reader looks at messages where they are; its place in the ring says how
// far it has come, and a dead reader's place says nothing. In a ring that overwrites, a reader copies, looks whether
// the copy was overtaken, and knows exactly how many messages it lost; it writes nothing, and works on a read-only
// mapping.
#pragma once
#include <memory>
#include <optional>
#include <range/v3/view/interface.hpp>
#include <stoa/base/words.hpp>
#include <stoa/message_consumer.hpp>
#include <stoa/message_ring_bytes.hpp>
#include <utility>
#include <vector>

namespace stoa {

enum class message_start {
  oldest,  // the oldest message that is held
  next,    // what is committed from now on
};

// Movable, not copyable; for one thread at a time. Calls throw corrupt_structure for a message that was damaged: it is
// passed over, and the next call goes on behind it.
class message_reader {
 public:
  message_reader(message_reader&& other) noexcept
      : entry_{std::move(other.entry_)},
        bytes_{other.bytes_},
        place_{std::exchange(other.place_, nullptr)},
        at_{other.at_},
        after_{other.after_},
        lost_{other.lost_},
        copy_{std::move(other.copy_)} {}
  message_reader& operator=(message_reader&& other) noexcept {
    if (this != &other) {
      leave();
      entry_ = std::move(other.entry_);
      bytes_ = other.bytes_;
      place_ = std::exchange(other.place_, nullptr);
      at_ = other.at_;
      after_ = other.after_;
      lost_ = other.lost_;
      copy_ = std::move(other.copy_);
    }
    return *this;
  }
  ~message_reader() { leave(); }

  // The next message; nullopt: there is none yet. Never waits. It can be looked at until the next call for one, or
  // done().
  [[nodiscard]] std::optional<message_view> try_receive() {
    auto const got = next();
    return got ? got : next_again();
  }
  // Waits until there is one.
  message_view receive(wait_strategy strategy = wait_strategy::adaptive) {
    return *receive_until(deadline::never(), strategy);
  }
  template <class Rep, class Period>
  [[nodiscard]] std::optional<message_view> receive_for(std::chrono::duration<Rep, Period> timeout,
                                                        wait_strategy strategy = wait_strategy::adaptive) {
    return receive_until(deadline::after(timeout), strategy);
  }
  std::optional<message_view> receive_until(deadline until, wait_strategy strategy = wait_strategy::adaptive);
  // Calls handler(message_view const&) for up to `limit` messages that are there; how many.
  template <class Handler>
  std::size_t poll(Handler&& handler, std::size_t limit = ~std::size_t{0}) {
    std::size_t handled = 0;
    for (; handled < limit; ++handled) {
      auto const got = try_receive();
      if (!got) break;
      handler(*got);
    }
    done();
    return handled;
  }
  // The message received last is not needed any more: producers may overwrite it.
  void done() noexcept {
    if (at_.position == after_.position) return;
    at_ = after_;
    if (place_ == nullptr || entry_->owner().was_inherited()) return;
    place_->position.store(at_.position, std::memory_order_release);  // R3 -> message_ring_readers.cpp:A3
    wake(bytes_.header().producers);
  }

  // For a waitable_fd: the message after the last that was received. On a read-only mapping it is looked for now and
  // then.
  wait_point arrivals() const;

  // Messages that were overwritten before this reader came to them, as far as it has noticed: exactly.
  std::uint64_t lost() const noexcept { return lost_; }
  // Of the next message.
  std::uint64_t sequence() const noexcept { return after_.sequence; }

 private:
  friend class message_ring;
  template <class Source>
  friend class message_stream_reader;
  std::uint64_t received_up_to() const noexcept { return after_.position; }
  message_reader(std::shared_ptr<attached_entry> entry, message_ring_bytes const& bytes, reader_place* place,
                 message_cursor at) noexcept
      : entry_{std::move(entry)}, bytes_{bytes}, place_{place}, at_{at}, after_{at} {}

  void leave() noexcept {
    if (place_ == nullptr || entry_->owner().was_inherited()) return;
    message_ring_bytes::let_go(*std::exchange(place_, nullptr));
    wake(bytes_.header().producers);
  }
  void seek_next() noexcept {
    after_ = bytes_.newest_after(after_);
    done();
  }
  std::optional<message_view> next() {
    done();
    return place_ != nullptr ? look() : copy();
  }
  [[gnu::noinline]] std::optional<message_view> next_again();
  // The length of the record that is next; 0: it is not there yet. Goes over padding.
  std::uint32_t next_units();
  std::optional<message_view> look();
  std::optional<message_view> copy();
  bool copy_next(std::uint32_t units, message_view& seen);
  bool catch_up() noexcept;
  void pass(std::uint32_t units, bool is_message) noexcept {
    after_.position += units * record_unit;
    after_.sequence += is_message;
  }
  [[noreturn]] void refuse_corrupt() const;

  std::shared_ptr<attached_entry> entry_;
  message_ring_bytes bytes_;
  reader_place* place_;    // nullptr: nobody waits for this reader
  message_cursor at_;      // from here on nothing may be overwritten
  message_cursor after_;   // the next record
  std::uint64_t lost_ = 0;
  std::vector<std::byte> copy_;
};

}  // namespace stoa
