// stoa/known_lives.hpp: who was found dead, or alive, a moment ago.
//
// For one look at what many may hold: neighbours are often held by the same, and each answer costs a system call. Who
// died since then is found by the next look.
#pragma once
#include <stoa/attachment.hpp>

namespace stoa {

class known_lives {
 public:
  explicit known_lives(attachment const& looker) noexcept : looker_{looker} {}
  // False: also for nobody, 0.
  bool is_alive(participant_id who) noexcept {
    if (who != last_) {
      last_ = who;
      last_lives_ = looker_.is_alive(who);
    }
    return last_lives_;
  }

 private:
  attachment const& looker_;
  participant_id last_ = 0;
  bool last_lives_ = false;
};

}  // namespace stoa
