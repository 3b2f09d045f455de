// How a thread comes by its lane, and what becomes of it when the thread or its process ends.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <stoa/attachment.hpp>
#include <stoa/kinds.hpp>
#include <stoa/known_lives.hpp>
#include <stoa/name_table.hpp>

#include "entries.hpp"

namespace stoa {
namespace {

struct taken_lane {
  std::uint64_t serial = 0;
  std::weak_ptr<attachment> owner;
  lane* mine = nullptr;
};


// A lane with nothing but returned names may belong to anyone: those are for whoever comes.
bool is_settled(lane& which) noexcept {
  bool settled = true;
  for_each_name(which, [&](lane_name& name) {
    auto const op = op_of(name.what.load(std::memory_order_relaxed));  // own lane
    settled &= op == lane_op::none || (op == lane_op::returned && &name != &which.intent);
  });
  return settled;
}

void release(lane& which) noexcept {
  // R1 -> A1: what was settled comes before the lane's next owner.
  which.owner.store(is_settled(which) ? 0 : abandoned_owner, std::memory_order_release);
}

}  // namespace

// Hands a thread's lanes back to their attachments when the thread ends.
class lane_returner {
 public:
  lane_returner() = default;
  lane_returner(lane_returner const&) = delete;
  lane_returner& operator=(lane_returner const&) = delete;
  ~lane_returner() {
    internal::lane_caches = {};
    is_gone = true;
    for (auto& each : taken_)
      if (auto owner = each.owner.lock()) owner->give_back(*each.mine);
  }

  // nullptr once this thread's end has begun (a static's destructor runs): a lane that is taken
  // then stays taken until the attachment leaves.
  static lane_returner* of_this_thread() {
    if (is_gone) return nullptr;
    static thread_local lane_returner instance;
    return &instance;
  }

  // All lanes of this thread in one segment, the one for its intents first.
  template <class Visit>
  lane* find_if(std::uint64_t serial, Visit visit) const {
    for (auto const& each : taken_)
      if (each.serial == serial && visit(*each.mine)) return each.mine;
    return nullptr;
  }
  void note(taken_lane taken) {
    std::erase_if(taken_, [](auto const& each) { return each.owner.expired(); });
    taken_.push_back(std::move(taken));
  }

