// stoa/attachment.hpp: one process's place in one segment: mapping, liveness, lanes, entries.
//
// Shared by the segment object and all handles made from it; the last of them to go leaves the
// segment. Safe to share between threads. Inherited through fork it refuses (fork_guard.hpp).
//
// I1 place    a participant is alive exactly while the kernel lock of its place is held and the
//             place's generation is its own; the generation advances before the lock is taken
// I2 holding  entry bits of this place are set before the entry's word is looked at again, and an
//             entry's bytes are handed out again only after the word was changed and the bits of
//             all live places were seen clear: whoever of the two comes second sees the other
// I3 building who builds an entry holds the kernel lock of its slot until the word says live or retired:
//             an entry in `building` whose lock is free is nobody's, its builder died
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <stoa/base/function_ref.hpp>
#include <stoa/base/result.hpp>
#include <stoa/fork_guard.hpp>
#include <stoa/lanes.hpp>
#include <stoa/segment_map.hpp>
#include <stoa/segment_options.hpp>
#include <stoa/type_descriptor.hpp>
#include <stoa/verify.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace stoa {

class attachment;
class segment_file;

// What a structure calls itself, compared with what an entry says.
struct structure_identity {
  std::string_view kind;     // at most 15 bytes
  std::uint32_t layout = 1;  // version of the kind's bytes
  type_descriptor const* type = nullptr;
};

// A copy of an entry and the bytes it stands for, validated against the mapping.
struct entry_view {
  entry_record record{};
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::span<std::byte> body;

  lane_tag tag() const noexcept { return make_lane_tag(slot, generation); }
  std::string_view name() const noexcept { return record.name.data(); }
  std::string_view kind() const noexcept { return record.kind.data(); }
};

// Keeps an entry's bytes from being handed out again, and the mapping in place.
class attached_entry {
 public:
  attached_entry(std::shared_ptr<attachment> owner, entry_view view) noexcept
      : owner_{std::move(owner)}, view_{view} {}
  attached_entry(attached_entry const&) = delete;
  attached_entry& operator=(attached_entry const&) = delete;
  ~attached_entry();

  attachment& owner() const noexcept { return *owner_; }
  entry_view const& view() const noexcept { return view_; }
  // True about once per tick of the coarse clock (1 to 4 ms) for the copies of a handle: time to look whether
  // somebody died. About 5 ns.
  bool is_look_due() const noexcept;
  // "segment 'market', queue 'trades'": how errors begin.
  std::string where() const;

 private:
  std::shared_ptr<attachment> owner_;
  entry_view view_;
  mutable std::atomic<std::int64_t> looked_at_{0};  // coarse clock
};

class attachment : public std::enable_shared_from_this<attachment> {
 public:
  static result<std::shared_ptr<attachment>> create(std::string_view name, std::uint64_t bytes,
                                                    segment_options const& options);
  static result<std::shared_ptr<attachment>> open(std::string_view name, backing const& where,
                                                  bool read_only);
  static result<bool> remove(std::string_view name, backing const& where, bool even_if_in_use);
  ~attachment();
  attachment(attachment const&) = delete;
  attachment& operator=(attachment const&) = delete;

  std::string const& name() const noexcept { return name_; }
  segment_map const& map() const noexcept { return map_; }
  bool is_read_only() const noexcept { return self_ == 0; }
  bool was_inherited() const noexcept { return epoch_ != fork_epoch(); }
  // errc::forked in a child that inherited it.
  result<void> usable() const;
  participant_id self() const noexcept { return self_; }
  // One system call; for use off the fast path. False in a child that inherited it, where nobody can be asked: so
  // there nothing may be done to who is not alive.
  bool is_alive(participant_id id) const noexcept;
  bool is_place_held(std::uint32_t place) const noexcept;

  // Unique among the attachments of this process, past ones included.
  std::uint64_t serial() const noexcept { return serial_; }
  // The calling thread's lane. Throws errc::too_many_threads, forked or read_only. See lane_access.
  lane& my_lane() { return acquire_lane(my_cache()); }
  // A lease name that free_name() accepts, in another lane if the thread's first has none: then a further
  // lane becomes the thread's. Throws errc::too_many_leases when no lane is left.
  lane_name& another_lease(function_ref<lane_name*(lane&)> free_name);
  // Takes over, one after the other, the lanes of dead threads that name the entry of `tag`, and calls
  // settle for each; names it leaves stay for the next who looks. What `settle` writes comes first.
  // Does nothing in a child that inherited it.
  void settle_lanes(lane_tag tag, function_ref<void(lane&)> settle);

