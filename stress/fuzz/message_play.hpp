// message_play.hpp: one structure for messages, two participants, and steps; what may be damaged, and when.
#pragma once
#include <filesystem>
#include <optional>
#include <stoa/segment.hpp>
#include <string>

#include "hostile.hpp"
#include "patch.hpp"
#include "scratch.hpp"
#include "soon.hpp"

namespace stoa::fuzz {

class message_play {
 public:
  virtual ~message_play() = default;
  message_play(message_play const&) = delete;
  message_play& operator=(message_play const&) = delete;

  void take(step const& what) {
    if (what.what >= first_that_is_no_patch) return act(what);
    if (!may_damage_) return;
    if (!whole_) whole_ = testing::specimen_of(first_);  // where its parts are
    is_damaged_ |= apply_patch(what, *whole_, first_.attachment().map().base()).at != nullptr;
  }
  // What is still there is received; then the books are looked at.
  virtual void end() = 0;

 protected:
  explicit message_play(fuzz_input const& input)
      : may_damage_{input.scene(3) % 2 != 0},
        first_{segment::create(fresh_name(), 64 * 1024, small())},
        second_{segment::open(name())} {}

  virtual void act(step const& what) = 0;

  template <class T>
  static void ignore(T const&) {}
  // Nothing is expected of what is damaged but that calls end.
  void expect(bool condition, char const* what) const {
    if (!is_damaged_) testing::insist(condition, what);
  }
  bool is_damaged() const noexcept { return is_damaged_; }
  segment const& home(std::size_t side) const noexcept { return side == 0 ? first_ : second_; }

 private:
  static testing::scratch_name const& name() {
    static testing::scratch_name const made;
    return made;
  }
  // A damaged header may have said that the last segment is to stay.
  static std::string const& fresh_name() {
    std::filesystem::remove(name().path());
    return name();
  }
  static segment_options small() {
    segment_options out;
    out.max_entries = 4;
    out.max_participants = 3;
    out.max_lanes = 3;
    return out;
  }

  bool may_damage_;
  bool is_damaged_ = false;
  segment first_;
  segment second_;
  std::optional<testing::specimen> whole_;
};

}  // namespace stoa::fuzz
