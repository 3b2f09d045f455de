// live_trial.hpp: a segment that two participants of this process work in, as steps say, while its bytes are damaged.
#pragma once
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "hostile_subjects.hpp"
#include "mending.hpp"
#include "patch.hpp"
#include "scratch.hpp"
#include "seeds.hpp"
#include "soon.hpp"

namespace stoa::fuzz {

class live_trial {
 public:
  // `before_mending`: see mending.hpp.
  explicit live_trial(fuzz_input const& input, std::function<void()> before_mending = {})
      : from_{seeds()[input.scene(0) % structure_seeds()]},
        in_the_end_{name().path(), from_.whole, std::move(before_mending)} {
    testing::hostile_trial{name(), from_.whole.bytes, {}, 0, {}}.write_undamaged();
    for (std::size_t i = 0; i < input.steps(); ++i)
      if (auto const each = input.at(i); each.what < first_that_is_no_patch) is_entry_damaged_ |= is_of_entry(each);
    for (std::size_t i = 0; i < users_.size(); ++i) come(i);
  }

  std::byte* base() const { return users_[0].home->attachment().map().base(); }
  testing::specimen const& whole() const { return from_.whole; }

  // One that is no patch.
  void call(step const& what) {
    auto& one = users_[what.what % users_.size()];
    auto const index = static_cast<std::size_t>(what.at);
    switch (what.how % 8) {
      case 0: soon([&] { if (one.home) testing::look_at_entries(*one.home); }); return;
      case 1: soon([&] { if (one.home) testing::ignore(one.home->participants().begin()); }); return;
      case 2: come(what.what % users_.size()); return;
      case 3:
      case 4: call_one(one.can ? one.can->looking : testing::calls{}, index); return;
      default: call_one(one.can ? one.can->changing : testing::calls{}, index); return;
    }
  }
  void call_all() {
    for (auto& each : users_)
      if (each.can)
        for (auto const* all : {&each.can->looking, &each.can->changing})
          for (auto const& call : *all) soon(call);
  }

 private:
  struct participant {
    std::optional<segment> home;
    std::optional<testing::fenced> fence;
    std::optional<testing::user> can;  // none: it could not attach, as the structure is damaged, or its role taken
  };

  static testing::scratch_name const& name() {
    static testing::scratch_name const made;
    return made;
  }
  // The second leaves and comes again as another participant; the first one's mapping stays.
  void come(std::size_t number) {
    auto& one = users_[number];
    one.can.reset();
    if (number != 0 || !one.home) {
      one.fence.reset();
      one.home.reset();
      soon([&] { one.home = segment::open(name()); });
      if (one.home) one.fence.emplace(*one.home, from_.structure_end, is_entry_damaged_);
    }
    if (one.home) soon([&] { one.can = from_.what->attach(*one.home); });
  }
  static void call_one(testing::calls const& all, std::size_t index) {
    if (!all.empty()) soon(all[index % all.size()]);
  }

  seed const& from_;
  mending in_the_end_;
  bool is_entry_damaged_ = false;
  std::array<participant, 2> users_;
};

}  // namespace stoa::fuzz
