// element_printer.hpp: an element's bytes in words, as its type tree says.
//
//   text   {id: 1, price: 2.5}  [1, 2]  "abc"  x'00ff'
//   JSON   {"id": 1, "price": 2.5}  [1, 2]  "abc"  "00ff"
//
// Floating point numbers are printed as the shortest text that reads back as the same number; JSON has
// none for infinities and NaN: they become the strings "inf", "-inf" and "nan". Text ends where only
// zero bytes follow. Bytes of unknown meaning are printed in hexadecimal, in the order they lie.
#pragma once
#include <cstddef>
#include <span>

#include "output.hpp"
#include "text.hpp"
#include "type_tree.hpp"

namespace stoa::tools {

class element_printer {
 public:
  element_printer(output& out, notation how) noexcept : out_{&out}, how_{how} {}

  // Requires: bytes.size() == type.bytes. The bytes may change meanwhile: each value is read once.
  void print(type_tree const& type, std::span<std::byte const> bytes);

 private:
  void print_structure(type_tree const& type, std::span<std::byte const> bytes);
  void print_array(type_tree const& type, std::span<std::byte const> bytes);
  template <class Float>
  void print_float(std::span<std::byte const> bytes);
  void print_text(std::span<std::byte const> bytes);
  void print_opaque(std::span<std::byte const> bytes);

  output* out_;
  notation how_;
};

}  // namespace stoa::tools
