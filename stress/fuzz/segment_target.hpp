// segment_target.hpp: a fuzzer that starts from one of the seeds: what is its own is what it does with an input.
#pragma once
#include "step.hpp"

namespace stoa::fuzz::segment_target {

void run(fuzz_input const& input);

}  // namespace stoa::fuzz::segment_target
