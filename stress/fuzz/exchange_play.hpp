// exchange_play.hpp: calls that are made, served, answered, cancelled and forgotten, in any order.
#pragma once
#include <cstdint>
#include <optional>
#include <stoa/exchange.hpp>
#include <vector>

#include "message_play.hpp"

namespace stoa::fuzz {

class exchange_play final : public message_play {
 public:
  explicit exchange_play(fuzz_input const& input);
  void end() override;

 private:
  struct asked {
    pending_call call;
    std::uint64_t number;
  };

  void act(step const& what) override;
  void ask(step const& what);
  void serve(step const& what);
  void get(step const& what);
  void note(std::uint64_t number, result<call_reply> const& reply) const;
  std::uint32_t type_of(step const& what) const noexcept;

  exchange front_;
  exchange back_;
  exchange_client caller_;
  std::optional<exchange_server> server_;
  std::vector<asked> calls_;
  std::vector<call_reply> replies_;  // held open
  std::uint64_t last_ = 0;
};

}  // namespace stoa::fuzz
