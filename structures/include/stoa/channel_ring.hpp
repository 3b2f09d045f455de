// stoa/channel_ring.hpp: one direction of a connection: messages in a ring of bytes, one side sends, one receives.
//
// position  free-running 64-bit count of bytes; its place is position & mask, a multiple of record_align
// record    a head, the message, and what makes it a multiple of record_align. Never cut in two by the ring's end: a
//           padding fills that
//
//   mark: bits 0-31 bytes of the message | 32-33 nothing, message, padding | 34-63 low bits of its sequence
//
//   already read      read          tail
//   -------------------+-------------+---+-----      the head at tail says nothing; there is always room for it
//        may be        |  messages   | 0 |
//      overwritten     |             |   |
//
// I1 publish   a message, and the mark behind it that says nothing, are whole before its mark says so; with a padding
//              before it, before the padding's mark says so. One store: the point of effect         R1 -> A1
// I2 retire    bytes are read before `read` is past them, and only then overwritten                 R2 -> A2
// I3 a gap     tail + a head is never past read + capacity: so what is behind the last record never looks like one
//
// Progress  Sending and receiving are wait-free: no loop, no CAS.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <stoa/base/crc32c.hpp>
#include <stoa/channel_bytes.hpp>
#include <stoa/message_view.hpp>
#include <stoa/structure.hpp>

