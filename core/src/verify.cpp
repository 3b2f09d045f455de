// segment::verify(): looks, and looks again at what seems to be damaged.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <stoa/inspection.hpp>
#include <stoa/kinds.hpp>
#include <stoa/name_table.hpp>

#include "segment_file.hpp"
#include "table_check.hpp"

namespace stoa {
namespace {

// A finding counts only if that many looks found it, word for word (inspection.hpp I1).
constexpr int looks = 3;

bool is_damaged(std::vector<finding> const& all) noexcept {
  return std::ranges::any_of(all, [](finding const& each) { return each.severity == severity::damage; });
}

// What `look` finds. Where others may work: of damage only what it finds again and again.
template <class Look>
std::vector<finding> lasting(Look look, bool is_still) {
  auto found = look();
  for (int i = 1; i < looks && !is_still && is_damaged(found); ++i) {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // seq_cst: this look sees what comes after the last one
    auto const again = look();
    std::erase_if(found, [&](finding const& each) {
      return each.severity == severity::damage && std::ranges::find(again, each) == again.end();
    });
  }
  return found;
}

std::vector<finding> inspect(attachment const& owner, entry_view const& entry, bool is_still) {
  inspection look{owner, entry, is_still};
  auto const* const kind = find_kind(entry.kind());
  if (kind == nullptr || kind->verify == nullptr) {
    look.note("kind", entry.body.data(), "a kind that this program does not know: not looked at");
  } else if (kind->layout != entry.record.layout) {
    look.note("layout", entry.body.data(),
              fmt::format("layout {}, this program knows {}: not looked at", entry.record.layout, kind->layout));
  } else {
    kind->verify(look);
  }
  return look.take();
}

}  // namespace

// Whether nobody else is there, and something that is another after somebody was.
//
// Who comes in advances his place's generation, locks the place, and does both under the admin lock. So if the
// generations are the same as before, whoever came meanwhile had advanced it before they were read; then the admin
// lock was held when it was asked for after that, unless he was in: then his place was.
struct attachment::stillness {
  bool is_alone = true;
  std::vector<std::uint64_t> generations;
  std::uint64_t own_holds = 0;  // taken so far
  bool is_same(stillness const& before) const noexcept {
    return is_alone && before.is_alone && generations == before.generations && own_holds == before.own_holds;
  }
};

attachment::stillness attachment::look_for_others() const {
  stillness out;
  for (std::uint32_t place = 0; place < map_.limits().max_participants; ++place)
    out.generations.push_back(current(map_.participant(place).generation));
  out.is_alone = !file_->is_locked_elsewhere(admin_lock_byte) &&
                 !file_->is_locked_elsewhere(place_lock_byte(0), map_.limits().max_participants);
  std::scoped_lock const guard{holds_mutex_};
  out.own_holds = holds_taken_;
  out.is_alone &= std::ranges::all_of(holds_, [](auto holds) { return holds == 0; });
  return out;
}

verification attachment::verify(others who) const {
  if (auto ok = usable(); !ok) throw error{ok.error()};
  verification out;
  // Who touches pages behind the file's end is ended by a signal.
  if (table_check first{*this, false}; !first.is_long_enough()) {
    out.findings = first.take();
    return out;
  }
  auto const before = look_for_others();
  out.was_still = who == others::stand_still || before.is_alone;

  auto const look_at_all = [&] {
    out.findings.clear();
    out.structures = 0;
    out.findings = lasting([&] {
      table_check check{*this, out.was_still};
      check.run();
      return check.take();
    }, out.was_still);
    auto const all = entries();
    for (auto const& entry : all) {
      auto found = lasting([&] { return inspect(*this, entry, out.was_still); }, out.was_still);
      // Erased meanwhile: the bytes may be another's.
      auto const word = name_table{map_}.word(entry.slot);
      if (state_of(word) != name_state::live || name_generation_of(word) != entry.generation) continue;
      ++out.structures;
      std::ranges::move(found, std::back_inserter(out.findings));
    }
  };
  look_at_all();
  if (out.was_still && who == others::may_work && !look_for_others().is_same(before)) {
    out.was_still = false;
    look_at_all();
  }
  std::ranges::stable_sort(out.findings, {}, &finding::offset);
  return out;
}

}  // namespace stoa
