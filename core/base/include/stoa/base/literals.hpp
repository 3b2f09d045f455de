// stoa/base/literals.hpp: sizes in bytes: 64_KiB, 64_MiB, 2_GiB.
#pragma once
#include <cstddef>

namespace stoa::inline literals {

constexpr std::size_t operator""_KiB(unsigned long long n) { return n << 10; }
constexpr std::size_t operator""_MiB(unsigned long long n) { return n << 20; }
constexpr std::size_t operator""_GiB(unsigned long long n) { return n << 30; }

}  // namespace stoa::inline literals
