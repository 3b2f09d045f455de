// stoa/channel.hpp: a connection between two processes, in both directions: messages of any size, each side told
// when the other is gone.
//
//   auto peer = stoa::channel::connect(segment, "service", 2s);     // channel_listener.hpp is the other side
//   peer.send(request, 0, 1s);
//   while (auto reply = peer.receive_for(1s)) use(reply->data());
//
// Thread safety  one thread sends, one thread receives; they may be two. close(), moving and destruction only when
//                neither of them is at it.
// Progress       sending and receiving are wait-free where there is room, or a message.
// Crash          docs/crash.md, L1 to L8. Whoever waits for the other side is told within a slice of its wait
//                (waiting.hpp) that it died. What it had sent before can be received.
// Fork           a child must connect for itself.
//
// The states of a connection and their invariants are in channel_bytes.hpp, the rings in channel_ring.hpp.
#pragma once
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <stoa/base/shareable.hpp>
#include <stoa/channel_connection.hpp>
#include <stoa/channel_message.hpp>
#include <stoa/segment.hpp>
#include <vector>

namespace stoa {

// What can be sent: bytes, or a value that means the same at the other side.
template <class M>
concept sendable = std::convertible_to<M const&, std::span<std::byte const>> ||
                   (shareable<M> && !std::ranges::view<M> && !std::is_array_v<M>);

struct connection_statistics {
  std::uint64_t sent = 0;      // messages
  std::uint64_t received = 0;  // by this side
  std::uint64_t unread = 0;    // of the sent, what the other side has not taken yet. Racy
  std::uint64_t send_refusals = 0;  // calls that found no room
};

// Movable, not copyable. Moved from or closed, everything but is_open(), connected() and at_end() throws
// errc::connection_closed.
class channel {
 public:
  channel() = default;

  // Waits until there is such a name, a place for one more client, and a listener that accepts. Throws, when
  // `timeout` has passed: no_such_name, too_many_connections, not_listening (nobody alive accepts), timed_out
  // (somebody does, but not this). At once: version_mismatch, terms_mismatch, kind_mismatch, read_only, forked,
  // corrupt_structure.
  template <class Rep, class Period>
  static channel connect(segment const& where, std::string_view name, std::chrono::duration<Rep, Period> timeout,
                         channel_terms const& terms = {}, wait_strategy strategy = wait_strategy::adaptive) {
    return try_connect(where, name, deadline::after(timeout), terms, strategy).value();
  }
  static result<channel> try_connect(segment const& where, std::string_view name, deadline until,
                                     channel_terms const& terms = {},
                                     wait_strategy strategy = wait_strategy::adaptive);

  // --- sending; throws connection_closed when the other side is known to be gone, and invalid_argument for a message
  // larger than largest_message(). What was sent and what the other side has received are two things: a message to a
  // process that died just now is sent. ---

  // Waits while there is no room.
  template <sendable M>
  void send(M const& message, std::uint32_t type = 0, wait_strategy strategy = wait_strategy::adaptive) {
    send_until(message, type, deadline::never(), strategy);
  }
  // false: still no room when `timeout` had passed.
  template <sendable M, class Rep, class Period>
  bool send(M const& message, std::uint32_t type, std::chrono::duration<Rep, Period> timeout,
            wait_strategy strategy = wait_strategy::adaptive) {
    auto const bytes = bytes_of(message);  // first without asking what time it is
    if (finish(own().claim_at_once(bytes.size()), bytes, type)) return true;
    return send_until(message, type, deadline::after(timeout), strategy);
  }
  template <sendable M>
  bool send_until(M const& message, std::uint32_t type, deadline until,
                  wait_strategy strategy = wait_strategy::adaptive) {
    auto const bytes = bytes_of(message);
    return finish(own().claim_until(bytes.size(), until, strategy), bytes, type);
  }
  // false: there is no room. Never waits.
  template <sendable M>
  bool try_send(M const& message, std::uint32_t type = 0) {
    auto const bytes = bytes_of(message);
    return finish(own().claim(bytes.size()), bytes, type);
  }
  // Room for a message of `size` bytes, to be written in place. Empty: there is no room.
  [[nodiscard]] channel_claim claim(std::size_t size, std::uint32_t type = 0) {
    return made(own().claim(size), size, type);
  }
  template <class Rep, class Period>
  [[nodiscard]] channel_claim claim_for(std::size_t size, std::uint32_t type,
                                        std::chrono::duration<Rep, Period> timeout,
                                        wait_strategy strategy = wait_strategy::adaptive) {
    return made(own().claim_until(size, deadline::after(timeout), strategy), size, type);
  }

  // --- receiving; throws corrupt_structure. Nothing: at_end() says whether something can still come ---

