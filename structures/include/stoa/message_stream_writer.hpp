// stoa/message_stream_writer.hpp: writes what is larger than a message into a message_ring, in chunks.
//
// Crash     A stream is finished when its last chunk is committed. Of a writer that died before, readers have what it
//           had sent, and are told that it is broken.
#pragma once
#include <optional>
#include <span>
#include <stoa/message_chunk.hpp>
#include <stoa/message_ring.hpp>
#include <utility>

namespace stoa {

// One stream, from the first write to finish() or abort(). Movable, not copyable; for one thread at a time. Any number
// of writers may work on a ring at once. Calls throw what message_ring::claim throws; invalid_argument when the
// stream has ended.
class message_stream_writer {
 public:
  // Chunks of up to chunk_bytes. 0: a block, or where there are none an eighth of the ring, if that is enough for one.
  explicit message_stream_writer(message_ring ring, std::uint32_t type = 0, std::size_t chunk_bytes = 0);
  message_stream_writer(message_stream_writer&& other) noexcept
      : ring_{std::move(other.ring_)},
        id_{other.id_},
        type_{other.type_},
        chunk_bytes_{other.chunk_bytes_},
        written_{other.written_},
        is_begun_{other.is_begun_},
        has_ended_{std::exchange(other.has_ended_, true)} {}
  message_stream_writer& operator=(message_stream_writer&&) = delete;
  // Gives up a stream that was begun and not ended, if there is room to say so. If not, readers hear of it when
  // this process has left the segment.
  ~message_stream_writer();

  message_stream_id id() const noexcept { return id_; }
  std::size_t chunk_bytes() const noexcept { return chunk_bytes_; }
  std::uint64_t written() const noexcept { return written_; }

  // How many bytes of the front there was room for. Never waits.
  [[nodiscard]] std::size_t try_write(std::span<std::byte const> bytes) { return write(bytes, nullptr); }
  // Waits while there is no room.
  void write(std::span<std::byte const> bytes, wait_strategy strategy = wait_strategy::adaptive) {
    static_cast<void>(write_until(bytes, deadline::never(), strategy));
  }
  // How many bytes of the front were written when `timeout` had passed.
  template <class Rep, class Period>
  [[nodiscard]] std::size_t write_for(std::span<std::byte const> bytes, std::chrono::duration<Rep, Period> timeout,
                                      wait_strategy strategy = wait_strategy::adaptive) {
    return write_until(bytes, deadline::after(timeout), strategy);
  }
  [[nodiscard]] std::size_t write_until(std::span<std::byte const> bytes, deadline until,
                                        wait_strategy strategy = wait_strategy::adaptive) {
    patience const how{until, strategy};
    return write(bytes, &how);
  }

  // There is no more to come: point of effect of the stream. False: no room to say so.
  [[nodiscard]] bool try_finish() { return end(chunk_is_last, nullptr); }
  void finish(wait_strategy strategy = wait_strategy::adaptive) {
    static_cast<void>(finish_until(deadline::never(), strategy));
  }
  [[nodiscard]] bool finish_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) {
    patience const how{until, strategy};
    return end(chunk_is_last, &how);
  }
  // What was written is not to be used.
  [[nodiscard]] bool try_abort() { return end(chunk_is_abort, nullptr); }
  void abort(wait_strategy strategy = wait_strategy::adaptive) {
    patience const how{deadline::never(), strategy};
    static_cast<void>(end(chunk_is_abort, &how));
  }

 private:
  struct patience {
    deadline until;
    wait_strategy strategy;
  };
  std::size_t write(std::span<std::byte const> bytes, patience const* how);
  bool end(std::uint32_t flag, patience const* how);
  bool send_chunk(std::span<std::byte const> bytes, std::uint32_t flags, patience const* how);

  message_ring ring_;
  message_stream_id id_;
  std::uint32_t type_;
  std::size_t chunk_bytes_;
  std::uint64_t written_ = 0;
  bool is_begun_ = false;
  bool has_ended_ = false;
};

}  // namespace stoa
