// field_count.hpp: how many members an aggregate has, so that one that is added to the bytes and
// not to docs/format.md is noticed even where it fills padding.
#pragma once
#include <cstddef>
#include <utility>

namespace stoa::testing {

struct converts_to_anything {
  template <class T>
  operator T() const;  // never defined: only asked whether it would do
};

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires {
    T{(static_cast<void>(I), converts_to_anything{})...};
  };
}

// The largest number of initialisers that T takes.
template <class T, std::size_t N = 32>
constexpr std::size_t field_count() {
  if constexpr (N == 0 || takes<T>(std::make_index_sequence<N>{}))
    return N;
  else
    return field_count<T, N - 1>();
}

}  // namespace stoa::testing
