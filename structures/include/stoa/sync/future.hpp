// stoa/sync/future.hpp: a T that one process promises, and that any number of others wait for.
//
//   auto answer = market.publish_or_attach<stoa::future<price>>("answer");
//   auto promise = answer.promise();  promise.set_value(p);      // one process
//   price const p = answer.get();                                // the others
//
// Bytes     docs/format.md "future", layout 1: future_header, then the payload in words.
// Progress  get() waits; is_ready() and try_get() are wait-free, and work read-only.
// Crash     One CAS keeps the promise. Who has promised and dies before it has broken it: those who wait are told at
//           once, with broken_promise, as when the promise is destroyed. (docs/crash.md, F1 to F4)
//
//   state:  0 waiting --CAS--> 1 value, for good
//             | promise gone, or its process --CAS--> 2 broken, for good
//
// I1 one promise   one CAS on `promiser` decides who promises, once for all: only he writes the payload
// I2 whole         the payload is whole before the state says value, and never changes again     R1 -> A1
#pragma once
#include <bit>
#include <memory>
#include <stoa/base/shareable.hpp>
#include <stoa/base/words.hpp>
#include <stoa/kinds.hpp>
#include <stoa/structure.hpp>
#include <stoa/sync/fixed_body.hpp>
#include <stoa/waiting.hpp>
#include <utility>

namespace stoa {

enum class future_state : std::uint64_t { waiting = 0, value = 1, broken = 2 };

struct future_header {             // offset size
  std::uint64_t payload_bytes;     //      0    8
  atomic_u64 state;                //      8    8  future_state
  atomic_u64 promiser;             //     16    8  participant id of who promised, 0 nobody yet
  wait_flag waiters;               //     24    4
  std::array<std::byte, 100> pad;  //     28  100
};
static_assert(offsetof(future_header, waiters) == 24);
static_assert(sizeof(future_header) == pad_bytes);

kind_operations const& future_operations();
inline bool const future_is_registered = register_kind(future_operations());

// The algorithm, for a payload of any size. Bounds were checked at adopt.
class future_bytes {
 public:
  static void format(std::span<std::byte> body, std::uint64_t payload_bytes) {
    ::new (body.data()) future_header{payload_bytes, {}, {}, {}, {}};
  }
  static result<future_bytes> adopt(entry_view const& entry);

  future_state state() const noexcept {
    return static_cast<future_state>(header_->state.load(std::memory_order_acquire));  // A1 <- R1 (I2)
  }
  void promise(attached_entry const& entry) const;
  void keep(void const* from, attached_entry const& entry) const;
  void give_up(attached_entry const& entry) const noexcept;
  // waiting: not before `until`. Throws corrupt_structure, read_only, forked.
  future_state wait(deadline until, wait_strategy strategy, attached_entry const& entry) const;
  // Requires: the state is value.
  void copy(void* to) const noexcept { load_words(to, words(), payload_bytes_); }
  [[noreturn]] static void throw_broken(attached_entry const& entry);
  std::uint64_t payload_bytes() const noexcept { return payload_bytes_; }

 private:
  future_bytes(future_header* header, std::uint64_t payload_bytes) noexcept
      : header_{header}, payload_bytes_{payload_bytes} {}
  atomic_u64* words() const noexcept { return reinterpret_cast<atomic_u64*>(header_ + 1); }
  bool settle(future_state how) const noexcept;

  future_header* header_;
  std::uint64_t payload_bytes_;
};

// The part of the one who promised. Destroyed without a value, the promise is broken.
template <shareable T>
class promise {
 public:
  promise(promise&& other) noexcept : entry_{std::move(other.entry_)}, bytes_{other.bytes_} {}
  promise& operator=(promise&& other) noexcept {
    promise old{std::move(*this)};
    entry_ = std::move(other.entry_);
    bytes_ = other.bytes_;
    return *this;
  }
  ~promise() {
    if (entry_ != nullptr) bytes_.give_up(*entry_);
  }
  // Throws already_satisfied, and forked.
  void set_value(T const& value) const { bytes_.keep(&value, *entry_); }

 private:
  template <shareable U>
  friend class future;
  promise(std::shared_ptr<attached_entry> entry, future_bytes bytes) noexcept
      : entry_{std::move(entry)}, bytes_{bytes} {}
  std::shared_ptr<attached_entry> entry_;
  future_bytes bytes_;
};

// A handle: process-local, cheap to copy, safe to share between threads. All copies are the same future, and each
// may get the value, as with std::shared_future.
template <shareable T>
class future {
 public:
  using value_type = std::remove_const_t<T>;
  using shape = no_shape;

  static structure_identity identity() { return {"future", 1, &descriptor_of<value_type>()}; }
  static result<std::uint64_t> bytes_for(shape const&) {
    return sizeof(future_header) + words_for(sizeof(T)) * word_bytes;
  }
  static void format(std::span<std::byte> body, shape const&) { future_bytes::format(body, sizeof(T)); }
  static result<future> adopt(std::shared_ptr<attached_entry> entry) {
    auto const bytes = future_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    return future{std::move(entry), *bytes};
  }

  // Once for all. Throws role_taken while another process has promised, already_satisfied, broken_promise.
  stoa::promise<value_type> promise() const {
    bytes_.promise(*entry_);
    return {entry_, bytes_};
  }

  // Waits. Throws broken_promise as soon as nobody will keep the promise any more.
  value_type get(wait_strategy strategy = wait_strategy::adaptive) const {
    if (bytes_.wait(deadline::never(), strategy, *entry_) == future_state::broken) future_bytes::throw_broken(*entry_);
    return copy();
  }
  // nullopt: not yet. Throws broken_promise if that is known.
  std::optional<value_type> try_get() const {
    auto const state = bytes_.state();
    if (state == future_state::broken) future_bytes::throw_broken(*entry_);
    if (state != future_state::value) return std::nullopt;
    return copy();
  }
  // There is a value, or there will be none.
  bool is_ready() const noexcept { return bytes_.state() != future_state::waiting; }
  void wait(wait_strategy strategy = wait_strategy::adaptive) const { wait_until(deadline::never(), strategy); }
  // False: not ready when `timeout` had passed.
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> timeout, wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_until(deadline::after(timeout), strategy);
  }
  bool wait_until(wait_clock::time_point when, wait_strategy strategy = wait_strategy::adaptive) const {
    return wait_until(deadline::at(when), strategy);
  }
  bool wait_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const {
    return bytes_.wait(until, strategy, *entry_) != future_state::waiting;
  }

 private:
  future(std::shared_ptr<attached_entry> entry, future_bytes bytes) noexcept
      : entry_{std::move(entry)}, bytes_{bytes} {}
  value_type copy() const noexcept {
    std::array<std::byte, sizeof(T)> bytes;
    bytes_.copy(bytes.data());
    return std::bit_cast<value_type>(bytes);
  }
  std::shared_ptr<attached_entry> entry_;
  future_bytes bytes_;
};

}  // namespace stoa
