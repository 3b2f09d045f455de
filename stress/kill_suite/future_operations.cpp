// A promise is kept, or broken by who died with it.
#include <stoa/sync/future.hpp>

#include "sealed.hpp"
#include "sync_world.hpp"

namespace stoa::kill_suite {
namespace {

using number = future<sealed>;
contents const is_waiting{0};
contents const is_kept{50};
contents const is_broken{1};

// 0: nobody had promised it.
contents found(number const& which, complaints& bad) {
  static_cast<void>(which.wait_for(std::chrono::microseconds{0}));
  try {
    auto const value = which.try_get();
    if (!value) return is_waiting;
    bad.expect(value->is_whole(), "a torn value");
    return {value->number()};
  } catch (error const& problem) {
    if (problem.code() != errc::broken_promise) throw;
    return is_broken;
  }
}

// It is what it is; if nobody had promised it, it can be.
void works(number const& which, complaints& bad) {
  if (found(which, bad) != is_waiting) return;
  which.promise().set_value(sealed{60});
  bad.expect_same(found(which, bad), {60}, "a later promise");
}
void goes_on(number const& which, complaints& bad) {
  try {
    if (auto const value = which.try_get()) bad.expect(value->is_whole(), "a torn value");
  } catch (error const& problem) {
    bad.add(problem.what());
  }
}
void look(number const& which) { static_cast<void>(which.wait_for(std::chrono::microseconds{0})); }

// The victim's promise.
std::optional<promise<sealed>>& kept() {
  static std::optional<promise<sealed>> one;
  return one;
}
void make_promise(number const& which) { kept() = which.promise(); }
void keep_it(number const&) { kept()->set_value(sealed{50}); }
void give_it_up(number const&) { kept().reset(); }

}  // namespace

std::vector<operation> future_operations() {
  sync_rules<number> const rules{[](segment const& home) { return home.publish<number>("x"); }, found, works, goes_on,
                                 look, [](contents what) { return what; }};
  auto rules_of_broken = rules;
  rules_of_broken.goes_on = [](number const& which, complaints&) { static_cast<void>(which.is_ready()); };
  return joined(sync_operations<number>("future", rules,
                                        {{"promise", is_waiting, is_broken, {}, {}, make_promise},
                                         {"set_value", is_broken, is_kept, {}, make_promise, keep_it}}),
                sync_operations<number>("future", rules_of_broken,
                                        {{"give up", is_broken, is_broken, {}, make_promise, give_it_up}}));
}

}  // namespace stoa::kill_suite
