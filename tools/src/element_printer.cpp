#include "element_printer.hpp"

#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

namespace stoa::tools {
namespace {

template <class T>
T read(std::span<std::byte const> bytes) noexcept {
  assert(bytes.size() == sizeof(T));
  T value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

// The format is little-endian (stoa/base/layout.hpp), so fewer bytes are the low ones.
std::uint64_t read_unsigned(std::span<std::byte const> bytes) noexcept {
  assert(bytes.size() <= sizeof(std::uint64_t));
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

std::int64_t read_signed(std::span<std::byte const> bytes) noexcept {
  auto const unused_bits = 64 - 8 * static_cast<int>(bytes.size());
  return static_cast<std::int64_t>(read_unsigned(bytes) << unused_bits) >> unused_bits;
}

}  // namespace

void element_printer::print(type_tree const& type, std::span<std::byte const> bytes) {
  assert(bytes.size() == type.bytes);
  switch (type.kind) {
    case type_kind::signed_integer: return out_->format("{}", read_signed(bytes));
    case type_kind::unsigned_integer: return out_->format("{}", read_unsigned(bytes));
    case type_kind::floating_point:
      return type.bytes == sizeof(float) ? print_float<float>(bytes) : print_float<double>(bytes);
    case type_kind::boolean: return out_->write(read_unsigned(bytes) != 0 ? "true" : "false");
    case type_kind::text: return print_text(bytes);
    case type_kind::opaque: return print_opaque(bytes);
    case type_kind::structure: return print_structure(type, bytes);
    case type_kind::array: return print_array(type, bytes);
  }
}

void element_printer::print_structure(type_tree const& type, std::span<std::byte const> bytes) {
  out_->write("{");
  char const* separator = "";
  for (auto const& member : type.parts) {
    out_->write(separator);
    separator = ", ";
    out_->write(how_ == notation::json ? quoted(member.name, how_) : printable(member.name));
    out_->write(": ");
    print(member.type, bytes.subspan(member.offset, member.type.bytes));
  }
  out_->write("}");
}

void element_printer::print_array(type_tree const& type, std::span<std::byte const> bytes) {
  auto const& element = type.parts.front().type;
  out_->write("[");
  for (std::uint64_t i = 0; i < type.count; ++i) {
    if (i != 0) out_->write(", ");
    print(element, bytes.subspan(i * element.bytes, element.bytes));
  }
  out_->write("]");
}

template <class Float>
void element_printer::print_float(std::span<std::byte const> bytes) {
  auto const value = read<Float>(bytes);
  if (how_ == notation::text || std::isfinite(value)) return out_->format("{}", value);
  out_->write(std::isnan(value) ? "\"nan\"" : value > 0 ? "\"inf\"" : "\"-inf\"");
}

void element_printer::print_text(std::span<std::byte const> bytes) {
  std::string copy(bytes.size(), '\0');
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  copy.erase(copy.find_last_not_of('\0') + 1);
  out_->write(quoted(copy, how_));
}

void element_printer::print_opaque(std::span<std::byte const> bytes) {
  out_->write(how_ == notation::json ? "\"" : "x'");
  for (auto const each : bytes) out_->format("{:02x}", static_cast<unsigned>(each));
  out_->write(how_ == notation::json ? "\"" : "'");
}

}  // namespace stoa::tools
