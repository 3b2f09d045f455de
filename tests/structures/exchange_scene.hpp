// exchange_scene.hpp: requests and responses that know their number, and servers in threads.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stoa/exchange.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "numbered_message.hpp"

namespace stoa::testing {

using namespace std::chrono_literals;

inline std::span<std::byte const> text(std::string_view from) { return std::as_bytes(std::span{from}); }
inline std::string text_in(std::span<std::byte const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

// What the answer to request n is: a message with another number, and another size.
inline constexpr std::uint64_t answered = std::uint64_t{1} << 40;
inline std::uint64_t answer_to(std::uint64_t number) { return number + answered + 1; }
// A request of more than its number says so: its handler throws.
inline constexpr std::uint32_t throwing_type = 13;

inline std::uint64_t answer_numbers(call_request const& request, std::span<std::byte> response) {
  if (request.type() == throwing_type) throw std::runtime_error{"thirteen"};
  auto const number = is_numbered_message(request.data()) ? number_in(request.data()) : ~std::uint64_t{0};
  auto const answer = numbered_message(answer_to(number));
  std::memcpy(response.data(), answer.data(), answer.size());
  return answer.size();
}
inline bool is_answer_to(std::uint64_t number, std::span<std::byte const> bytes) {
  return is_numbered_message(bytes) && number_in(bytes) == answer_to(number);
}

inline std::uint64_t echo(call_request const& request, std::span<std::byte> response) {
  if (request.size() != 0) std::memcpy(response.data(), request.data().data(), request.size());
  return request.size();
}

template <class Value>
errc code_of(result<Value> const& of) {
  return of ? errc{} : of.error().code();
}

// Serves in a thread of its own until it goes.
class serving {
 public:
  template <class Handler>
  serving(exchange const& calls, Handler handler, side whose = side::front)
      : thread_{[this, calls, handler, whose] {
          auto service = calls.server(whose);
          is_there_ = true;
          while (!is_over_) service.serve_for(1ms, handler);
        }} {
    while (!is_there_) std::this_thread::yield();
  }
  ~serving() {
    is_over_ = true;
    thread_.join();
  }
  serving(serving const&) = delete;
  serving& operator=(serving const&) = delete;

 private:
  std::atomic<bool> is_over_{false};
  std::atomic<bool> is_there_{false};
  std::thread thread_;
};

}  // namespace stoa::testing
