// Damaged segments: opened, with and without the right to write, looked at, and used by all operations.
//
// Input: seed, what is done (bit 0: read only), the first call, unused; then patches.
#include <stoa/kinds.hpp>

#include "hostile_subjects.hpp"
#include "mending.hpp"
#include "patch.hpp"
#include "scratch.hpp"
#include "seeds.hpp"
#include "segment_target.hpp"
#include "soon.hpp"

namespace stoa::fuzz {
namespace {

using namespace testing;

void call_all(calls const& all, std::size_t first) {
  for (std::size_t i = 0; i < all.size(); ++i) soon(all[(first + i) % all.size()]);
}

void look_at(segment const& in) {
  look_at_entries(in);
  for (auto const& each : in.entries()) ignore(each.type().size());
  for (auto const& each : in.participants()) ignore(each.command.size());
  ignore(in.free_bytes());
  ignore(in.reference_count());
}

void look_and_use(segment const& in, seed const& from, std::size_t first) {
  soon([&] { look_at(in); });
  if (from.what == nullptr) return;
  user one;
  soon([&] { one = from.what->attach(in); });
  call_all(one.looking, first);
  if (!in.is_read_only()) call_all(one.changing, first);
}

// What is there is settled, erased, and made anew.
void renew(segment const& in, seed const& from) {
  for (auto const& each : in.entries()) {
    auto const* const kind = find_kind(each.kind());
    if (kind != nullptr && kind->settle != nullptr) soon([&] { kind->settle(in.attachment(), each.view()); });
    soon([&] { in.erase(each.name()); });
  }
  if (from.what != nullptr) soon([&] { from.what->publish(in); });
  soon([&] { in.publish<array<std::byte>>("large", 15'000).fill(std::byte{1}); });
  soon([&] { look_at(in); });
}

}  // namespace

void segment_target::run(fuzz_input const& input) {
  static scratch_name const name;
  auto const& from = seeds()[input.scene(0) % seeds().size()];
  bool is_entry_damaged = false;
  hostile_trial{name, from.whole.bytes, {}, 0, {}}.write([&](std::byte* base) {
    for (std::size_t i = 0; i < input.steps(); ++i) {
      apply_patch(input.at(i), from.whole, base);
      is_entry_damaged |= is_of_entry(input.at(i));
    }
  });
  bool const is_read_only = input.scene(1) % 2 != 0;
  auto const opened = is_read_only ? segment::try_open_read_only(name) : segment::try_open(name);
  if (!opened) return;
  mending const in_the_end{name.path(), from.whole};
  {
    fenced const fence{*opened, from.structure_end, is_entry_damaged || from.what == nullptr};
    look_and_use(*opened, from, input.scene(2));
  }
  if (!is_read_only) renew(*opened, from);
}

}  // namespace stoa::fuzz
