// stoa/message_consumer.hpp: taking messages out of a message_ring, each by one of a group of consumers.
//
// A message stays in the ring, invisible to others, and is read there; its mark says who has it. commit() gives the
// space back: that store is the point of effect. Until then abort(), destruction or the death of the process give
// the message to the next consumer, who may see it for the second time: at least once, never lost.
#pragma once
#include <memory>
#include <optional>
#include <range/v3/view/interface.hpp>
#include <stoa/message_prefetch.hpp>
#include <stoa/message_ring_bytes.hpp>
#include <stoa/wait_point.hpp>
#include <stoa/message_view.hpp>
#include <utility>
#include <vector>

namespace stoa {

// A message that was taken. Movable, not copyable; may be committed by another thread.
class message : public message_view {
 public:
  message(message&& other) noexcept
      : message_view{other},
        entry_{std::move(other.entry_)},
        bytes_{other.bytes_},
        record_{std::exchange(other.record_, {})} {}
  message& operator=(message&& other) noexcept {
    if (this != &other) {
      abort();
      static_cast<message_view&>(*this) = other;
      entry_ = std::move(other.entry_);
      bytes_ = other.bytes_;
      record_ = std::exchange(other.record_, {});
    }
    return *this;
  }
  ~message() { abort(); }

  // Done with it: data() means nothing any more, and nobody else gets the message.
  void commit() noexcept {
    if (auto const mine = give_up()) {
      bytes_.release(mine);
      wake(bytes_.header().producers);
      entry_.reset();
    }
  }
  // The next consumer gets it.
  void abort() noexcept {
    if (auto const mine = give_up()) {
      bytes_.give_back(mine);
      wake(bytes_.header().receivers);
      entry_.reset();
    }
  }

 private:
  friend class message_consumer;
  message(std::shared_ptr<attached_entry> entry, message_ring_bytes const& bytes, held_record const& record,
          message_view const& seen) noexcept
      : message_view{seen}, entry_{std::move(entry)}, bytes_{bytes}, record_{record} {}

  // None: there is nothing to do. In a forked child the message is the parent's.
  held_record give_up() noexcept {
    auto const mine = std::exchange(record_, {});
    return mine && !entry_->owner().was_inherited() ? mine : held_record{};
  }

  std::shared_ptr<attached_entry> entry_;  // keeps the bytes in place
  message_ring_bytes bytes_;
  held_record record_;
};

// A handle: process-local, cheap to copy, safe to share between threads. All consumers of a ring are one group.
// Calls throw read_only, forked; corrupt_structure for a message that was damaged: it is passed over, and the next
// call goes on behind it.
class message_consumer {
 public:
  class pending_range;

  message_consumer(std::shared_ptr<attached_entry> entry, message_ring_bytes const& bytes) noexcept
      : entry_{std::move(entry)}, bytes_{bytes} {}

  // nullopt: there is none, or the next is not yet committed. Never waits.
  [[nodiscard]] std::optional<message> try_receive() const { return made(take()); }
  message receive(wait_strategy strategy = wait_strategy::adaptive) const {
    return *receive_until(deadline::never(), strategy);
  }
  template <class Rep, class Period>
  [[nodiscard]] std::optional<message> receive_for(std::chrono::duration<Rep, Period> timeout,
                                                   wait_strategy strategy = wait_strategy::adaptive) const {
    return receive_until(deadline::after(timeout), strategy);
  }
  std::optional<message> receive_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const {
    require_writable(*entry_, "receive");
    auto got = bytes_.take(owner());
    if (!got) got = wait_to_take(until, strategy);
    return made(got);
  }

  // A message copied to `out`, which is made as large, and committed: gone, whatever becomes of this process.
  [[nodiscard]] std::optional<message_view> try_receive_copy(std::vector<std::byte>& out) const {
    std::optional<message_view> seen;
    poll([&](message_view const& each) {
      out.assign(each.data().begin(), each.data().end());
      message_label const label{static_cast<std::uint32_t>(each.size()), each.type()};
      seen = message_view{label, out.data(), each.sequence(), each.timestamp()};
    }, 1);
    return seen;
  }
  // Calls handler(message_view const&) for up to `limit` messages that are there, and commits each when it
  // returns; how many. A message whose handler throws goes to the next consumer.
  template <class Handler>
  std::size_t poll(Handler&& handler, std::size_t limit = ~std::size_t{0}) const;
  // An input range of the messages that are there and that come while it is iterated; it ends where
  // try_receive() finds nothing. Each is committed when the iteration goes on to the next.
  pending_range drain() const;
  // For a waitable_fd: a message to be received.
  wait_point arrivals() const {
    require_writable(*entry_, "wait for");
    return {&bytes_.header().receivers, [self = *this] { return self.bytes_.has_arrivals(); },
            [self = *this] { self.bytes_.settle(self.owner()); }};
  }

