// How an entry comes into being: its slot and bytes under the admin lock, its contents outside.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stoa/attachment.hpp>
#include <stoa/extents.hpp>
#include <stoa/name_table.hpp>
#include <thread>
#include <utility>

#include "admin_guard.hpp"
#include "clock.hpp"
#include "entries.hpp"
#include "names.hpp"
#include "segment_file.hpp"

namespace stoa {
namespace {

// While another process publishes the same name: it may be reserving gigabytes, or be stopped.
constexpr std::chrono::microseconds longest_pause{1000};
constexpr std::chrono::seconds patience{10};

// What is looked at once, under the admin lock, to decide which slots and bytes are in use.
struct census {
  std::vector<extent> in_use;
  std::uint32_t entries = 0;
};

// A text that nobody vouches for.
std::string_view bounded(std::array<char, 16> const& text) noexcept {
  return {text.data(), ::strnlen(text.data(), text.size())};
}

}  // namespace

// Says to others, and to other threads of this process, that the entry of a slot has a live builder (I3).
class attachment::builder_guard {
 public:
  // Under the admin lock, so nobody else has it.
  builder_guard(attachment& owner, std::uint32_t slot) : owner_{&owner}, slot_{slot} {
    set(true);
    is_locked_ = owner.file_->try_lock(builder_lock_byte(slot));
  }
  builder_guard(builder_guard&& other) noexcept
      : owner_{std::exchange(other.owner_, nullptr)}, slot_{other.slot_}, is_locked_{other.is_locked_} {}
  builder_guard& operator=(builder_guard&&) = delete;
  ~builder_guard() {
    if (owner_ == nullptr) return;
    owner_->file_->unlock(builder_lock_byte(slot_));
    set(false);
  }
  bool is_locked() const noexcept { return is_locked_; }

 private:
  void set(bool is_building) {
    std::scoped_lock const guard{owner_->holds_mutex_};
    owner_->builds_[slot_] = is_building;
  }

