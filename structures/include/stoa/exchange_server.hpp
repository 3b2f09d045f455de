// stoa/exchange_server.hpp: answering calls.
//
//   auto service = calls.server();
//   service.serve_for(10ms, [](call_request const& request, std::span<std::byte> response) {
//     std::memcpy(response.data(), request.data().data(), request.size());
//     return request.size();                                 // bytes of the response; void: none
//   });
//
// A server belongs to one thread at a time; any number of them serve an exchange, up to 64 a direction. What a handler
// throws is its caller's error, handler_failed, and the server goes on.
#pragma once
#include <exception>
#include <memory>
#include <span>
#include <stoa/exchange_bytes.hpp>
#include <type_traits>
#include <utility>

namespace stoa {

// A request, where its caller wrote it. Valid while it is handled.
class call_request {
 public:
  call_request(std::byte const* data, std::uint32_t size, std::uint32_t type) noexcept
      : data_{data}, size_{size}, type_{type} {}
  std::span<std::byte const> data() const noexcept { return {data_, size_}; }  // aligned to 16 bytes
  std::size_t size() const noexcept { return size_; }
  std::uint32_t type() const noexcept { return type_; }

 private:
  std::byte const* data_;
  std::uint32_t size_;
  std::uint32_t type_;
};

// Movable, not copyable. Its end, or close(), is leaving in order: callers wait for another server.
class exchange_server {
 public:
  exchange_server(exchange_server&& other) noexcept
      : entry_{std::move(other.entry_)},
        way_{other.way_},
        place_{std::exchange(other.place_, nullptr)},
        self_{other.self_},
        next_{other.next_},
        looked_{other.looked_} {}
  exchange_server& operator=(exchange_server&& other) noexcept {
    if (this != &other) {
      close();
      entry_ = std::move(other.entry_);
      way_ = other.way_;
      place_ = std::exchange(other.place_, nullptr);
      self_ = other.self_;
      next_ = other.next_;
      looked_ = other.looked_;
    }
    return *this;
  }
  ~exchange_server() { close(); }

  // Serves one request, if there is one, or those that dead servers left. Throws errc::closed, forked.
  template <class Handler>
  bool try_serve(Handler&& handler) {
    check_open();
    return (is_look_due() && look_for_dead(handler) != 0) || serve_next(handler);
  }
  // Serves what comes until `timeout` has passed; how many.
  template <class Rep, class Period, class Handler>
  std::size_t serve_for(std::chrono::duration<Rep, Period> timeout, Handler&& handler,
                        wait_strategy strategy = wait_strategy::adaptive) {
    return serve_until(deadline::after(timeout), handler, strategy);
  }
  template <class Handler>
  std::size_t serve_until(deadline until, Handler&& handler, wait_strategy strategy = wait_strategy::adaptive) {
    check_open();
    for (auto served = look_for_dead(handler);;) {
      auto const more = wait_to_serve(until, handler, strategy);
      served += more;
      // The clock is read while the caller works.
      if (more == 0 || until.has_passed()) return served;
      if (is_look_due()) served += look_for_dead(handler);
    }
  }
  // Waits for one request and serves it, or those that dead servers left. False: none came in time.
  template <class Rep, class Period, class Handler>
  bool serve_one_for(std::chrono::duration<Rep, Period> timeout, Handler&& handler,
                     wait_strategy strategy = wait_strategy::adaptive) {
    check_open();
    return wait_to_serve(deadline::after(timeout), handler, strategy) != 0;
  }
  void close() noexcept;

 private:
  friend class exchange;
  exchange_server(std::shared_ptr<attached_entry> entry, exchange_way const& way);

  void check_open() const;
  bool is_look_due() noexcept {
    auto const now = wait_clock::now();
    if (now - looked_ < wait_slice) return false;
    looked_ = now;
    return true;
  }
  // How many: one, or those that dead servers left; 0: none came in time.
  template <class Handler>
  std::size_t wait_to_serve(deadline until, Handler& handler, wait_strategy strategy) {
    return wait_for(way_.header().servers, until, strategy, [&](bool thorough) {
      std::size_t const again = thorough ? look_for_dead(handler) : 0;
      return again != 0 ? again : std::size_t{serve_next(handler)};
    });
  }
  // The slot served last comes first: its caller is the likeliest to call again, and cannot have done so yet where
  // others wait.
  template <class Handler>
  bool serve_next(Handler& handler) {
    auto const slots = way_.slots();
    for (std::uint64_t i = 0, at = next_; i < slots; ++i, at = at + 1 == slots ? 0 : at + 1) {
      auto const slot = way_.slot(at);
      auto const seen = slot.pending();
      if (!seen) [[likely]] continue;
      slot.fetch_ahead(way_.payload_bytes());
      if (!slot.begin(*seen, self_)) continue;
      next_ = at;
      answer(slot, seen->generation, handler);
      return true;
    }
    return false;
  }
  // How many requests it served again.
  template <class Handler>
  [[gnu::noinline]] std::size_t look_for_dead(Handler& handler) {
    way_.clear_dead_places(entry_->owner());
    return way_.take_over(entry_->owner(), [&](exchange_slot slot, call_generation generation) {
      answer(slot, generation, handler);
    });
  }
  // Of a service that this server has begun, or taken over. Throws errc::forked in a child that the handler forked: the
  // service is the parent's.
  template <class Handler>
  void answer(exchange_slot const& slot, call_generation generation, Handler& handler) {
    auto const& head = slot.request();
    // relaxed: exchange_slot.hpp:A1 came before
    call_request const request{slot.request_payload(), head.size.load(std::memory_order_relaxed),
                               head.type.load(std::memory_order_relaxed)};
    if (request.size() > way_.payload_bytes() || request.type() >= first_reserved_type) [[unlikely]] {
      bool const is_ping = request.type() == ping_type && request.size() == 0;
      slot.answer(generation, is_ping ? response_state::done : response_state::refused, 0);
      return;
    }
    std::span<std::byte> const response{slot.response_payload(), way_.payload_bytes()};
    std::uint64_t size = 0;
    try {
      size = handled(handler, request, response);
    } catch (std::exception const& problem) {
      return fail(slot, generation, problem.what());
    } catch (...) {
      return fail(slot, generation, "something that is no std::exception");
    }
    if (size > response.size()) [[unlikely]] return fail(slot, generation, "its response is larger than its room");
    if (entry_->owner().was_inherited()) [[unlikely]] check_open();
    slot.answer(generation, response_state::done, static_cast<std::uint32_t>(size));
  }
  template <class Handler>
  static std::uint64_t handled(Handler& handler, call_request const& request, std::span<std::byte> response) {
    if constexpr (std::is_void_v<decltype(handler(request, response))>) {
      handler(request, response);
      return 0;
    } else {
      return static_cast<std::uint64_t>(handler(request, response));
    }
  }
  void fail(exchange_slot const& slot, call_generation generation, char const* what) const;

  std::shared_ptr<attached_entry> entry_;
  exchange_way way_;
  atomic_u64* place_ = nullptr;
  short_owner self_ = 0;
  std::uint64_t next_ = 0;
  wait_clock::time_point looked_{};
};

}  // namespace stoa
