// stoa/ring.hpp: stream of samples that overwrites the oldest; one producer, any number of independent readers.
//
// Readers have a cursor each (ring_reader.hpp), write nothing, work on a read-only mapping, and are told how
// many samples they lost. Consumers share one cursor: each sample is popped once, if it is not overwritten
// before. In bounded mode it is not: there a push waits for the consumers.
//
// The algorithm, its invariants and what a death does are in ring_bytes.hpp.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <stoa/base/shareable.hpp>
#include <stoa/ring_bytes.hpp>
#include <stoa/ring_reader.hpp>

namespace stoa {

inline bool const ring_is_registered = register_kind(ring_operations());

// A handle: process-local, cheap to copy. One thread at a time may push, with any copy; all other calls may be
// made from any thread. The first push takes the producer's role, or throws errc::role_taken while another
// live process, or another attach in this one, has it; the role is given back when the last copy goes.
template <shareable T>
class ring {
  using samples = internal::ring_samples<T>;

 public:
  using value_type = T;
  using shape = ring_shape;
  using reader_type = ring_reader<T>;

  static structure_identity identity() { return {"ring", 1, &descriptor_of<T>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) { return ring_bytes::bytes_for(sizeof(T), asked); }
  static void format(std::span<std::byte> body, shape const& asked) { ring_bytes::format(body, sizeof(T), asked); }
  static result<ring> adopt(std::shared_ptr<attached_entry> entry) {
    auto bytes = ring_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    return ring{std::make_shared<shared_state>(std::move(entry), *bytes), *bytes};
  }

  // --- the producer's; throw role_taken, read_only, forked, corrupt_structure ---

  // Publishes a sample. Waits while full, in bounded mode.
  void push(T const& value, wait_strategy strategy = wait_strategy::adaptive) const {
    if (!push_one(value)) [[unlikely]] wait_to_push(value, deadline::never(), strategy);
  }
  // false: full. In overwrite mode always true. Never waits.
  bool try_push(T const& value) const {
    if (push_one(value)) [[likely]] return true;
    refuse_push();
    return false;
  }
  // false: still full when `timeout` had passed.
  template <class Rep, class Period>
  [[nodiscard]] bool push_for(T const& value, std::chrono::duration<Rep, Period> timeout,
                              wait_strategy strategy = wait_strategy::adaptive) const {
    return push_until(value, deadline::after(timeout), strategy);
  }
  bool push_until(T const& value, deadline until, wait_strategy strategy = wait_strategy::adaptive) const {
    return push_one(value) || wait_to_push(value, until, strategy);
  }
  // Publishes as many of the front of `values` as there is room for; how many, in overwrite mode all. Up to
  // capacity() samples are published at once: others see all of them or none, also if this process dies. More
  // are published capacity() at a time.
  std::size_t try_push_n(std::span<T const> values) const;
  // Publishes all of them. Waits while full, in bounded mode; then those there is room for come first.
  void push_n(std::span<T const> values, wait_strategy strategy = wait_strategy::adaptive) const {
    push_n_until(values, deadline::never(), strategy);
  }
  // How many of the front were published before `timeout` had passed.
  template <class Rep, class Period>
  [[nodiscard]] std::size_t push_n_for(std::span<T const> values, std::chrono::duration<Rep, Period> timeout,
                                       wait_strategy strategy = wait_strategy::adaptive) const {
    return push_n_until(values, deadline::after(timeout), strategy);
  }
  std::size_t push_n_until(std::span<T const> values, deadline until,
                           wait_strategy strategy = wait_strategy::adaptive) const;

  // Takes the role now rather than at the first push.
  result<void> try_become_producer() const {
    if (state_->producer.epoch == fork_epoch()) return {};
    auto const cursor = bytes_.take_producer(*state_->entry);
    if (!cursor) return cursor.error();
    state_->producer = {fork_epoch(), *cursor, bytes_.header().announced.load(std::memory_order_relaxed),
                        bytes_.consumed()};
    return {};
  }
  // Whether a live process has the role. One system call.
  bool has_producer() const noexcept { return is_role_alive(bytes_.header().producer, owner()); }

  // --- readers: write nothing ---

  // A cursor of its own. It keeps the entry, not the producer's role.
  reader_type reader(ring_start from = ring_start::oldest) const noexcept {
    return reader_type{state_->entry, bytes_, from};
  }
  // The newest sample; nullopt: there was none yet.
  [[nodiscard]] std::optional<T> latest() const noexcept {
    return samples::found_by([this](auto& value) {
      for (;;) {
        auto const there = bytes_.held();
        if (there.size() == 0) return false;
        if (samples::copy(bytes_, there.end - 1, value)) [[likely]] return true;
      }
    });
  }
  // The newest samples, as many as are held and fit into `out`, the oldest of them first; how many. While
  // the producer is faster than the copy, they are fewer.
  [[nodiscard]] std::size_t latest(std::span<T> out) const noexcept;
  // The samples that are held: the oldest, and the next to be pushed.
  ring_range held() const noexcept { return bytes_.held(); }
  // The sample at a position; nullopt: not yet, or not any more.
  [[nodiscard]] std::optional<T> at(std::uint64_t position) const noexcept {
    return samples::found_by(
        [&](auto& value) { return held().holds(position) && samples::copy(bytes_, position, value); });
  }
  // The samples from a position on; how many. 0: the first of them is not held.
  [[nodiscard]] std::size_t history(std::uint64_t position, std::span<T> out) const noexcept {
    auto const there = held();
    if (!there.holds(position)) return 0;
    auto const got = samples::copy(bytes_, {position, there.end}, out);
    return got.begin == position ? got.size() : 0;
  }

  // --- consumers: each sample to one of them; throw read_only, forked ---

  // nullopt: there is none. Samples that were overwritten are passed over, and counted as lost.
  [[nodiscard]] std::optional<T> try_pop() const {
    auto got = pop_one();
    if (!got) [[unlikely]] refuse_pop();
    return got;
  }
  T pop(wait_strategy strategy = wait_strategy::adaptive) const { return *pop_until(deadline::never(), strategy); }
  template <class Rep, class Period>
  [[nodiscard]] std::optional<T> pop_for(std::chrono::duration<Rep, Period> timeout,
                                         wait_strategy strategy = wait_strategy::adaptive) const {
    return pop_until(deadline::after(timeout), strategy);
  }
  std::optional<T> pop_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const {
    if (auto got = pop_one()) return got;
    auto got = wait_for(bytes_.header().readers, until, strategy, [&](bool) { return pop_one(); });
    if (!got) refuse_pop();
    return got;
  }
  // Up to out.size() samples in a row; how many. If this process dies, all or none are consumed.
  [[nodiscard]] std::size_t try_pop_n(std::span<T> out) const;
  // Consumes up to n samples unseen; how many.
  std::uint64_t skip(std::uint64_t n) const;

  // --- state; racy where others work at the same time ---

  std::uint64_t capacity() const noexcept { return bytes_.capacity(); }
  ring_mode mode() const noexcept { return bytes_.mode(); }
  // Samples pushed since the ring was made.
  std::uint64_t total_written() const noexcept { return bytes_.written(); }
  // Of these, what the consumers have behind them: popped, skipped or lost.
  std::uint64_t total_read() const noexcept { return bytes_.read(); }
  // Samples that wait for a consumer.
  std::uint64_t size() const noexcept { return bytes_.was_size(); }
  bool empty() const noexcept { return size() == 0; }
  ring_statistics statistics() const noexcept { return bytes_.statistics(); }

 private:
  // What the producer knows and shares with nobody but copies of its handle.
  struct producer_side {
    std::uint64_t epoch = 0;      // of this process when it took the role; 0: it has not
    std::uint64_t cursor = 0;     // the next position
    std::uint64_t announced = 0;  // what the header said when it took the role
    std::uint64_t consumed = 0;   // what the header said: not more than it says now
  };
  struct shared_state {
    shared_state(std::shared_ptr<attached_entry> held, ring_bytes const& found)
        : entry{std::move(held)}, bytes{found} {}
    shared_state(shared_state const&) = delete;
    shared_state& operator=(shared_state const&) = delete;
    ~shared_state() {
      if (producer.epoch == fork_epoch()) release_role(bytes.header().producer, entry->owner());
    }
    std::shared_ptr<attached_entry> entry;
    ring_bytes bytes;
    alignas(pad_bytes) producer_side producer;
  };

  ring(std::shared_ptr<shared_state> state, ring_bytes const& bytes) noexcept
      : state_{std::move(state)}, bytes_{bytes} {}

  attachment& owner() const noexcept { return state_->entry->owner(); }
  // The producer's state, with the role taken. A forked child has another epoch, and is refused.
  producer_side& own() const {
    if (state_->producer.epoch != fork_epoch()) [[unlikely]] try_become_producer().value();
    return state_->producer;
  }
  // How many samples may be pushed at once, at most `wanted`.
  std::uint64_t room(producer_side& mine, std::uint64_t wanted) const {
    wanted = std::min(wanted, bytes_.capacity());
    if (!bytes_.is_bounded()) return wanted;
    if (bytes_.capacity() - (mine.cursor - mine.consumed) < wanted) mine.consumed = bytes_.consumed();  // A2 <- R2 (I4)
    auto const used = mine.cursor - mine.consumed;
    if (used > bytes_.capacity()) [[unlikely]]
      throw error{damaged(*state_->entry, "more is consumed than was written, or less than was made room for")};
    return std::min(wanted, bytes_.capacity() - used);
  }
  [[gnu::always_inline]] bool push_one(T const& value) const {
    auto& mine = own();
    if (room(mine, 1) == 0) [[unlikely]] return false;
    bytes_.announce(mine.cursor + 1, mine.announced);
    bytes_.template store<sizeof(T)>(mine.cursor, &value);
    bytes_.publish(++mine.cursor);
    if ((mine.cursor & 0xFF) == 0) [[unlikely]] bytes_.note_fill();
    return true;
  }
  // Out of line: what is left in line is what the compiler keeps in registers.
  [[gnu::noinline]] bool wait_to_push(T const& value, deadline until, wait_strategy strategy) const {
    bool const done = wait_for(bytes_.header().producers, until, strategy,
                               [&](bool) { return push_some({&value, 1}) != 0; });
    if (!done) refuse_push();
    return done;
  }
  std::size_t push_some(std::span<T const> values) const;
  [[gnu::noinline]] void refuse_push() const noexcept {
    bytes_.note_fill();
    ring_bytes::count(bytes_.header().push_refusals);
  }

  std::optional<T> pop_one() const {
    require_writable(*state_->entry, "pop");
    return samples::found_by([this](auto& value) { return pop_to(value); });
  }
  [[gnu::always_inline]] bool pop_to(typename samples::holder& value) const noexcept {
    for (unsigned overtaken = 0;;) {
      auto const from = bytes_.consumed();
      auto const there = bytes_.readable(from, overtaken);
      if (there.size() == 0) return false;
      if (!samples::copy(bytes_, there.begin, value)) [[unlikely]]
        overtaken += !bytes_.is_bounded();  // bounded: others consumed it, nothing may be left out
      else if (bytes_.consume(from, {there.begin, there.begin + 1})) [[likely]]
        return true;
    }
  }
  [[gnu::noinline]] void refuse_pop() const noexcept { ring_bytes::count(bytes_.header().pop_refusals); }

  std::shared_ptr<shared_state> state_;
  ring_bytes bytes_;  // a copy: one step less on the way
};

// What there is room for, up to capacity(), with one publication.
template <shareable T>
std::size_t ring<T>::push_some(std::span<T const> values) const {
  auto& mine = own();
  auto const count = room(mine, values.size());
  if (count == 0) return 0;
  bytes_.announce(mine.cursor + count, mine.announced);
  for (std::uint64_t i = 0; i < count; ++i) bytes_.template store<sizeof(T)>(mine.cursor + i, &values[i]);
  mine.cursor += count;
  bytes_.publish(mine.cursor);
  bytes_.note_fill();
  return count;
}

template <shareable T>
std::size_t ring<T>::try_push_n(std::span<T const> values) const {
  std::size_t done = 0;
  while (done < values.size()) {
    auto const some = push_some(values.subspan(done));
    if (some == 0) break;
    done += some;
  }
  if (done == 0 && !values.empty()) refuse_push();
  return done;
}

template <shareable T>
std::size_t ring<T>::push_n_until(std::span<T const> values, deadline until, wait_strategy strategy) const {
  std::size_t done = 0;
  while (done < values.size()) {
    auto const some = [&](bool = false) { return push_some(values.subspan(done)); };
    auto pushed = some();
    if (pushed == 0) pushed = wait_for(bytes_.header().producers, until, strategy, some);
    if (pushed == 0) break;
    done += pushed;
  }
  if (done < values.size()) refuse_push();
  return done;
}

template <shareable T>
std::size_t ring<T>::latest(std::span<T> out) const noexcept {
  constexpr int attempts_for_all = 4;  // then whatever is whole
  for (int attempt = 1;; ++attempt) {
    auto const there = bytes_.held();
    auto const wanted = std::min<std::uint64_t>(there.size(), out.size());
    auto const got = samples::copy(bytes_, {there.end - wanted, there.end}, out);
    if (got.size() == wanted || (got.size() != 0 && attempt >= attempts_for_all)) return got.size();
  }
}

template <shareable T>
std::size_t ring<T>::try_pop_n(std::span<T> out) const {
  require_writable(*state_->entry, "pop");
  for (unsigned overtaken = 0; !out.empty();) {
    auto const from = bytes_.consumed();
    auto const there = bytes_.readable(from, overtaken);
    if (there.size() == 0) {
      refuse_pop();
      return 0;
    }
    auto const got = samples::copy(bytes_, there, out);
    if (got.size() == 0) [[unlikely]]
      overtaken += !bytes_.is_bounded();  // as in pop_to()
    else if (bytes_.consume(from, got))
      return got.size();
  }
  return 0;
}

template <shareable T>
std::uint64_t ring<T>::skip(std::uint64_t n) const {
  require_writable(*state_->entry, "skip");
  for (;;) {
    auto const from = bytes_.consumed();
    auto const there = bytes_.published();
    if (!is_past(there, from) || n == 0) return 0;
    auto const count = std::min(n, there - from);
    if (bytes_.consume(from, {from, from + count})) return count;
  }
}

}  // namespace stoa
