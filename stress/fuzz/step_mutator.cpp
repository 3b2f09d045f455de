// Changes inputs step by step: what libFuzzer does to bytes would move all that comes behind.
#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <vector>

#include "step.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace stoa::fuzz {
namespace {

using bytes = std::vector<std::uint8_t>;
using random_source = std::minstd_rand;

std::uint64_t any(random_source& random) {
  return random() | std::uint64_t{random()} << 31 | std::uint64_t{random()} << 62;
}

std::uint64_t any_value(random_source& random) {
  switch (random() % 6) {
    case 0: return random() % 4;
    case 1: return std::uint64_t{1} << random() % 64;
    case 2: return 0 - random() % 4;
    case 3: return random() % 0x10000;
    case 4: return (std::uint64_t{1} << random() % 64) - 1;
    default: return any(random);
  }
}

std::array<std::uint8_t, step_bytes> any_step(random_source& random) {
  std::array<std::uint8_t, step_bytes> out{};
  out[0] = static_cast<std::uint8_t>(random() % 256);
  out[1] = static_cast<std::uint8_t>(random() % 256);
  // The first words of a part mean most.
  auto const at = static_cast<std::uint16_t>(random() % 3 == 0 ? random() % 0x10000 : random() % 64);
  auto const value = any_value(random);
  std::memcpy(&out[2], &at, sizeof(at));
  std::memcpy(&out[4], &value, sizeof(value));
  return out;
}

std::ptrdiff_t place_of(std::size_t step) { return static_cast<std::ptrdiff_t>(scene_bytes + step * step_bytes); }

void change(bytes& input, random_source& random, std::size_t most) {
  auto const steps = (input.size() - scene_bytes) / step_bytes;
  auto const where = steps == 0 ? 0 : random() % steps;
  bool const has_room = input.size() + step_bytes <= most;
  switch (random() % 8) {
    case 0: input[random() % scene_bytes] = static_cast<std::uint8_t>(random()); return;
    case 1:
    case 2:
      if (has_room) {
        auto const fresh = any_step(random);
        input.insert(input.begin() + place_of(steps == 0 ? 0 : random() % (steps + 1)), fresh.begin(), fresh.end());
      }
      return;
    case 3:
      if (steps != 0) input.erase(input.begin() + place_of(where), input.begin() + place_of(where + 1));
      return;
    case 4:
      if (steps != 0 && has_room) {
        bytes const copy(input.begin() + place_of(where), input.begin() + place_of(where + 1));
        input.insert(input.begin() + place_of(random() % (steps + 1)), copy.begin(), copy.end());
      }
      return;
    case 5:
      if (steps > 1) {
        auto const other = random() % steps;
        for (std::size_t i = 0; i < step_bytes; ++i)
          std::swap(input[static_cast<std::size_t>(place_of(where)) + i],
                    input[static_cast<std::size_t>(place_of(other)) + i]);
      }
      return;
    default: break;
  }
  if (steps == 0) return;
  auto* const of = input.data() + place_of(where);
  auto const fresh = any_step(random);
  switch (random() % 4) {
    case 0: of[0] = fresh[0]; return;
    case 1: of[1] = fresh[1]; return;
    case 2: std::memcpy(of + 2, &fresh[2], 2); return;
    default:
      if (random() % 2 == 0)
        std::memcpy(of + 4, &fresh[4], 8);
      else
        LLVMFuzzerMutate(of + 4, 8, 8);
  }
}

}  // namespace
}  // namespace stoa::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  using namespace stoa::fuzz;
  if (max_size < scene_bytes + step_bytes) return LLVMFuzzerMutate(data, size, max_size);
  random_source random{seed};
  bytes input(data, data + size);
  input.resize(std::max(size, scene_bytes));
  input.resize(input.size() - (input.size() - scene_bytes) % step_bytes);
  for (auto times = 1 + random() % 4; times > 0; --times) change(input, random, max_size);
  input.resize(std::min(input.size(), max_size));
  std::copy(input.begin(), input.end(), data);
  return input.size();
}

// The front of one with the back of the other.
extern "C" std::size_t LLVMFuzzerCustomCrossOver(std::uint8_t const* one, std::size_t one_size,
                                                 std::uint8_t const* other, std::size_t other_size, std::uint8_t* out,
                                                 std::size_t max_size, unsigned seed) {
  using namespace stoa::fuzz;
  if (one_size < scene_bytes || other_size < scene_bytes) return 0;
  random_source random{seed};
  auto const cut = [&](std::size_t size) {
    auto const steps = (size - scene_bytes) / step_bytes;
    return scene_bytes + random() % (steps + 1) * step_bytes;
  };
  auto const front = cut(one_size);
  auto const back = cut(other_size);
  bytes made(one, one + front);
  made.insert(made.end(), other + back, other + other_size);
  made.resize(std::min(made.size(), max_size));
  std::copy(made.begin(), made.end(), out);
  return made.size();
}
