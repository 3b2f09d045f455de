// layout.hpp: where a struct has its members.
#pragma once
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "field_count.hpp"

namespace stoa::testing {

struct field {
  std::string name;
  std::size_t offset = 0;
  std::size_t bytes = 0;
  friend auto operator<=>(field const&, field const&) = default;
};

struct struct_layout {
  std::size_t bytes = 0;
  std::size_t field_count = 0;
  std::set<field> fields;
};

template <class T>
struct_layout layout_of(std::set<field> fields) {
  return {sizeof(T), field_count<T>(), std::move(fields)};
}

}  // namespace stoa::testing
