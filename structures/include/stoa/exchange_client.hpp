// stoa/exchange_client.hpp: calling: a request, and the reply to it.
//
//   auto caller = calls.client();
//   auto reply = caller.call(bytes, 1, 1s);                  // waits
//   auto later = caller.start(bytes, 1);                     // goes on; any number at a time, as slots last
//   auto request = caller.claim(100, 1);                     // written in place: request->bytes()
//
// A client, and what it gives out, belong to one thread at a time; they keep the segment in place.
// Nothing here throws but what is used after it was closed. Errors (errc): timed_out, server_died, no_free_slot,
// handler_failed, reserved_type, too_large, closed; forked, corrupt_structure. What a call that timed out or whose
// server died has done is not known: its request may have been served, or be under way.
#pragma once
#include <span>
#include <stoa/exchange_desk.hpp>

namespace stoa {

// What came back. Read in place: the slot is held until the reply is closed or goes.
class call_reply {
 public:
  call_reply(call_reply&& other) noexcept
      : desk_{std::move(other.desk_)}, slot_{std::exchange(other.slot_, {})}, size_{std::exchange(other.size_, 0)} {}
  call_reply& operator=(call_reply&& other) noexcept {
    if (this != &other) {
      close();
      desk_ = std::move(other.desk_);
      slot_ = std::exchange(other.slot_, {});
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  ~call_reply() { close(); }

  // Aligned to 16 bytes. Throws errc::closed.
  std::span<std::byte const> data() const {
    if (!slot_) [[unlikely]] refuse();
    return {slot_.slot.response_payload(), size_};
  }
  std::size_t size() const noexcept { return size_; }
  // The slot is free for another call.
  void close() noexcept {
    if (!slot_) return;
    auto const desk = std::move(desk_);
    desk->put_back(std::exchange(slot_, {}));
    size_ = 0;
  }

 private:
  friend class pending_call;
  friend class exchange_client;
  call_reply(internal::desk_ptr desk, internal::held_slot const& mine, std::uint32_t size) noexcept
      : desk_{std::move(desk)}, slot_{mine}, size_{size} {}
  [[noreturn]] void refuse() const;

  internal::desk_ptr desk_;
  internal::held_slot slot_;
  std::uint32_t size_ = 0;
};

// A call that was started. Destroyed before its end it is cancelled.
class pending_call {
 public:
  pending_call(pending_call&& other) noexcept
      : desk_{std::move(other.desk_)}, slot_{std::exchange(other.slot_, {})} {}
  pending_call& operator=(pending_call&& other) noexcept {
    if (this != &other) {
      cancel();
      desk_ = std::move(other.desk_);
      slot_ = std::exchange(other.slot_, {});
    }
    return *this;
  }
  ~pending_call() { cancel(); }

  // False: it is over, its end was got.
  explicit operator bool() const noexcept { return static_cast<bool>(slot_); }
  // There is an answer. One load.
  bool ready() const noexcept { return slot_ && internal::exchange_desk::is_answered(slot_); }
  // After timed_out the call goes on, and can be asked for again; after all else it is over. In a forked child: forked,
  // also if there is an answer. The call is the parent's.
  template <class Rep, class Period>
  result<call_reply> get_for(std::chrono::duration<Rep, Period> timeout,
                             wait_strategy strategy = wait_strategy::adaptive) {
    return get_until(deadline::after(timeout), strategy);
  }
  result<call_reply> get_until(deadline until, wait_strategy strategy = wait_strategy::adaptive);
  result<call_reply> get(wait_strategy strategy = wait_strategy::adaptive) {
    return get_until(deadline::never(), strategy);
  }
  // Nobody will see the answer. A server that has the request already finishes it.
  void cancel() noexcept;

 private:
  friend class exchange_client;
  friend class claimed_request;
  pending_call(internal::desk_ptr desk, internal::held_slot const& mine) noexcept
      : desk_{std::move(desk)}, slot_{mine} {}

  internal::desk_ptr desk_;
  internal::held_slot slot_;
};

// A request that is being written in place. Nothing is asked before start() or call().
class claimed_request {
 public:
  claimed_request(claimed_request&& other) noexcept
      : desk_{std::move(other.desk_)}, slot_{std::exchange(other.slot_, {})}, size_{other.size_}, type_{other.type_} {}
  claimed_request& operator=(claimed_request&& other) noexcept {
    if (this != &other) {
      abort();
      desk_ = std::move(other.desk_);
      slot_ = std::exchange(other.slot_, {});
      size_ = other.size_;
      type_ = other.type_;
    }
    return *this;
  }
  ~claimed_request() { abort(); }

  explicit operator bool() const noexcept { return static_cast<bool>(slot_); }
  // To be written; aligned to 16 bytes. Whatever was there before is in it. Throws errc::closed.
  std::span<std::byte> bytes() const {
    if (!slot_) [[unlikely]] refuse();
    return {slot_.slot.request_payload(), size_};
  }
  // Closed if it was started or aborted before.
  result<pending_call> start();
  template <class Rep, class Period>
  result<call_reply> call(std::chrono::duration<Rep, Period> timeout,
                          wait_strategy strategy = wait_strategy::adaptive) {
    return call_until(deadline::after(timeout), strategy);
  }
  result<call_reply> call_until(deadline until, wait_strategy strategy = wait_strategy::adaptive);
  void abort() noexcept;

 private:
  friend class exchange_client;
  claimed_request(internal::desk_ptr desk, internal::held_slot const& mine, std::size_t size,
                  std::uint32_t type) noexcept
      : desk_{std::move(desk)}, slot_{mine}, size_{size}, type_{type} {}
  [[noreturn]] void refuse() const;

  internal::desk_ptr desk_;
  internal::held_slot slot_;
  std::size_t size_ = 0;
  std::uint32_t type_ = 0;
};

class exchange_client {
 public:
  // Asks, and waits for the reply. While no server ever came, or the last one left in order, it waits: one may come.
  template <class Rep, class Period>
  result<call_reply> call(std::span<std::byte const> bytes, std::uint32_t type,
                          std::chrono::duration<Rep, Period> timeout,
                          wait_strategy strategy = wait_strategy::adaptive) {
    if (!desk_->may_ask(bytes.size(), type)) [[unlikely]] return desk_->why_not(bytes.size(), type);
    auto mine = desk_->take_kept();
    if (!mine) [[unlikely]] return call_until(bytes, type, deadline::after(timeout), strategy);
    ask(mine, bytes, type);
    // The clock is read while the server works.
    return finish(mine, deadline::after(timeout), strategy);
  }
  result<call_reply> call_until(std::span<std::byte const> bytes, std::uint32_t type, deadline until,
                                wait_strategy strategy = wait_strategy::adaptive);
  // Does not wait for a slot: no_free_slot.
  result<pending_call> start(std::span<std::byte const> bytes, std::uint32_t type);
  // Room for a request to be written in place. Does not wait for a slot: no_free_slot.
  result<claimed_request> claim(std::size_t size, std::uint32_t type);
  // Whether a server answers, without its handler.
  template <class Rep, class Period>
  result<void> ping(std::chrono::duration<Rep, Period> timeout, wait_strategy strategy = wait_strategy::adaptive) {
    return ping_until(deadline::after(timeout), strategy);
  }
  // Bytes of the largest request, and of the largest response.
  std::size_t payload_bytes() const noexcept { return desk_->way().payload_bytes(); }

 private:
  friend class exchange;
  friend class claimed_request;
  explicit exchange_client(internal::desk_ptr desk) noexcept : desk_{std::move(desk)} {}

  void ask(internal::held_slot& mine, std::span<std::byte const> bytes, std::uint32_t type) const noexcept {
    if (!bytes.empty()) std::memcpy(mine.slot.request_payload(), bytes.data(), bytes.size());
    desk_->ask(mine, bytes.size(), type);
  }
  result<call_reply> finish(internal::held_slot const& mine, deadline until, wait_strategy strategy) const {
    auto const end = desk_->wait(mine, until, strategy);
    if (end != internal::call_end::answered && !desk_->give_up(mine)) [[unlikely]] return desk_->failed(end);
    auto const size = desk_->read(mine);
    if (!size) [[unlikely]] return size.error();
    return call_reply{desk_, mine, *size};
  }
  result<internal::held_slot> take(std::size_t size, std::uint32_t type, deadline until, wait_strategy strategy) const;
  result<void> ping_until(deadline until, wait_strategy strategy);

  internal::desk_ptr desk_;
};

}  // namespace stoa
