// stoa/message_claim.hpp: room in a message_ring that was claimed to write a message in place.
//
// The message is in the ring, and seen by others, when commit() returned: that store is the point of effect. Until then
// abort(), destruction or the death of the process leave a padding that nobody sees.
#pragma once
#include <algorithm>
#include <memory>
#include <optional>
#include <stoa/base/cross_core_copy.hpp>
#include <stoa/base/words.hpp>
#include <stoa/message_ring_bytes.hpp>
#include <utility>
#include <vector>

namespace stoa {

namespace internal {

// What stands before a message.
struct record_seal {
  std::uint64_t size_type = 0;
  std::uint64_t timestamp = 0;
  std::uint64_t checksum = 0;
};
// But for the checksum.
record_seal make_seal(message_ring_bytes const& ring, message_label label) noexcept;
std::uint64_t checksum_of(record_seal const& with, std::span<std::byte const> written) noexcept;
// With its checksum, in a ring that has them.
inline record_seal complete(message_ring_bytes const& ring, record_seal made,
                            std::span<std::byte const> written) noexcept {
  if (ring.options().checksum) made.checksum = checksum_of(made, written);
  return made;
}
// relaxed: carried by commit() (message_ring_bytes.hpp:R1)
inline void seal(message_ring_bytes const& ring, held_record const& mine, record_seal const& with) noexcept {
  auto& header = ring.label(mine.position);
  header.size_type.store(with.size_type, std::memory_order_relaxed);
  header.timestamp.store(with.timestamp, std::memory_order_relaxed);
  header.checksum.store(with.checksum, std::memory_order_relaxed);
  header.block.store(mine.block, std::memory_order_relaxed);
}
// Of a record that was claimed and whose message is written.
inline void seal(message_ring_bytes const& ring, held_record const& mine, message_label label) noexcept {
  seal(ring, mine, complete(ring, make_seal(ring, label), {ring.message(mine), label.size}));
}
// Between making room and the first byte that is written there.
inline void begin_to_write(message_ring_bytes const& ring) noexcept {
  // R8 -> message_reader.hpp:A8. Forbids: a reader sees one of these bytes, and not that head has passed them (I9).
  if (ring.is_read_while_written()) std::atomic_thread_fence(std::memory_order_release);
}
// Copies a message to where it is to be in the ring.
inline void write(message_ring_bytes const& ring, std::byte* to, std::span<std::byte const> from) noexcept {
  begin_to_write(ring);
  if (ring.is_read_while_written()) {
    store_words(reinterpret_cast<atomic_u64*>(to), from.data(), from.size());
  } else if (from.size() >= cross_core_copy_from) {
    cross_core_copy(to, from.data(), from.size());
  } else if (!from.empty()) {
    std::memcpy(to, from.data(), from.size());
  }
}

}  // namespace internal

// Movable, not copyable; may be committed by another thread than the one that claimed. False: there was no room, or it
// was moved from, committed or aborted.
class message_slot {
 public:
  message_slot() = default;
  message_slot(message_slot&& other) noexcept
      : entry_{std::move(other.entry_)},
        bytes_{other.bytes_},
        name_{std::exchange(other.name_, nullptr)},
        record_{other.record_},
        label_{other.label_},
        own_{std::move(other.own_)} {}
  message_slot& operator=(message_slot&& other) noexcept {
    if (this != &other) {
      abort();
      entry_ = std::move(other.entry_);
      bytes_ = other.bytes_;
      name_ = std::exchange(other.name_, nullptr);
      record_ = other.record_;
      label_ = other.label_;
      own_ = std::move(other.own_);
    }
    return *this;
  }
  ~message_slot() { abort(); }

  explicit operator bool() const noexcept { return name_ != nullptr; }
  // To be written; aligned to 32 bytes. Requires: not empty. In a ring that overwrites what readers look at, a
  // buffer of this process, which commit() copies.
  std::byte* data() const noexcept {
    return own_.empty() ? bytes_->message(record_) : const_cast<std::byte*>(own_.data());
  }
  std::size_t size() const noexcept { return label_.size; }
  std::span<std::byte> bytes() const noexcept { return {data(), size()}; }

  // The message is sent. Does nothing on an empty slot.
  void commit() noexcept {
    if (auto* const name = release()) {
      if (!own_.empty()) internal::write(*bytes_, bytes_->message(record_), bytes());
      internal::seal(*bytes_, record_, label_);
      bytes_->commit(record_);
      forget(*name);
      wake(bytes_->header().receivers);
      entry_.reset();
    }
  }
  // There is no message.
  void abort() noexcept {
    if (auto* const name = release()) {
      bytes_->abandon(record_);
      forget(*name);
      wake(bytes_->header().receivers);
      if (record_.block != 0) wake(bytes_->header().producers);  // its block is free now
      entry_.reset();
    }
  }

 private:
  friend class message_ring;
  message_slot(std::shared_ptr<attached_entry> entry, message_ring_bytes const& bytes, lane_name& name,
               held_record const& record, message_label label)
      : message_slot{} {  // so that it is aborted if there is no memory for the buffer
    entry_ = std::move(entry);
    bytes_ = bytes;
    name_ = &name;
    record_ = record;
    label_ = label;
    if (bytes.is_read_while_written()) own_.resize(std::max<std::size_t>(label.size, 1));
  }

  // nullptr: there is nothing to do. In a forked child the slot is the parent's.
  lane_name* release() noexcept {
    auto* const name = std::exchange(name_, nullptr);
    return name != nullptr && !entry_->owner().was_inherited() ? name : nullptr;
  }

  std::shared_ptr<attached_entry> entry_;  // keeps bytes and lane in place
  std::optional<message_ring_bytes> bytes_;
  lane_name* name_ = nullptr;
  held_record record_;
  message_label label_;
  std::vector<std::byte> own_;
};

}  // namespace stoa
