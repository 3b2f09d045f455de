// Descriptors made at random: whatever is described is understood, and whatever is accepted is safe.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "element_printer.hpp"
#include "type_tree.hpp"

namespace stoa::tools {
namespace {

// The grammar of stoa/type_descriptor.hpp, the other way round.
std::string spelled(type_tree const& type) {
  auto const bytes = std::to_string(type.bytes);
  auto const order = type.bytes == 1 ? "|" : "<";
  switch (type.kind) {
    case type_kind::signed_integer: return order + ("i" + bytes);
    case type_kind::unsigned_integer: return order + ("u" + bytes);
    case type_kind::floating_point: return order + ("f" + bytes);
    case type_kind::boolean: return order + ("b" + bytes);
    case type_kind::text: return "|S" + bytes;
    case type_kind::opaque: return "?" + bytes + (type.name.empty() ? "" : "'" + type.name + "'");
    case type_kind::array:
      return spelled(type.parts.front().type) + '[' + std::to_string(type.count) + ']';
    case type_kind::structure: break;
  }
  std::string out = "{";
  for (auto const& part : type.parts)
    out += (out.size() == 1 ? "" : ",") + part.name + ':' + spelled(part.type) + '@' +
           std::to_string(part.offset);
  return out + '}' + bytes;
}

std::uint64_t below(std::uint64_t end) { return *rc::gen::inRange<std::uint64_t>(0, end); }

type_tree any_leaf() {
  constexpr std::array<std::uint64_t, 4> sizes{1, 2, 4, 8};
  type_tree leaf;
  leaf.kind = static_cast<type_kind>(below(6));
  switch (leaf.kind) {
    case type_kind::boolean: leaf.bytes = 1; break;
    case type_kind::floating_point: leaf.bytes = sizes[2 + below(2)]; break;
    case type_kind::text:
    case type_kind::opaque: leaf.bytes = 1 + below(20); break;
    default: leaf.bytes = sizes[below(4)];
  }
  if (leaf.kind == type_kind::opaque && below(2) == 0) leaf.name = "some::name";
  return leaf;
}

type_tree any_type(unsigned depth) {
  auto const choice = depth == 0 ? 2 : below(3);
  if (choice == 2) return any_leaf();
  type_tree type;
  if (choice == 0) {
    type.kind = type_kind::array;
    type.parts.push_back({{}, 0, any_type(depth - 1)});
    type.count = 1 + below(3);
    type.bytes = type.count * type.parts.front().type.bytes;
    return type;
  }
  type.kind = type_kind::structure;
  for (auto members = below(4); members > 0; --members) {
    type_part part{"member_" + std::to_string(members), type.bytes + below(3), any_type(depth - 1)};
    type.bytes = part.offset + part.type.bytes;
    type.parts.push_back(std::move(part));
  }
  type.bytes += 1 + below(3);
  return type;
}

void print_zeros(type_tree const& type) {
  std::vector<std::byte> const zeros(type.bytes);
  for (auto const how : {notation::text, notation::json}) {
    output out;
    element_printer{out, how}.print(type, zeros);
    RC_ASSERT(!out.text().empty());
  }
}

RC_GTEST_PROP(type_tree, WhatIsDescribedIsUnderstood, ()) {
  auto const text = spelled(any_type(4));
  auto const parsed = parse_type(text);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(spelled(*parsed) == text);
  print_zeros(*parsed);
}

RC_GTEST_PROP(type_tree, DamagedDescriptorIsRefusedOrSafeToPrint, ()) {
  auto text = spelled(any_type(3));
  constexpr std::string_view alphabet = "{}[]<|?':,@0123456789iufbSa\xff";
  for (auto changes = 1 + below(4); changes > 0 && !text.empty(); --changes) {
    auto const place = below(text.size());
    auto const with = alphabet[below(alphabet.size())];
    switch (below(3)) {
      case 0: text[place] = with; break;
      case 1: text.erase(place, 1 + below(5)); break;
      default: text.insert(place, 1, with);
    }
  }
  auto const parsed = parse_type(text);
  RC_CLASSIFY(parsed.has_value());
  if (parsed && parsed->bytes < 100'000) print_zeros(*parsed);
}

}  // namespace
}  // namespace stoa::tools
