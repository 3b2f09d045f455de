#include "segment_target.hpp"

#include "seeds.hpp"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  stoa::fuzz::seeds();  // before any input is timed
  return 0;
}
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  stoa::fuzz::segment_target::run({data, size});
  return 0;
}
