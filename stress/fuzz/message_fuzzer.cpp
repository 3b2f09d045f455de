// Messages: sequences of all that can be done with rings, streams, channels and exchanges. As long as nothing is
// damaged, each message arrives whole, once, and every stream and answer is the one that was meant; once something is,
// calls give values or errors.
//
// Input: what is played, its options (two bytes), whether there may be damage (bit 0); then steps.
#include <memory>

#include "channel_play.hpp"
#include "exchange_play.hpp"
#include "message_ring_play.hpp"

namespace stoa::fuzz {
namespace {

void run(fuzz_input const& input) {
  auto const play = [&]() -> std::unique_ptr<message_play> {
    switch (input.scene(0) % 4) {
      case 0: return std::make_unique<channel_play>(input);
      case 1: return std::make_unique<exchange_play>(input);
      default: return std::make_unique<message_ring_play>(input);
    }
  }();
  for (std::size_t i = 0; i < input.steps(); ++i) play->take(input.at(i));
  play->end();
}

}  // namespace
}  // namespace stoa::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  stoa::fuzz::run({data, size});
  return 0;
}