namespace stoa {

inline constexpr std::uint64_t record_align = 16;

struct channel_record {  // offset size
  atomic_u64 mark;       //      0    8
  atomic_u64 label;      //      8    8  type | CRC32C of size and type and the message, or 0, << 32
};
static_assert(sizeof(channel_record) == record_align);

enum class record_kind : std::uint64_t { nothing = 0, message = 1, padding = 2 };

constexpr std::uint64_t make_record_mark(record_kind what, std::uint64_t bytes, std::uint64_t sequence) noexcept {
  return (bytes & 0xFFFF'FFFF) | static_cast<std::uint64_t>(what) << 32 | sequence << 34;
}
constexpr std::uint64_t bytes_of_record(std::uint64_t message_bytes) noexcept {
  return align_up(sizeof(channel_record) + message_bytes, record_align);
}

namespace internal {

inline std::uint32_t channel_checksum(message_label label, std::span<std::byte const> bytes) noexcept {
  auto const words = make_size_type(label);
  return crc32c(bytes, crc32c(std::as_bytes(std::span{&words, 1})));
}

// What both ends of a ring know.
class channel_end {
 protected:
  channel_end(attached_entry const& entry, channel_bytes const& bytes, channel_stream& stream, std::byte* records,
              agreed_terms const& agreed) noexcept
      : entry_{&entry},
        stream_{&stream},
        records_{records},
        mask_{bytes.ring_bytes() - 1},
        position_{bytes.first_position()},
        largest_{agreed.largest_message},
        has_checksum_{agreed.checksum} {}

  std::uint64_t to_end(std::uint64_t position) const noexcept { return mask_ + 1 - (position & mask_); }
  channel_record& head(std::uint64_t position) const noexcept {
    return *reinterpret_cast<channel_record*>(records_ + (position & mask_));
  }
  std::byte* message(std::uint64_t position) const noexcept {
    return reinterpret_cast<std::byte*>(&head(position) + 1);
  }

  attached_entry const* entry_;
  channel_stream* stream_;
  std::byte* records_;
  std::uint64_t mask_;
  std::uint64_t position_;  // of the next record to be written, or received
  std::uint64_t largest_;
  bool has_checksum_;
};

// The end of who sends. For one thread at a time.
class sending_end : channel_end {
 public:
  sending_end(attached_entry const& entry, channel_bytes const& bytes, channel_stream& stream, std::byte* records,
              agreed_terms const& agreed) noexcept
      : channel_end{entry, bytes, stream, records, agreed}, read_{position_} {}

  // Where a message of that size can be written, or nullptr: there is no room. Throws invalid_argument if it is
  // larger than there may be, or another one is being written; corrupt_structure.
  std::byte* claim(std::uint64_t size) {
    if (size > largest_ || is_claimed_) [[unlikely]] refuse(size);
    auto const record = bytes_of_record(size);
    auto const rest = to_end(position_);
    auto const fill = record > rest ? rest : 0;
    if (!has_room(fill + record + sizeof(channel_record))) [[unlikely]] return nullptr;
    fill_ = fill;
    is_claimed_ = true;
    return message(position_ + fill);
  }
  // The message of that size, at most what was claimed, is sent.
  void publish(message_label label) noexcept {
    auto const start = position_ + fill_;
    auto const end = start + bytes_of_record(label.size);
    auto& record = head(start);
    auto const sum = has_checksum_ ? channel_checksum(label, {message(start), label.size}) : 0;
    // relaxed, all of these: carried by R1 (I1)
    head(end).mark.store(0, std::memory_order_relaxed);
    record.label.store(label.type | std::uint64_t{sum} << 32, std::memory_order_relaxed);
    auto const mark = make_record_mark(record_kind::message, label.size, sent_);
    if (fill_ == 0) [[likely]] {
      record.mark.store(mark, std::memory_order_release);  // R1 -> A1 (I1)
    } else {
      record.mark.store(mark, std::memory_order_relaxed);
      head(position_).mark.store(make_record_mark(record_kind::padding, fill_, sent_),
                                 std::memory_order_release);  // R1 -> A1 (I1)
    }
    position_ = end;
    is_claimed_ = false;
    stream_->sent.store(++sent_, std::memory_order_relaxed);  // a statistic
    wake(stream_->receiver);
  }
  // There is no message: nothing was said of it.
  void abort() noexcept { is_claimed_ = false; }

  bool is_claimed() const noexcept { return is_claimed_; }
  std::uint64_t largest() const noexcept { return largest_; }
  std::uint64_t sent() const noexcept { return sent_; }
  channel_stream& stream() const noexcept { return *stream_; }
  void note_refusal() const noexcept {
    auto& count = stream_->send_refusals;  // a statistic of this side alone
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

 private:
  bool has_room(std::uint64_t wanted) {
    if (position_ + wanted - read_ <= mask_ + 1) [[likely]] return true;
    auto const read = stream_->read.load(std::memory_order_acquire);  // A2 <- R2 (I2)
    if (position_ - read > mask_ + 1) [[unlikely]] refuse_cursor(read);
    read_ = read;
    return position_ + wanted - read_ <= mask_ + 1;
  }
  [[noreturn]] void refuse(std::uint64_t size) const;
  [[noreturn]] void refuse_cursor(std::uint64_t read) const;

  std::uint64_t read_;  // not more than the other side has read
  std::uint64_t fill_ = 0;
  std::uint64_t sent_ = 0;
  bool is_claimed_ = false;
};

// The end of who receives. For one thread at a time.
class receiving_end : channel_end {
 public:
  receiving_end(attached_entry const& entry, channel_bytes const& bytes, channel_stream& stream, std::byte* records,
                agreed_terms const& agreed) noexcept
      : channel_end{entry, bytes, stream, records, agreed} {}

  bool has_message() const noexcept {
    // A1 <- R1 (I1). Also a padding: the message behind it is there.
    return head(position_).mark.load(std::memory_order_acquire) != 0;
  }
  // The next message, where it lies. False: there is none. Throws corrupt_structure: a message whose checksum is wrong
  // is gone then, and what is no record is found by the next call again.
  bool look(message_view& seen) {
    auto at = position_;
    auto mark = head(at).mark.load(std::memory_order_acquire);  // A1 <- R1 (I1)
    if (mark == 0) return false;
    if (mark == make_record_mark(record_kind::padding, to_end(at), received_) && to_end(at) <= mask_) [[unlikely]] {
      at += to_end(at);
      mark = head(at).mark.load(std::memory_order_relaxed);  // carried by the padding's (I1)
    }
    message_label label{static_cast<std::uint32_t>(mark), 0};
    end_ = at + bytes_of_record(label.size);
    bool const fits = label.size <= largest_ && bytes_of_record(label.size) <= to_end(at);
    if (!fits || mark != make_record_mark(record_kind::message, label.size, received_)) [[unlikely]]
      refuse_mark(at, mark);
    auto const words = head(at).label.load(std::memory_order_relaxed);  // carried by its mark (I1)
    label.type = static_cast<std::uint32_t>(words);
    seen = {label, message(at), received_, 0};
    if (has_checksum_ && channel_checksum(label, seen.data()) != words >> 32) [[unlikely]] drop();
    return true;
  }
  // What look() has seen is this side's until as many are released as were taken.
  void take() noexcept {
    position_ = end_;
    ++received_;
    ++held_;
  }
  void release() noexcept {
    if (--held_ != 0) return;
    stream_->received.store(received_, std::memory_order_relaxed);  // a statistic
    stream_->read.store(position_, std::memory_order_release);      // R2 -> A2 (I2)
    wake(stream_->sender);
  }

  std::uint64_t received() const noexcept { return received_; }
  channel_stream& stream() const noexcept { return *stream_; }
  // Where the next message will be seen.
  atomic_u64 const& next_mark() const noexcept { return head(position_).mark; }

 private:
  [[noreturn]] void refuse_mark(std::uint64_t at, std::uint64_t mark) const;
  [[noreturn]] void drop();

  std::uint64_t received_ = 0;
  std::uint64_t end_ = 0;  // of what look() has seen
  std::uint64_t held_ = 0;
};

}  // namespace internal
}  // namespace stoa