  attachment* owner_;
  std::uint32_t slot_;
  bool is_locked_ = false;
};

// An entry that others see as `building`, for as long as this exists.
struct attachment::building {
  entry_view entry;
  bool is_fresh = false;  // its bytes were never used
  held_slot hold;
  builder_guard guard;  // goes first: whoever may have the slot next must find its lock free
};

bool attachment::is_being_built(std::uint32_t slot) const noexcept {
  {
    std::scoped_lock const guard{holds_mutex_};
    if (builds_[slot]) return true;  // own locks do not show
  }
  return file_->is_locked_elsewhere(builder_lock_byte(slot));
}

result<std::shared_ptr<attached_entry>> attachment::publish(
    std::string_view name, structure_identity const& what, std::uint64_t body_bytes,
    function_ref<void(std::span<std::byte>)> format) {
  if (auto ok = usable(); !ok) return ok.error();
  if (is_read_only())
    return failure{errc::read_only, fmt::format("segment '{}' is open read-only: cannot publish '{}'",
                                                name_, name)};
  if (auto ok = check_entry_name(name_, name); !ok) return ok.error();
  if (what.type->text.size() > longest_descriptor)
    return failure{errc::invalid_argument,
                   fmt::format("segment '{}', '{}': a type descriptor of {} bytes, at most {} are possible", name_,
                               name, what.type->text.size(), longest_descriptor)};
  auto const until = std::chrono::steady_clock::now() + patience;
  bool gaps_first = false;
  for (auto pause = std::chrono::microseconds{20};; pause = std::min(pause * 2, longest_pause)) {
    auto made = build(name, what, body_bytes, gaps_first);
    if (!made && made.error().code() == errc::being_published && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(pause);
      continue;
    }
    if (!made) return made.error();
    bool const is_fresh = made->is_fresh;
    auto handle = made->hold.become_handle(made->entry);
    auto const completed = complete(std::move(*made), what, format);
    if (completed) return handle;
    // The file system may be full of pages that erased structures left in the gaps.
    if (completed.error().code() != errc::no_space || !is_fresh || gaps_first) return completed.error();
    gaps_first = true;
  }
}

// Under the admin lock: finds slot and bytes, and makes the entry `building`, held by this process.
// Dying here or later leaves a `building` entry whose lock is free: the same as none.
result<attachment::building> attachment::build(std::string_view name, structure_identity const& what,
                                               std::uint64_t body_bytes, bool gaps_first) {
  admin_guard const guard{admin_mutex_, *file_};
  if (!guard.is_locked()) return admin_guard::held_up(name_);
  name_table table{map_};
  auto const held = held_slots();
  auto const is_used = [&](std::uint32_t slot) {
    return state_of(table.word(slot)) == name_state::live || has_bit(held, slot);
  };
  if (auto const other = table.find_any(name)) {
    if (state_of(other->word) == name_state::live)
      return failure{errc::name_taken, fmt::format("segment '{}' has '{}' already: {} of {} bytes", name_, name,
                                                   bounded(other->record.kind), other->record.body_bytes)};
    // The word once more after the lock: a builder that was alive may just have finished.
    if (is_being_built(other->slot) || table.word(other->slot) != other->word)
      return failure{errc::being_published,
                     fmt::format("segment '{}': process {} is in the middle of publishing '{}'", name_,
                                 other->record.creator_pid, name)};
    // Its builder died. Should a live process hold the bytes (damage, or an attach about to notice that the
    // slot's life has changed), they stay its own; the name is free.
    table.become(other->slot, other->word, name_state::retired);
  }

  census seen;
  for (std::uint32_t slot = map_.layout().name_slots; slot-- > 0;) {
    auto const word = table.word(slot);
    if (state_of(word) == name_state::empty) continue;
    if (!is_used(slot)) {
      table.tidy(slot);
      continue;
    }
    auto const record = table.read(slot, word);
    if (!record)  // entries change their life under the admin lock only
      return failure{errc::corrupt_segment, fmt::format("segment '{}': the entry in slot {} changes", name_, slot)};
    ++seen.entries;
    seen.in_use.push_back({record->extent_offset, record->extent_bytes});
  }
  if (seen.entries >= map_.limits().max_entries)
    return failure{errc::too_many_entries, fmt::format("segment '{}': all {} entries are in use", name_,
                                                       map_.limits().max_entries)};
  auto const slot = table.free_slot(name, is_used);
  if (!slot) return failure{errc::corrupt_segment, fmt::format("segment '{}': no name slot is free", name_)};

  auto const& layout = map_.layout();
  extent const area{layout.extents_offset, layout.total_bytes - layout.extents_offset};
  extent_map const space{area, map_.header().bump.load(std::memory_order_relaxed),  // admin lock
                         std::move(seen.in_use)};
  auto const descriptor_offset = body_bytes <= area.bytes ? align_up(body_bytes, 8) : body_bytes;
  auto const wanted = checked_add(descriptor_offset, what.type->text.size()).value_or(~std::uint64_t{0});
  auto const chosen = space.choose(std::max<std::uint64_t>(wanted, 1), gaps_first);
  if (!chosen)
    return failure{errc::no_space,
                   fmt::format("segment '{}': '{}' needs {} bytes and the largest free extent has {}",
                               name_, name, wanted, space.largest_free())};
  // Before the entry: a death between the two wastes nothing, the gap is found by its being free. A gap may reach
  // beyond `bump` as well, and what lies there is zero no longer.
  if (auto& bump = map_.header().bump; chosen->where.end() > bump.load(std::memory_order_relaxed))
    bump.store(chosen->where.end(), std::memory_order_relaxed);  // admin lock

  entry_record record{};
  name.copy(record.name.data(), record.name.size() - 1);
  what.kind.copy(record.kind.data(), record.kind.size() - 1);
  record.layout = what.layout;
  record.element_bytes = what.type->element_bytes;
  record.element_align = what.type->element_align;
  record.extent_offset = chosen->where.offset;
  record.extent_bytes = chosen->where.bytes;
  record.body_bytes = body_bytes;
  record.descriptor_offset = descriptor_offset;
  record.descriptor_bytes = static_cast<std::uint32_t>(what.type->text.size());
  record.descriptor_hash = what.type->hash;
  record.creator_pid = static_cast<std::uint32_t>(::getpid());
  record.created_ns = now_ns();
  hold(*slot);
  held_slot kept{*this, *slot};
  builder_guard builder{*this, *slot};
  // Nobody builds there; so somebody who may only read keeps the byte from being locked.
  if (!builder.is_locked())
    return failure{errc::held_up, fmt::format("segment '{}': the lock of name slot {} cannot be had", name_, *slot)};
  auto const word = table.build(*slot, name, record);
  return building{{record, *slot, name_generation_of(word), {map_.base() + record.extent_offset, body_bytes}},
                  chosen->is_fresh,
                  std::move(kept),
                  std::move(builder)};
}

// Without the admin lock: pages are reserved and bytes made, however long that takes.
result<void> attachment::complete(building made, structure_identity const& what,
                                  function_ref<void(std::span<std::byte>)> format) {
  auto const& [entry, is_fresh, hold, guard] = made;
  name_table table{map_};
  auto const word = make_name_word(name_table::hash(entry.name()), entry.generation, name_state::building);
  auto const& record = entry.record;
  if (auto ok = file_->reserve(record.extent_offset, record.extent_bytes); !ok) {
    if (is_fresh) file_->unreserve(record.extent_offset, record.extent_bytes);
    table.become(entry.slot, word, name_state::retired);
    return failure{ok.error().code(), fmt::format("segment '{}', publishing '{}': {}", name_, entry.name(),
                                                  ok.error().message())};
  }
  auto* const begin = map_.base() + record.extent_offset;
  if (!is_fresh) std::memset(begin, 0, record.extent_bytes);
  format(entry.body);
  what.type->text.copy(reinterpret_cast<char*>(begin + record.descriptor_offset), record.descriptor_bytes);
  table.become(entry.slot, word, name_state::live);
  return {};
}

}  // namespace stoa
