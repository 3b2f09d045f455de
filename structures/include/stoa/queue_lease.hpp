// stoa/queue_lease.hpp: an element that was taken and is not yet done with.
//
// The element stays in its slot; a name in the lane says who has it. commit() frees the slot: that
// store is the point of effect. Until then abort(), destruction or the death of the process give the
// element to the next consumer, who may see it for the second time: at least once, never lost.
#pragma once
#include <memory>
#include <optional>
#include <stoa/base/shareable.hpp>
#include <stoa/queue_bytes.hpp>
#include <utility>

namespace stoa {

// Movable, not copyable; may be committed by another thread than the one that claimed. An empty lease
// (default made, moved from, committed, aborted) is false.
template <class T>
class queue_lease {
 public:
  queue_lease() = default;
  queue_lease(queue_lease&& other) noexcept
      : entry_{std::move(other.entry_)},
        bytes_{other.bytes_},
        name_{std::exchange(other.name_, nullptr)},
        ticket_{other.ticket_},
        element_{std::exchange(other.element_, nullptr)} {}
  queue_lease& operator=(queue_lease&& other) noexcept {
    if (this != &other) {
      abort();
      entry_ = std::move(other.entry_);
      bytes_ = other.bytes_;
      name_ = std::exchange(other.name_, nullptr);
      ticket_ = other.ticket_;
      element_ = std::exchange(other.element_, nullptr);
    }
    return *this;
  }
  ~queue_lease() { abort(); }

  explicit operator bool() const noexcept { return name_ != nullptr; }
  // In place, in the segment: no copy. Requires: not empty.
  T& operator*() const noexcept { return *element_; }
  T* operator->() const noexcept { return element_; }

  // The work is done: nobody else gets the element. Does nothing on an empty lease.
  void commit() noexcept {
    if (auto* const name = release()) {
      bytes_->word(ticket_).store(bytes_->free_word_after(ticket_), std::memory_order_release);  // queue.hpp:R2
      forget(*name);
      wake(bytes_->header().producers);
      entry_.reset();
    }
  }
  // The element goes to the next consumer.
  void abort() noexcept {
    if (auto* const name = release()) {
      name->what.store(make_what(bytes_->tag(), lane_op::returned), std::memory_order_release);  // lanes.hpp:R1
      // R1 -> queue_recovery.cpp: after the name, so that who sees the recall finds it
      bytes_->header().recall.store(1, std::memory_order_release);
      wake(bytes_->header().consumers);
      entry_.reset();
    }
  }

 private:
  template <shareable U>
  friend class queue;
  queue_lease(std::shared_ptr<attached_entry> entry, queue_bytes const& bytes, lane_name& name,
              std::uint64_t ticket, T& element) noexcept
      : entry_{std::move(entry)}, bytes_{bytes}, name_{&name}, ticket_{ticket}, element_{&element} {}

  // nullptr: there is nothing to do. In a forked child the lease is the parent's.
  lane_name* release() noexcept {
    element_ = nullptr;
    auto* const name = std::exchange(name_, nullptr);
    return name != nullptr && !entry_->owner().was_inherited() ? name : nullptr;
  }

  std::shared_ptr<attached_entry> entry_;  // keeps bytes and lane in place
  std::optional<queue_bytes> bytes_;
  lane_name* name_ = nullptr;
  std::uint64_t ticket_ = 0;
  T* element_ = nullptr;
};

}  // namespace stoa
