// stoa/channel_connection.hpp: one side of a connection: whether the other is there, waiting for it, and leaving.
//
// It leaves when the channel and all that was received or claimed through it are gone. A process that is killed
// has left at that moment: its kernel lock is free.
#pragma once
#include <memory>
#include <optional>
#include <stoa/channel_bytes.hpp>
#include <stoa/channel_ring.hpp>
#include <stoa/wait_point.hpp>

namespace stoa::internal {

enum class channel_side { client, server };

// Who is where: one side of a connection.
struct channel_seat {
  std::uint64_t index = 0;
  channel_word open = 0;        // the word while both are there
  channel_side side = channel_side::client;
  participant_id other = 0;
  agreed_terms agreed;
};

class channel_connection {
 public:
  channel_connection(std::shared_ptr<attached_entry> entry, channel_bytes const& bytes,
                     channel_seat const& seat) noexcept;
  channel_connection(channel_connection const&) = delete;
  channel_connection& operator=(channel_connection const&) = delete;
  ~channel_connection();

  channel_seat const& seat() const noexcept { return seat_; }
  sending_end& sending() noexcept { return sending_; }
  receiving_end& receiving() noexcept { return receiving_; }

  // False in a forked child: the connection is its parent's.
  bool is_own() const noexcept { return !entry_->owner().was_inherited(); }
  std::string where() const { return entry_->where(); }
  // Throws forked.
  void require_usable() const {
    if (!is_own()) [[unlikely]] check_writable(*entry_, "use a connection").value();
  }
  // The other side has not left. That it was killed is found by is_other_there(true), one system call, and
  // remembered.
  bool is_other_there(bool asks_the_kernel = false) const noexcept {
    // A1 <- channel_connection.cpp:R1 (I5 of channel_bytes.hpp): what it has sent before
    if (place_->word.load(std::memory_order_acquire) != seat_.open) [[unlikely]] return false;
    return !asks_the_kernel || is_other_alive();
  }
  // It is gone, and nothing it has sent is left.
  bool is_at_end() const noexcept { return !is_other_there(true) && !receiving_.has_message(); }

  // Room for a message; nullptr: there is none. Throws connection_closed, invalid_argument, corrupt_structure.
  std::byte* claim_at_once(std::uint64_t size) {
    require_usable();
    if (!is_other_there()) [[unlikely]] refuse_to_send();
    return sending_.claim(size);
  }
  // Also looks for the dead, and counts, where there is none.
  std::byte* claim(std::uint64_t size) {
    if (auto* const room = claim_at_once(size)) [[likely]] return room;
    return claim_again(size);
  }
  std::byte* claim_until(std::uint64_t size, deadline until, wait_strategy strategy);
  // False: there is nothing until then, or the other side is gone and all it has sent was received.
  bool look(message_view& seen) {
    require_usable();
    return receiving_.look(seen);
  }
  bool look_until(message_view& seen, deadline until, wait_strategy strategy);
  // By the thread that receives. Does not keep this side in the connection.
  wait_point arrivals() const;

 private:
  bool is_other_alive() const noexcept;
  [[gnu::noinline]] std::byte* claim_again(std::uint64_t size);
  // Once in a wait_slice: time to look whether the other side died. Not attached_entry's, which all connections of a
  // process have in common: the first to ask would keep the others from a look. Of the thread that sends.
  bool is_look_due() noexcept {
    auto const now = wait_clock::now();
    if (now - looked_ < wait_slice) return false;
    looked_ = now;
    return true;
  }
  [[noreturn]] void refuse_to_send() const;

  std::shared_ptr<attached_entry> entry_;
  channel_bytes bytes_;
  channel_seat seat_;
  channel_place* place_;
  mutable std::atomic<bool> is_other_dead_{false};
  wait_clock::time_point looked_{};
  alignas(pad_bytes) sending_end sending_;
  alignas(pad_bytes) receiving_end receiving_;
};

// Takes `which` out of the word, if it is in there with the word's generation. False: it was not.
bool leave_place(channel_bytes const& bytes, std::uint64_t index, channel_word seen, channel_side which) noexcept;

}  // namespace stoa::internal
