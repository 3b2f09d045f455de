// A live segment that somebody scribbles on: two participants work in it, and between their calls its bytes change.
//
// Input: seed, unused; then patches, and calls of one of the two.
#include "live_trial.hpp"
#include "segment_target.hpp"

namespace stoa::fuzz {

void segment_target::run(fuzz_input const& input) {
  live_trial trial{input};
  for (std::size_t i = 0; i < input.steps(); ++i) {
    auto const each = input.at(i);
    if (each.what < first_that_is_no_patch)
      apply_patch(each, trial.whole(), trial.base());
    else
      trial.call(each);
  }
  trial.call_all();
}

}  // namespace stoa::fuzz
