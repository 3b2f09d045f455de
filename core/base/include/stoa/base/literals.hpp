// stoa/base/literals.hpp: sizes in bytes: 64_KiB, 64_MiB, 2_GiB.
#pragma once
#include <cstddef>

namespace stoa::inline literals {

consteval std::size_t operator""_KiB(unsigned long long n) { return n << 10; }
consteval std::size_t operator""_MiB(unsigned long long n) { return n << 20; }
consteval std::size_t operator""_GiB(unsigned long long n) { return n << 30; }

}  // namespace stoa::inline literals