  [[nodiscard]] std::optional<channel_message> try_receive() {
    message_view seen;
    return own().look(seen) ? taken(seen) : std::nullopt;
  }
  // nullopt: the other side is gone, and all it had sent was received.
  [[nodiscard]] std::optional<channel_message> receive(wait_strategy strategy = wait_strategy::adaptive) {
    return receive_until(deadline::never(), strategy);
  }
  // nullopt: `timeout` has passed, or the other side is gone and all it had sent was received.
  template <class Rep, class Period>
  [[nodiscard]] std::optional<channel_message> receive_for(std::chrono::duration<Rep, Period> timeout,
                                                           wait_strategy strategy = wait_strategy::adaptive) {
    if (auto got = try_receive()) return got;  // without asking what time it is
    return receive_until(deadline::after(timeout), strategy);
  }
  std::optional<channel_message> receive_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) {
    message_view seen;
    return own().look_until(seen, until, strategy) ? taken(seen) : std::nullopt;
  }
  // A message copied to `out`, which is made as large; its space is given back.
  template <class Rep, class Period>
  [[nodiscard]] std::optional<message_view> receive_copy(std::vector<std::byte>& out,
                                                         std::chrono::duration<Rep, Period> timeout,
                                                         wait_strategy strategy = wait_strategy::adaptive);
  // A value that was sent as one. Throws type_mismatch, and leaves the message where it is, if it has another type or
  // size.
  template <shareable T, class Rep, class Period>
  [[nodiscard]] std::optional<T> receive_as(std::uint32_t type, std::chrono::duration<Rep, Period> timeout,
                                            wait_strategy strategy = wait_strategy::adaptive) {
    return receive_value<T>(type, deadline::after(timeout), strategy);
  }
  template <shareable T>
  [[nodiscard]] std::optional<T> try_receive_as(std::uint32_t type = 0) {
    return receive_value<T>(type, deadline::after(std::chrono::seconds{0}), wait_strategy::yield);
  }
  // Calls handler(message_view const&) for up to `limit` messages that are there, and gives the space of each back
  // when it returns; how many. A message whose handler throws is there for the next call.
  template <class Handler>
  std::size_t poll(Handler&& handler, std::size_t limit = ~std::size_t{0});

  // --- state ---

  // The other side is there: it has neither left nor died. One system call.
  bool connected() const noexcept { return is_open() && state_->is_other_there(true); }
  // Nothing can be received any more: the other side is gone, and all it had sent was received. One system call.
  bool at_end() const noexcept { return !is_open() || state_->is_at_end(); }
  // False: default constructed, moved from or closed.
  bool is_open() const noexcept { return state_ != nullptr; }
  // Leaves; as destruction does. What was received and claimed stays valid, and keeps this side in the connection.
  void close() noexcept { state_.reset(); }
  std::uint64_t largest_message() const { return own().seat().agreed.largest_message; }
  // The version that both sides agreed on.
  std::uint32_t version() const { return own().seat().agreed.version; }
  bool has_checksums() const { return own().seat().agreed.checksum; }
  connection_statistics statistics() const;
  // For waitable_fd: a message, or the end. By the thread that receives, when try_receive() has found nothing.
  wait_point arrivals() const { return own().arrivals(); }

 private:
  friend class channel_offer;
  friend class channel_listener;
  explicit channel(std::shared_ptr<internal::channel_connection> state) noexcept : state_{std::move(state)} {}

  internal::channel_connection& own() const {
    if (state_ == nullptr) [[unlikely]] refuse_closed();
    return *state_;
  }
  [[noreturn]] static void refuse_closed();
  [[noreturn]] static void refuse_type(message_view const& seen, std::uint32_t type, std::size_t size);

  template <class M>
  static std::span<std::byte const> bytes_of(M const& message) noexcept {
    if constexpr (std::convertible_to<M const&, std::span<std::byte const>>)
      return message;
    else
      return std::as_bytes(std::span{&message, 1});
  }
  bool finish(std::byte* room, std::span<std::byte const> bytes, std::uint32_t type) noexcept {
    if (room == nullptr) [[unlikely]] return false;
    if (!bytes.empty()) std::memcpy(room, bytes.data(), bytes.size());
    state_->sending().publish({static_cast<std::uint32_t>(bytes.size()), type});
    return true;
  }
  channel_claim made(std::byte* room, std::size_t size, std::uint32_t type) const noexcept {
    if (room == nullptr) return {};
    return channel_claim{state_, room, {static_cast<std::uint32_t>(size), type}};
  }
  std::optional<channel_message> taken(message_view const& seen) const { return channel_message{seen, state_}; }
  void done() noexcept {
    state_->receiving().take();
    state_->receiving().release();
  }
  template <class T>
  std::optional<T> receive_value(std::uint32_t type, deadline until, wait_strategy strategy) {
    message_view seen;
    if (!own().look_until(seen, until, strategy)) return std::nullopt;
    if (seen.type() != type || seen.size() != sizeof(T)) refuse_type(seen, type, sizeof(T));
    std::array<std::byte, sizeof(T)> copy;
    std::memcpy(copy.data(), seen.data().data(), sizeof(T));
    done();
    return std::bit_cast<T>(copy);
  }

  std::shared_ptr<internal::channel_connection> state_;
};

template <class Rep, class Period>
std::optional<message_view> channel::receive_copy(std::vector<std::byte>& out,
                                                  std::chrono::duration<Rep, Period> timeout, wait_strategy strategy) {
  message_view seen;
  if (!own().look_until(seen, deadline::after(timeout), strategy)) return std::nullopt;
  out.assign(seen.data().begin(), seen.data().end());
  message_view const copy{{static_cast<std::uint32_t>(seen.size()), seen.type()}, out.data(), seen.sequence(), 0};
  done();
  return copy;
}

template <class Handler>
std::size_t channel::poll(Handler&& handler, std::size_t limit) {
  std::size_t handled = 0;
  for (message_view seen; handled < limit && own().look(seen); ++handled) {
    handler(std::as_const(seen));
    done();
  }
  return handled;
}

}  // namespace stoa
