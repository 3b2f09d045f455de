// Something is done once, or begun anew by the next one; who finds it done finds what was to be done.
#include <stoa/sync/once_flag.hpp>

#include "sync_world.hpp"

namespace stoa::kill_suite {
namespace {

// What the call does, in memory that a victim shares: it takes some instructions, and may be half done.
report& effect_of_call() {
  static shared_report const shared;
  return *shared.get();
}
void do_it() {
  auto& what = effect_of_call();
  what.pushes = 0;
  while (what.pushes < what.pushed.size()) what.note_push(what.pushes + 1);
  what.is_done = true;
}

contents found(once_flag const& which, complaints& bad) {
  bool const is_done = which.is_done();
  bad.expect(!is_done || effect_of_call().is_done, "called, and half done");
  return {is_done};
}
void works(once_flag const& which, complaints& bad) {
  which.call(do_it);
  bad.expect(which.is_done() && effect_of_call().is_done, "called, and not done");
  bad.expect(!which.call(do_it), "done twice");
}
void goes_on(once_flag const& which, complaints& bad) { found(which, bad); }
void call(once_flag const& which) { which.call(do_it); }

}  // namespace

std::vector<operation> once_flag_operations() {
  auto const publish = [](segment const& home) {
    effect_of_call() = {};
    return home.publish<once_flag>("x");
  };
  sync_rules<once_flag> const rules{publish, found, works, goes_on, call, [](contents) { return contents{1}; }};
  return sync_operations<once_flag>("once_flag", rules, {{"call", {0}, {1}, {}, {}, call}});
}

}  // namespace stoa::kill_suite
