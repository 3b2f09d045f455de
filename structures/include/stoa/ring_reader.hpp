// stoa/ring_reader.hpp: a cursor on a ring, of one thread. It writes nothing to the segment.
//
// Any number of them read the same samples, each at its own pace, also on a mapping without the right to
// write. Who is overtaken by the producer goes on with what is held, and is told how many samples he lost.
//
// The only exception: where the mapping may be written, a reader that sleeps says so in the wait flag, to be
// woken. Elsewhere it looks again after 64 us, 128 us, ... up to wait_slice.
#pragma once
#include <array>
#include <bit>
#include <iterator>
#include <memory>
#include <optional>
#include <range/v3/view/interface.hpp>
#include <ranges>
#include <span>
#include <stoa/base/shareable.hpp>
#include <stoa/ring_bytes.hpp>
#include <stoa/wait_point.hpp>
#include <thread>
#include <type_traits>

namespace stoa {

namespace internal {

// Samples of a known type. What is copied is valid only where the ring says afterwards that it was not overtaken.
template <shareable T>
struct ring_samples {
  // A small one is passed in registers: an optional in memory would stall on its two differently sized stores.
  // A larger one is read straight to where the caller wants it: copying its words again would stall likewise.
  static constexpr bool is_small = sizeof(T) <= 2 * word_bytes;
  using raw = std::array<std::byte, sizeof(T)>;
  using holder = std::conditional_t<is_small, raw, std::optional<T>>;

  // What fill(holder&) finds, which returns whether there is anything.
  template <class Fill>
  [[gnu::always_inline]] static inline std::optional<T> found_by(Fill fill) {
    holder value{};
    bool const is_found = fill(value);
    if constexpr (is_small) {
      if (!is_found) [[unlikely]] return std::nullopt;
      return std::bit_cast<T>(value);
    } else {
      if (!is_found) [[unlikely]] value.reset();
      return value;
    }
  }
  // False: the producer has come to it.
  static bool copy(ring_bytes const& ring, std::uint64_t position, holder& value) noexcept {
    if constexpr (is_small) {
      ring.load<sizeof(T)>(value.data(), position);
    } else if constexpr (std::is_default_constructible_v<T>) {
      value.emplace();
      ring.load<sizeof(T)>(static_cast<void*>(&*value), position);
    } else {
      raw bytes;
      ring.load<sizeof(T)>(bytes.data(), position);
      value.emplace(std::bit_cast<T>(bytes));
    }
    return ring.overtaken(position) == 0;
  }
  // Copies up to out.size() samples from from.begin on; moves those that are valid to the front, and says which.
  static ring_range copy(ring_bytes const& ring, ring_range from, std::span<T> out) noexcept {
    auto const most = std::min<std::uint64_t>(from.size(), out.size());
    for (std::uint64_t i = 0; i < most; ++i) ring.load<sizeof(T)>(&out[i], from.begin + i);
    auto const torn = std::min(ring.overtaken(from.begin), most);
    if (torn != 0 && torn != most) [[unlikely]]
      std::memmove(static_cast<void*>(out.data()), &out[torn], (most - torn) * sizeof(T));
    return {from.begin + torn, from.begin + most};
  }
};

}  // namespace internal

template <shareable T>
class ring_reader {
  using samples = internal::ring_samples<T>;

 public:
  using value_type = T;
  class pending_range;

  ring_reader(std::shared_ptr<attached_entry> entry, ring_bytes const& bytes, ring_start from) noexcept
      : entry_{std::move(entry)}, bytes_{bytes}, position_{bytes_.start(from)} {}

