// stoa/exchange.hpp: calls from one process to another: a request, and its response.
//
//   auto calls = market.publish_or_attach<stoa::exchange>("calls", 4, 1_KiB);   // slots, bytes of a payload
//   auto service = calls.server();   service.serve_for(10ms, handler);          // any number of threads
//   auto caller = calls.client();    auto reply = caller.call(bytes, 1, 1s);    // one for each calling thread
//
// Requests and responses are written and read in place, in a slot: a call under way has one, and a client keeps one for
// its next call, until it goes.
//
// Progress  A call is wait-free up to its publication, and waits for its answer alone. A slot whose caller gave up
//           while a server was at it is used again when that server is done.
// Crash     docs/crash.md, I1 to I8. Each request is answered once, and the answer reaches that request only. Those
//           whose server died are told at once, or served by its successor, as exchange_options say.
//
// The algorithm and its invariants are in exchange_slot.hpp.
#pragma once
#include <memory>
#include <stoa/exchange_bytes.hpp>
#include <stoa/exchange_client.hpp>
#include <stoa/exchange_server.hpp>

namespace stoa {

inline bool const exchange_is_registered = register_kind(exchange_operations());

// A handle: process-local, cheap to copy, safe to share between threads.
class exchange {
 public:
  using shape = exchange_shape;
  using options = exchange_options;

  static structure_identity identity() { return {"exchange", 1, &descriptor_of<std::uint8_t>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) { return exchange_bytes::bytes_for(asked); }
  static void format(std::span<std::byte> body, shape const& asked) { exchange_bytes::format(body, asked); }
  static result<exchange> adopt(std::shared_ptr<attached_entry> entry);

  // Who calls, on this side. Throws read_only, forked; invalid_argument: there are no calls from the back.
  exchange_client client(side whose = side::front) const;
  // Who serves the calls of that side. Throws, besides, no_space: 64 live servers are there.
  exchange_server server(side whose = side::front) const;

  // --- state; racy where others work at the same time ---

  // Slots of each direction: calls under way at the same time, and clients that wait for nothing.
  std::uint64_t slots() const noexcept { return bytes_.shape().slots; }
  // Bytes of the largest request, and of the largest response.
  std::uint64_t payload_bytes() const noexcept { return bytes_.shape().payload_bytes; }
  bool is_two_way() const noexcept { return bytes_.is_two_way(); }
  exchange_statistics statistics() const noexcept { return bytes_.statistics(); }

 private:
  exchange(std::shared_ptr<attached_entry> entry, exchange_bytes const& bytes) noexcept
      : entry_{std::move(entry)}, bytes_{bytes} {}
  exchange_way way(side whose) const;

  std::shared_ptr<attached_entry> entry_;
  exchange_bytes bytes_;
};

}  // namespace stoa