 private:
  static inline constinit thread_local bool is_gone = false;
  std::vector<taken_lane> taken_;
};

lane& attachment::acquire_lane(internal::lane_cache& cache) {
  if (auto ok = usable(); !ok) throw error{ok.error()};
  if (is_read_only())
    throw error{{errc::read_only, fmt::format("segment '{}' is open read-only: nothing can be pushed, "
                                              "popped or claimed", name_)}};
  auto* const returner = lane_returner::of_this_thread();
  lane* mine = returner != nullptr ? returner->find_if(serial_, [](lane&) { return true; }) : nullptr;
  if (mine == nullptr) mine = take_lane();
  if (mine == nullptr)
    throw error{{errc::too_many_threads,
                 fmt::format("segment '{}': all {} lanes are taken (segment_options::max_lanes)", name_,
                             map_.limits().max_lanes)}};
  cache = {serial_, mine};
  return *mine;
}

lane_name& attachment::another_lease(function_ref<lane_name*(lane&)> free_name) {
  lane_name* found = nullptr;
  auto const has_room = [&](lane& each) { return (found = free_name(each)) != nullptr; };
  auto* const returner = lane_returner::of_this_thread();
  auto const has_room_again = [&](lane& each) {
    drop_gone(each);
    return has_room(each);
  };
  if (returner != nullptr && returner->find_if(serial_, has_room_again) != nullptr) return *found;
  while (auto* const fresh = take_lane())
    if (has_room(*fresh)) return *found;
  throw error{{errc::too_many_leases,
               fmt::format("segment '{}': {} lanes hold as many leases and elements given back as they can "
                           "(segment_options::max_lanes)", name_, map_.limits().max_lanes)}};
}

// Takes a lane for the calling thread, until the thread ends. nullptr: there is none.
lane* attachment::take_lane() {
  auto* mine = take_free_lane();
  if (mine == nullptr) {
    settle_dead_lanes();
    mine = take_free_lane();
  }
  auto* const returner = lane_returner::of_this_thread();
  if (mine != nullptr && returner != nullptr) returner->note({serial_, weak_from_this(), mine});
  return mine;
}

// Whether a name's entry can be found by its name.
bool attachment::is_live(std::uint64_t what) const noexcept {
  auto const slot = slot_of(what);
  if (op_of(what) == lane_op::none || slot >= map_.layout().name_slots) return false;
  auto const word = name_table{map_}.word(slot);
  return state_of(word) == name_state::live && make_lane_tag(slot, name_generation_of(word)) == tag_of(what);
}

// Whether a name's entry can never be used again: its slot has another life, or it was erased and nobody
// who lives has it attached any more.
bool attachment::is_gone(std::uint64_t what) const {
  auto const slot = slot_of(what);
  if (op_of(what) == lane_op::none || slot >= map_.layout().name_slots) return true;
  auto const word = name_table{map_}.word(slot);
  if (make_lane_tag(slot, name_generation_of(word)) != tag_of(what)) return true;
  return state_of(word) != name_state::live && !has_bit(held_slots(), slot);
}

// Forgets what names nothing any more. An own lease on an erased entry is no such name: its handle holds it.
void attachment::drop_gone(lane& own) const {
  for_each_name(own, [&](lane_name& name) {
    auto const what = name.what.load(std::memory_order_relaxed);  // own lane
    if (op_of(what) != lane_op::none && is_gone(what)) forget(name);
  });
}

lane* attachment::take_free_lane() {
  std::scoped_lock const guard{lanes_mutex_};
  if (!idle_lanes_.empty()) {
    auto* const idle = idle_lanes_.back();
    idle_lanes_.pop_back();
    return idle;
  }
  auto const lanes = map_.lanes();
  for (std::uint64_t i = 0; i < lanes.size(); ++i) {
    if (lanes[i].owner.load(std::memory_order_relaxed) != 0) continue;  // a guess; the CAS decides
    auto& used = map_.header().lanes_used;
    auto seen = used.load(std::memory_order_relaxed);  // a guess; the CAS decides
    // R2 -> segment_map.hpp:A1: counted before it can name anything.
    while (seen < i + 1 && !used.compare_exchange_weak(seen, i + 1, std::memory_order_release,
                                                       std::memory_order_relaxed)) {
    }
    participant_id nobody = 0;
    // A1 <- R1. The store that takes is the one that names its owner.
    if (!lanes[i].owner.compare_exchange_strong(nobody, self_, std::memory_order_acquire,
                                                std::memory_order_relaxed))
      continue;
    forget(lanes[i].intent);
    drop_gone(lanes[i]);  // what was given back stays, for who comes
    return &lanes[i];
  }
  return nullptr;
}

void attachment::give_back(lane& idle) {
  if (was_inherited()) return;
  std::scoped_lock const guard{lanes_mutex_};
  idle_lanes_.push_back(&idle);
}

void attachment::release_lanes() noexcept {
  for (auto& each : map_.used_lanes())
    if (each.owner.load(std::memory_order_relaxed) == self_) release(each);  // own lane
}

void attachment::settle_lanes(lane_tag tag, function_ref<void(lane&)> settle) {
  if (was_inherited()) return;  // nobody can be asked, and all would be taken for dead
  known_lives lives{*this};
  for (auto& each : map_.used_lanes()) {
    auto owner = each.owner.load(std::memory_order_acquire);  // A1 <- R1
    if (owner == 0 || owner == self_) continue;
    bool is_named = false;
    for_each_name(each, [&](lane_name& name) { is_named |= read_name(name, tag).has_value(); });
    if (!is_named) continue;
    if (lives.is_alive(owner)) continue;
    // Exactly one takes over; should it die, the lane is dead again with all it said (I2).
    if (!each.owner.compare_exchange_strong(owner, self_, std::memory_order_acq_rel,
                                            std::memory_order_relaxed))
      continue;
    settle(each);
    release(each);
  }
}

// For when no lane is free: those of dead threads are, once what they name is settled.
void attachment::settle_dead_lanes() {
  if (was_inherited()) return;  // as above
  name_table const table{map_};
  auto const settle_entry = [&](std::uint64_t what) {
    auto const slot = slot_of(what);
    hold(slot);
    // seq_cst, after hold(): as in attach() (attachment.hpp I2)
    auto const word = map_.name_words()[slot].load(std::memory_order_seq_cst);
    auto const record = table.read(slot, word);
    if (is_live(what) && record)
      if (auto const view = checked_view(slot, word, *record); view && view->tag() == tag_of(what))
        if (auto const* kind = find_kind(view->kind()); kind != nullptr && kind->settle != nullptr)
          kind->settle(*this, *view);
    let_go(slot);
  };
  for (auto& each : map_.used_lanes()) {
    auto owner = each.owner.load(std::memory_order_acquire);  // A1 <- R1
    if (owner == 0 || is_alive(owner)) continue;
    for_each_name(each, [&](lane_name& name) {
      auto const what = name.what.load(std::memory_order_acquire);  // lanes.hpp:R1, R2
      if (is_live(what)) settle_entry(what);
    });
    owner = each.owner.load(std::memory_order_acquire);  // A1 <- R1
    if (owner == 0 || is_alive(owner)) continue;
    if (!each.owner.compare_exchange_strong(owner, self_, std::memory_order_acq_rel,
                                            std::memory_order_relaxed))
      continue;
    drop_gone(each);
    release(each);
  }
}

bool attached_entry::is_look_due() const noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  auto const tick = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  if (looked_at_.load(std::memory_order_relaxed) == tick) return false;  // a throttle; two at once do no harm
  looked_at_.store(tick, std::memory_order_relaxed);
  return true;
}

}  // namespace stoa
