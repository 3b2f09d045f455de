// Something is done once, or begun anew by the next one.
#include <stoa/sync/once_flag.hpp>

#include "sync_world.hpp"

namespace stoa::kill_suite {
namespace {

contents found(once_flag const& which, complaints&) { return {which.is_done()}; }
void works(once_flag const& which, complaints& bad) {
  which.call([] {});
  bad.expect(which.is_done(), "called, and not done");
  bad.expect(!which.call([] {}), "done twice");
}
void goes_on(once_flag const& which, complaints&) { static_cast<void>(which.is_done()); }
void call(once_flag const& which) { which.call([] {}); }

}  // namespace

std::vector<operation> once_flag_operations() {
  sync_rules<once_flag> const rules{[](segment const& home) { return home.publish<once_flag>("x"); }, found, works,
                                    goes_on, call, [](contents) { return contents{1}; }};
  return sync_operations<once_flag>("once_flag", rules, {{"call", {0}, {1}, {}, {}, call}});
}

}  // namespace stoa::kill_suite
