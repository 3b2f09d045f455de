// channel_play.hpp: clients connect, both sides send and receive, with terms that fit or do not.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <stoa/channel_listener.hpp>
#include <stoa/channel_offer.hpp>

#include "message_play.hpp"

namespace stoa::fuzz {

class channel_play final : public message_play {
 public:
  explicit channel_play(fuzz_input const& input);
  void end() override;

 private:
  // A connection's end, and what is on its way to it.
  struct side {
    std::optional<channel> end;
    std::deque<std::uint64_t> coming;
    std::optional<channel_message> held;
    std::optional<channel_claim> claim;
  };

  void act(step const& what) override;
  void offer(step const& what);
  void connect();
  void disconnect();
  void send(step const& what);
  void receive(step const& what);
  void claim_or_commit(step const& what);
  void note(side& by, message_view const& each) const;
  side& other(side const& of) noexcept { return &of == &sides_[0] ? sides_[1] : sides_[0]; }

  channel_listener listener_;
  std::optional<channel_offer> offer_;
  std::array<side, 2> sides_;
  std::uint64_t last_ = 0;
};

}  // namespace stoa::fuzz