  // The next sample; nullopt: there is none yet. Never waits.
  [[nodiscard]] std::optional<T> try_read() {
    return samples::found_by([this](auto& value) { return read_one(value); });
  }
  // Waits until there is one.
  T read(wait_strategy strategy = wait_strategy::adaptive) { return *read_until(deadline::never(), strategy); }
  template <class Rep, class Period>
  [[nodiscard]] std::optional<T> read_for(std::chrono::duration<Rep, Period> timeout,
                                          wait_strategy strategy = wait_strategy::adaptive) {
    return read_until(deadline::after(timeout), strategy);
  }
  std::optional<T> read_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) {
    if (auto got = try_read()) return got;
    auto const again = [this](bool = false) { return try_read(); };
    if (entry_->owner().is_read_only() || entry_->owner().was_inherited()) return look_for(until, strategy, again);
    return wait_for(bytes_.header().readers, until, strategy, again);
  }
  // The next samples, at most out.size(), in a row; how many.
  [[nodiscard]] std::size_t read_n(std::span<T> out) {
    for (unsigned overtaken = 0;; ++overtaken) {
      auto const there = bytes_.readable(position_, overtaken);
      if (there.size() == 0 || out.empty()) return 0;
      auto const got = samples::copy(bytes_, there, out);
      if (got.size() == 0) [[unlikely]] continue;
      go_on(got);
      return got.size();
    }
  }
  // An input range of what is there and what comes while it is iterated; it ends where try_read() finds
  // nothing. Refers to this reader.
  pending_range pending() noexcept { return pending_range{*this}; }

  // For a waitable_fd: the next sample. On a read-only mapping it is looked for now and then.
  wait_point arrivals() const {
    entry_->owner().usable().value();
    return {entry_->owner().is_read_only() ? nullptr : &bytes_.header().readers,
            [entry = entry_, bytes = bytes_, next = position_] { return is_past(bytes.published(), next); }};
  }

  // Samples published and not read, those that are overwritten already included.
  std::uint64_t lag() const noexcept {
    auto const end = bytes_.published();
    return is_past(end, position_) ? end - position_ : 0;
  }
  // Samples that were overwritten before this reader came to them, as far as it has noticed.
  std::uint64_t lost() const noexcept { return lost_; }
  // Of the next sample: position() - first_position samples were written before it.
  std::uint64_t position() const noexcept { return position_; }

  // Leaves out up to n samples of those published; how many. They do not count as lost.
  std::uint64_t skip(std::uint64_t n) noexcept {
    n = std::min(n, lag());
    position_ += n;
    return n;
  }
  void seek(ring_start where) noexcept { position_ = bytes_.start(where); }
  // Anywhere: samples that are gone will count as lost, those not yet published are waited for.
  void seek(std::uint64_t position) noexcept { position_ = position; }

 private:
  [[gnu::always_inline]] bool read_one(typename samples::holder& value) noexcept {
    for (unsigned overtaken = 0;; ++overtaken) {
      auto const there = bytes_.readable(position_, overtaken);
      if (there.size() == 0) return false;
      if (!samples::copy(bytes_, there.begin, value)) [[unlikely]] continue;
      go_on({there.begin, there.begin + 1});
      return true;
    }
  }
  void go_on(ring_range const& read) noexcept {
    lost_ += read.begin - position_;
    position_ = read.end;
  }
  std::shared_ptr<attached_entry> entry_;
  ring_bytes bytes_;
  std::uint64_t position_;
  std::uint64_t lost_ = 0;
};

template <shareable T>
class ring_reader<T>::pending_range : public ranges::view_interface<pending_range> {
 public:
  class iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using reference = T const&;
    using pointer = T const*;

    iterator() = default;
    explicit iterator(ring_reader& from) : from_{&from}, now_{from.try_read()} {}
    reference operator*() const noexcept { return *now_; }
    pointer operator->() const noexcept { return &*now_; }
    iterator& operator++() {
      now_ = from_->try_read();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(iterator const& at, std::default_sentinel_t) noexcept { return !at.now_; }

   private:
    ring_reader* from_ = nullptr;
    std::optional<T> now_;
  };

  pending_range() = default;
  explicit pending_range(ring_reader& from) noexcept : from_{&from} {}
  iterator begin() const { return iterator{*from_}; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  ring_reader* from_ = nullptr;
};

}  // namespace stoa