 private:
  template <class Source>
  friend class message_stream_reader;
  // Everything before that was taken by somebody, or is no message.
  std::uint64_t received_up_to() const noexcept {
    return bytes_.header().head.load(std::memory_order_acquire);  // message_ring_bytes.hpp:A4 <- R4
  }
  attachment& owner() const noexcept { return entry_->owner(); }
  held_record take() const {
    require_writable(*entry_, "receive");
    auto const got = bytes_.take(owner());
    return got ? got : take_again();
  }
  [[gnu::noinline]] held_record take_again() const {
    if (entry_->is_look_due()) {
      bytes_.settle(owner());
      if (auto const got = bytes_.take(owner())) return got;
    }
    refuse();
    return {};
  }
  [[gnu::noinline]] held_record wait_to_take(deadline until, wait_strategy strategy) const;
  void refuse() const noexcept {
    bytes_.header().receive_refusals.fetch_add(1, std::memory_order_relaxed);  // a statistic
  }
  // Of a record that was taken, checked. Throws corrupt_structure, and the record is gone.
  message_view look(held_record const& mine) const {
    internal::prefetch_to_take(bytes_, mine);
    auto const& label = bytes_.label(mine.position);
    // relaxed: the acquire that took it came before
    auto const size_type = label.size_type.load(std::memory_order_relaxed);
    auto const what = label_of(size_type);
    message_view const seen{what, bytes_.find_message(mine.position, mine.units, what.size), mine.sequence,
                            label.timestamp.load(std::memory_order_relaxed)};
    bool const is_whole = seen.data().data() != nullptr &&
                          (!bytes_.options().checksum || bytes_.is_intact(mine.position, seen.data()));
    if (!is_whole) [[unlikely]] drop_corrupt(mine);
    return seen;
  }
  [[noreturn]] void drop_corrupt(held_record const& mine) const;
  std::optional<message> made(held_record const& got) const {
    if (!got) return std::nullopt;
    return message{entry_, bytes_, got, look(got)};
  }

  std::shared_ptr<attached_entry> entry_;
  message_ring_bytes bytes_;
};

template <class Handler>
std::size_t message_consumer::poll(Handler&& handler, std::size_t limit) const {
  struct until_handled {
    ~until_handled() {
      if (owner.was_inherited()) return;  // the handler forked, and this is the child: the record is its parent's
      is_done ? bytes.release(record) : bytes.give_back(record);
      wake(is_done ? bytes.header().producers : bytes.header().receivers);
    }
    attachment const& owner;
    message_ring_bytes const& bytes;
    held_record const& record;
    bool is_done = false;
  };
  std::size_t handled = 0;
  for (; handled < limit; ++handled) {
    if (handled != 0) require_writable(*entry_, "receive");
    auto const got = handled == 0 ? take() : bytes_.take(owner());
    if (!got) break;
    auto const seen = look(got);
    until_handled each{owner(), bytes_, got};
    handler(seen);
    each.is_done = true;
  }
  return handled;
}

class message_consumer::pending_range : public ranges::view_interface<pending_range> {
  using current = std::optional<message>;

 public:
  class iterator {
   public:
    using value_type = message_view;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using reference = message const&;
    using pointer = message const*;

    iterator() = default;
    explicit iterator(pending_range const& of) : of_{&of} {}
    reference operator*() const noexcept { return **of_->now_; }
    pointer operator->() const noexcept { return &**of_->now_; }
    iterator& operator++() {
      (*of_->now_)->commit();
      *of_->now_ = of_->from_->try_receive();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(iterator const& at, std::default_sentinel_t) noexcept { return at.is_at_end(); }

   private:
    bool is_at_end() const noexcept { return !*of_->now_; }
    pending_range const* of_ = nullptr;
  };

  pending_range() = default;
  explicit pending_range(message_consumer const& from)
      : from_{std::make_shared<message_consumer>(from)}, now_{std::make_shared<current>()} {}
  iterator begin() const {
    if (!*now_) *now_ = from_->try_receive();
    return iterator{*this};
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  std::shared_ptr<message_consumer> from_;
  std::shared_ptr<current> now_;
};

inline message_consumer::pending_range message_consumer::drain() const { return pending_range{*this}; }

}  // namespace stoa
