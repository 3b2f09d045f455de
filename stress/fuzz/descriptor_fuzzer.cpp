// Type descriptors: as the stoa command understands them and prints elements by them, and as who attaches compares
// them.
//
// Input: the descriptor, a line break, the bytes of an element.
#include <algorithm>
#include <cstring>
#include <stoa/array.hpp>
#include <stoa/segment.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "element_printer.hpp"
#include "hostile.hpp"
#include "json.hpp"
#include "scratch.hpp"
#include "soon.hpp"
#include "type_tree.hpp"

namespace stoa::fuzz {
namespace {

using testing::insist;
using tools::type_tree;

constexpr std::uint64_t largest_element = 4096;
constexpr std::uint64_t room = 4096;

// What type_tree.hpp promises. How many levels there are.
unsigned check(type_tree const& type, unsigned depth) {
  insist(depth <= tools::deepest_type, "a type that is nested too deeply");
  unsigned below = 0;
  for (auto const& each : type.parts) {
    if (type.kind == tools::type_kind::structure)
      insist(each.offset <= type.bytes && each.type.bytes <= type.bytes - each.offset, "a member outside its struct");
    below = std::max(below, check(each.type, depth + 1));
  }
  if (type.kind == tools::type_kind::array)
    insist(type.parts.size() == 1 && type.parts[0].type.bytes * type.count == type.bytes, "an array of another size");
  insist(type.levels == below + 1, "levels that were counted wrongly");
  return type.levels;
}

// As many as values and their names need; names are in the descriptor once, and printed for each element of an array.
std::uint64_t most_printed(std::string_view descriptor, std::uint64_t bytes) {
  constexpr std::uint64_t most_for_a_value = 40;
  return (bytes + 1) * tools::most_overlap * (most_for_a_value + 6 * descriptor.size()) + 64;
}

void print(std::string_view descriptor, type_tree const& type, std::string_view bytes) {
  std::vector<std::byte> element(type.bytes);
  if (!element.empty()) std::memcpy(element.data(), bytes.data(), std::min(bytes.size(), element.size()));
  for (auto const how : {tools::notation::text, tools::notation::json}) {
    tools::output out;
    tools::element_printer{out, how}.print(type, element);
    insist(out.text().size() <= most_printed(descriptor, type.bytes), "an element without end");
    insist(how == tools::notation::text || !testing::parse_json(out.text()).is_null(), "no JSON");
  }
}

// An entry whose descriptor is the text that was given.
class described_entry {
 public:
  described_entry() : home_{segment::create(name_, 64 * 1024)}, bytes_{home_.publish<array<std::byte>>("it", room)} {}

  void attach(std::string_view descriptor) {
    auto const& map = home_.attachment().map();
    auto const view = home_.attachment().entries().at(0);
    auto* const at = map.base() + map.layout().entries_offset + view.slot * sizeof(entry_record);
    entry_record record;
    std::memcpy(&record, at, sizeof(record));
    auto const text = descriptor.substr(0, room);
    std::memcpy(bytes_.data(), text.data(), text.size());
    record.descriptor_offset = sizeof(array_header);
    record.descriptor_bytes = static_cast<std::uint32_t>(text.size());
    record.descriptor_hash = internal::make_descriptor(std::string{text}, 1, 1).hash;
    std::memcpy(at, &record, sizeof(record));
    auto const attached = home_.try_attach<array<std::byte>>("it");
    insist(attached.has_value() == (text == descriptor_of<std::byte>().text), "a type that is taken for another");
    insist(attached || attached.error().code() == errc::type_mismatch, "an error that says something else");
    soon([&] { insist(home_.entries().begin()->type() == text, "another descriptor than was stored"); });
  }

 private:
  testing::scratch_name name_;
  segment home_;
  array<std::byte> bytes_;
};

void run(std::string_view input) {
  auto const end = std::min(input.find('\n'), input.size());
  auto const descriptor = input.substr(0, end);
  auto const type = tools::parse_type(descriptor);
  if (type) {
    check(*type, 1);
    if (type->bytes <= largest_element) print(descriptor, *type, input.substr(std::min(end + 1, input.size())));
  }
  static described_entry entry;
  entry.attach(descriptor);
}

}  // namespace
}  // namespace stoa::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  stoa::fuzz::run({reinterpret_cast<char const*>(data), size});
  return 0;
}
