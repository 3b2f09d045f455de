// stoa/base/route_choice.hpp: which of two routes copies take, told by how fast they come one after the other.
//
// How long a copy takes does not tell: what its writer saves, its reader may have to pay. But when the reader cannot
// keep up, the writer has to wait for it, so the time from one copy to the next is what both of them need. Once in a while
// a run of copies takes the other route. Past the cache is the route from then on if copies come faster that way by
// half, and else through it; a route that was tried in vain is tried half as often.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>

namespace stoa::internal {

enum class copy_route { through_the_cache, past_the_cache };

class route_choice {
 public:
  // Of the copy that begins. now() is the time in ns, asked for twice in a run.
  template <class Clock>
  copy_route next(std::uint64_t bytes, Clock now) noexcept {
    if (done_ >= length_) end_run(now());
    if (done_ + measured == length_) begin_ = now();
    if (done_ + measured >= length_) bytes_ += bytes;
    ++done_;
    return route_;
  }

 private:
  static constexpr std::uint32_t measured = 64;      // copies at the end of each run
  // What lies in a ring from the run before is read by then, if that is not more than 64 messages.
  static constexpr std::uint32_t short_run = 2 * measured;
  static constexpr std::uint32_t long_run = 1u << 16;

  void end_run(std::uint64_t now) noexcept {
    auto const pace = static_cast<double>(bytes_) / static_cast<double>(std::max<std::uint64_t>(now - begin_, 1));
    if (!is_trial_) {
      pace_ = pace;
      change_route();
      length_ = short_run;
    } else {
      bool const is_past = route_ == copy_route::past_the_cache;
      auto const [past, through] = is_past ? std::pair{pace, pace_} : std::pair{pace_, pace};
      bool const is_kept = is_past == (past > through + through / 2);  // the one that was tried
      if (!is_kept) change_route();
      length_ = settled_ = is_kept ? short_run : std::min(2 * settled_, long_run);
    }
    is_trial_ = !is_trial_;
    done_ = 0;
    bytes_ = 0;
  }
  void change_route() noexcept {
    route_ = route_ == copy_route::through_the_cache ? copy_route::past_the_cache : copy_route::through_the_cache;
  }

  copy_route route_ = copy_route::through_the_cache;
  bool is_trial_ = false;
  std::uint32_t length_ = short_run;   // of this run, in copies
  std::uint32_t settled_ = short_run;  // of the runs between two trials
  std::uint32_t done_ = 0;             // of this run
  std::uint64_t begin_ = 0;            // of its measured part
  std::uint64_t bytes_ = 0;            // in that
  double pace_ = 0;                    // of the run before a trial
};

}  // namespace stoa::internal
