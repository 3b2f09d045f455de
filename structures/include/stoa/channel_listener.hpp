// stoa/channel_listener.hpp: where clients connect: the side of a channel that accepts.
//
//   auto listener = segment.publish_or_attach<stoa::channel_listener>("service");
//   while (auto peer = listener.accept_for(1s)) serve(std::move(*peer));
//
// One process at a time accepts: at its first accept it takes the listener's role, which is refused to others while it
// lives and taken over when it died. Offers wait for whoever comes.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <stoa/channel.hpp>
#include <stoa/role.hpp>

namespace stoa {

inline bool const channel_is_registered = register_kind(channel_operations());
inline constexpr role_words listener_role{"listener", "accept"};

// A handle: process-local, cheap to copy, safe to share between threads. The role is given back when the last copy
// goes; connections that were accepted stay.
class channel_listener {
 public:
  using shape = channel_shape;
  using options = channel_options;

  static structure_identity identity() { return {"channel", 1, &descriptor_of<std::uint8_t>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) { return channel_bytes::bytes_for(asked); }
  static void format(std::span<std::byte> body, shape const& asked) { channel_bytes::format(body, asked); }
  static result<channel_listener> adopt(std::shared_ptr<attached_entry> entry);

  // The next client. Throws timed_out; role_taken while another live process, or another attach in this one, accepts;
  // read_only, forked.
  template <class Rep, class Period>
  channel accept(std::chrono::duration<Rep, Period> timeout, wait_strategy strategy = wait_strategy::adaptive) const {
    auto got = accept_for(timeout, strategy);
    if (!got) refuse_late();
    return std::move(*got);
  }
  // nullopt: nobody came within `timeout`.
  template <class Rep, class Period>
  [[nodiscard]] std::optional<channel> accept_for(std::chrono::duration<Rep, Period> timeout,
                                                  wait_strategy strategy = wait_strategy::adaptive) const {
    return accept_until(deadline::after(timeout), strategy);
  }
  std::optional<channel> accept_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const;
  // nullopt: nobody waits. Never waits itself, but for another thread that accepts.
  [[nodiscard]] std::optional<channel> try_accept() const;
  // Takes the role now rather than at the first accept.
  result<void> try_become_listener() const;

  // What this handle and its copies offer from now on, instead of what the channel was made with.
  void set_terms(channel_terms const& terms) const;
  // Whether a live process has the role. One system call.
  bool has_listener() const noexcept { return is_role_alive(bytes().header().listener, entry().owner()); }
  std::uint64_t clients() const noexcept { return bytes().clients(); }
  std::uint64_t bytes_per_direction() const noexcept { return bytes().ring_bytes(); }
  // Racy where others work at the same time.
  channel_statistics statistics() const noexcept { return bytes().statistics(); }
  // For waitable_fd: clients that wait to be accepted.
  wait_point arrivals() const;

 private:
  struct shared_state {
    shared_state(std::shared_ptr<attached_entry> held, channel_bytes const& found)
        : entry{std::move(held)}, bytes{found}, terms{found.terms()} {}
    shared_state(shared_state const&) = delete;
    shared_state& operator=(shared_state const&) = delete;
    ~shared_state();
    std::shared_ptr<attached_entry> entry;
    channel_bytes bytes;
    std::mutex mutex;          // accepting, and what follows
    channel_terms terms;
    std::uint64_t epoch = 0;   // of this process when it took the role; 0: it has not
    std::uint64_t next = 0;    // the place to look at first
  };

  explicit channel_listener(std::shared_ptr<shared_state> state) noexcept : state_{std::move(state)} {}
  channel_bytes const& bytes() const noexcept { return state_->bytes; }
  attached_entry const& entry() const noexcept { return *state_->entry; }
  result<void> become_listener() const;
  std::shared_ptr<internal::channel_connection> accept_place(std::uint64_t index) const;
  bool answer(std::uint64_t index, channel_word seen, internal::channel_seat& seat) const;
  [[noreturn]] void refuse_late() const;

  std::shared_ptr<shared_state> state_;
};

}  // namespace stoa
