#include <fmt/format.h>

#include <algorithm>
#include <stoa/inspection.hpp>

namespace stoa {
namespace {

std::string_view name_of(lane_op op) noexcept {
  switch (op) {
    case lane_op::none: return "none";
    case lane_op::push: return "push";
    case lane_op::pushing: return "pushing";
    case lane_op::pop: return "pop";
    case lane_op::popped: return "popped";
    case lane_op::lease: return "lease";
    case lane_op::returned: return "returned";
    case lane_op::lock: return "lock";
  }
  return "unknown";
}

}  // namespace

std::string finding::text() const {
  auto const what = structure.empty() ? std::string{"segment"} : fmt::format("{} '{}'", kind, structure);
  auto const where = fmt::format("{}, {} at {:#x}: ", what, field, offset);
  return expected.empty() ? where + found : fmt::format("{}expected {}, found {}", where, expected, found);
}

bool verification::is_clean() const noexcept {
  return std::ranges::none_of(findings, [](auto const& each) { return each.severity == severity::damage; });
}

std::string named_claim::field() const {
  return is_intent ? fmt::format("lane {}, intent", lane) : fmt::format("lane {}, lease", lane);
}

void inspection::add(finding what, void const* where) {
  auto& count = what.severity == severity::damage ? damages_ : notes_;
  if (count++ == most_of_each) {
    what.found = "more of the kind, which are not listed";
    what.expected.clear();
  }
  if (count > most_of_each + 1) return;
  if (entry_ != nullptr) {
    what.structure = entry_->name();
    what.kind = entry_->kind();
  }
  what.offset = static_cast<std::uint64_t>(static_cast<std::byte const*>(where) - owner_->map().base());
  findings_.push_back(std::move(what));
}

void inspection::damage(std::string_view field, void const* where, std::string expected, std::string found) {
  add({severity::damage, {}, {}, std::string{field}, 0, std::move(expected), std::move(found)}, where);
}

void inspection::note(std::string_view field, void const* where, std::string what) {
  add({severity::note, {}, {}, std::string{field}, 0, {}, std::move(what)}, where);
}

void inspection::refuse(failure const& reason) {
  if (reason.code() != errc::corrupt_structure) return note("header", entry_->body.data(), reason.message());
  damage("header", entry_->body.data(), "one that agrees with the entry", reason.message());
}

void inspection::zeros(std::string_view field, void const* begin, std::uint64_t bytes) {
  std::span const all{static_cast<std::byte const*>(begin), bytes};
  auto const other = std::ranges::find_if(all, [](std::byte each) { return each != std::byte{0}; });
  if (other != all.end()) damage(field, &*other, "zero bytes", fmt::format("{:#04x}", std::to_integer<int>(*other)));
}

void inspection::padding(std::string_view field, atomic_u64 const* payload, std::uint64_t bytes) {
  auto const rest = bytes % sizeof(atomic_u64);
  if (rest == 0) return;
  auto const& last = payload[bytes / sizeof(atomic_u64)];
  auto const found = last.load(std::memory_order_relaxed) >> (rest * 8);  // always written as a whole
  if (found != 0) damage(field, &last, "zero bytes behind the payload", fmt::format("{:#x}", found));
}

void inspection::flag(std::string_view field, atomic_u32 const& word) {
  auto const found = word.load(std::memory_order_relaxed);  // alone
  if (found > 1) damage(field, &word, "0 or 1", fmt::format("{}", found));
}

void inspection::flag(std::string_view field, atomic_u64 const& word) {
  auto const found = word.load(std::memory_order_relaxed);  // alone
  if (found > 1) damage(field, &word, "0 or 1", fmt::format("{}", found));
}

bool inspection::has_place(std::uint64_t place) const noexcept {
  return place < owner_->map().limits().max_participants;
}

bool inspection::was_ever(participant_id id) const noexcept {
  if (!has_place(place_of(id)) || generation_of(id) == 0) return false;
  // Read after the id, so it is that life's or a later one's (attachment.hpp I1).
  auto const now = current(owner_->map().participant(place_of(id)).generation);
  return generation_of(id) <= now;
}

void inspection::participant(std::string_view field, atomic_u64 const& word, std::string_view of_a_dead_one) {
  auto const id = current(word);  // with the life it names
  if (id == 0) return;
  if (!was_ever(id)) return damage(field, &word, "a participant that was ever here", fmt::format("{:#x}", id));
  if (of_a_dead_one.empty() || owner_->is_alive(id)) return;
  if (current(word) == id)  // still: else he let go, or somebody took over
    note(field, &word, fmt::format("that of participant {:#x}, who is dead: {}", id, of_a_dead_one));
}

void inspection::names(std::initializer_list<lane_op> ops, function_ref<void(named_claim const&)> visit) {
  auto const tag = entry().tag();
  auto const lanes = owner_->map().used_lanes();
  for (std::uint64_t i = 0; i < lanes.size(); ++i) {
    auto const owner = current(lanes[i].owner);
    for_each_name(lanes[i], [&](lane_name& name) {
      auto const claim = read_name(name, tag);
      if (!claim) return;
      named_claim const found{i, &name == &lanes[i].intent, &name, *claim, owner};
      if (std::ranges::find(ops, claim->op) == ops.end())
        return damage(found.field(), &name, "an operation of such a structure",
                      fmt::format("{} ({})", name_of(claim->op), static_cast<unsigned>(claim->op)));
      if (owner != 0 && (owner == abandoned_owner || !owner_->is_alive(owner)) &&
          current(lanes[i].owner) == owner)
        note(found.field(), &name,
             fmt::format("{} of {} from {} on, by a thread that is dead: settled by who comes upon it",
                         name_of(claim->op), claim->count, claim->ticket));
      visit(found);
    });
  }
}

}  // namespace stoa