  // name_taken, no_space, too_many_entries, invalid_name, held_up. `format` runs before anyone can see the bytes,
  // which are zero. Waits while a live process is publishing the same name, and gives up with
  // errc::being_published after ten seconds.
  result<std::shared_ptr<attached_entry>> publish(std::string_view name, structure_identity const& what,
                                                  std::uint64_t body_bytes,
                                                  function_ref<void(std::span<std::byte>)> format);
  // no_such_name, kind_mismatch, layout_mismatch, type_mismatch, corrupt_segment.
  result<std::shared_ptr<attached_entry>> attach(std::string_view name, structure_identity const& what);
  result<bool> erase(std::string_view name);
  // Without registering anything: for looking, at bytes that may be erased meanwhile.
  std::vector<entry_view> entries() const;
  // The type's text; an opaque one if the bytes do not agree with the entry (any more).
  std::string descriptor(entry_view const& entry) const;
  std::uint64_t free_bytes() const;
  std::uint32_t reference_count() const noexcept;
  // See segment::verify(). Writes nothing.
  verification verify(others who) const;

 private:
  friend class attached_entry;
  friend class lane_returner;
  class admin_guard;

  attachment(std::string name, std::filesystem::path path, std::unique_ptr<segment_file> file,
             std::shared_ptr<void> region, segment_map map);
  static result<std::shared_ptr<attachment>> try_open(std::string_view name, backing const& where,
                                                      bool read_only);

  result<void> join();
  void leave() noexcept;
  bool try_lock_admin() noexcept;
  bool is_anybody_else_here() const noexcept;

  internal::lane_cache& my_cache() noexcept {
    return internal::lane_caches[serial_ % internal::lane_caches.size()];
  }
  lane& acquire_lane(internal::lane_cache& cache);
  lane* take_lane();
  lane* take_free_lane();
  bool is_live(std::uint64_t what) const noexcept;
  bool is_gone(std::uint64_t what) const;
  void drop_gone(lane& own) const;
  void settle_dead_lanes();
  void give_back(lane& idle);
  void release_lanes() noexcept;

  // Entries (attachment_entries.cpp, attachment_publish.cpp).
  void hold(std::uint32_t slot) noexcept;
  void let_go(std::uint32_t slot) noexcept;
  std::vector<std::uint64_t> held_slots() const;
  class held_slot;
  class builder_guard;
  struct building;
  bool is_being_built(std::uint32_t slot) const noexcept;
  result<building> build(std::string_view name, structure_identity const& what, std::uint64_t body_bytes,
                         bool gaps_first);
  result<void> complete(building made, structure_identity const& what,
                        function_ref<void(std::span<std::byte>)> format);
  result<entry_view> checked_view(std::uint32_t slot, std::uint64_t word, entry_record const& record) const;
  result<void> matches(entry_view const& entry, structure_identity const& what) const;

  // Verifying (verify.cpp, verify_tables.cpp).
  class table_check;
  struct stillness;
  stillness look_for_others() const;

  std::string name_;
  std::filesystem::path path_;
  std::unique_ptr<segment_file> file_;
  std::shared_ptr<void> region_;
  segment_map map_;
  std::uint64_t epoch_ = fork_epoch();
  std::uint64_t serial_;
  participant_id self_ = 0;

  mutable std::mutex admin_mutex_;    // the admin lock's part between threads of this process
  mutable std::mutex holds_mutex_;    // holds_, builds_, holds_taken_
  std::vector<std::uint32_t> holds_;  // per name slot: handles of this process
  std::vector<bool> builds_;          // per name slot: a thread of this process builds its entry
  std::uint64_t holds_taken_ = 0;     // how often one of holds_ was raised from 0
  std::mutex lanes_mutex_;            // idle_lanes_
  std::vector<lane*> idle_lanes_;     // own lanes of threads that ended
};

// How a handle comes by the calling thread's lane without asking the attachment each time.
class lane_access {
 public:
  explicit lane_access(attachment& owner) noexcept : owner_{&owner}, serial_{owner.serial()} {}

  // Throws errc::too_many_threads, forked or read_only: at a thread's first use, or in a forked child,
  // where the caches are empty.
  lane& mine() const {
    auto const& cache = internal::lane_caches[serial_ % internal::lane_caches.size()];
    if (cache.serial == serial_) [[likely]] return *cache.mine;
    return owner_->my_lane();
  }
  attachment& owner() const noexcept { return *owner_; }

 private:
  attachment* owner_;
  std::uint64_t serial_;
};

}  // namespace stoa
