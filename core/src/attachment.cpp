// How a process comes into a segment and leaves it.
#include <fmt/format.h>
#include <sys/random.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <stoa/attachment.hpp>
#include <stoa/base/words.hpp>
#include <stoa/waiting.hpp>
#include <thread>

#include "admin_guard.hpp"
#include "clock.hpp"
#include "hash.hpp"
#include "header_check.hpp"
#include "names.hpp"
#include "participants.hpp"
#include "segment_file.hpp"

namespace stoa {
namespace {

namespace ipc = boost::interprocess;

std::uint64_t next_serial() noexcept {
  static std::atomic<std::uint64_t> serial{0};
  return serial.fetch_add(1, std::memory_order_relaxed) + 1;  // only needs to be unique
}

std::uint64_t random_id() {
  std::uint64_t id = 0;
  if (::getrandom(&id, sizeof(id), 0) != sizeof(id)) id = now_ns();
  return id;
}

void write_header(segment_header& header, segment_limits const& limits, segment_layout const& layout,
                  segment_options const& options) {
  header.magic = segment_magic;
  header.version = segment_version;
  header.byte_order = segment_byte_order;
  header.header_bytes = sizeof(segment_header);
  header.total_bytes = layout.total_bytes;
  header.max_entries = limits.max_entries;
  header.max_participants = limits.max_participants;
  header.max_lanes = limits.max_lanes;
  header.name_slots = layout.name_slots;
  header.participants_offset = layout.participants_offset;
  header.attachments_offset = layout.attachments_offset;
  header.lanes_offset = layout.lanes_offset;
  header.name_words_offset = layout.name_words_offset;
  header.entries_offset = layout.entries_offset;
  header.extents_offset = layout.extents_offset;
  header.lifetime = static_cast<std::uint32_t>(options.lifetime);
  header.creator_pid = static_cast<std::uint32_t>(this_process().pid);
  header.created_ns = now_ns();
  header.segment_id = random_id();
  header.checksum = header_checksum(header);
  header.bump.store(layout.extents_offset, std::memory_order_relaxed);  // nobody can see it yet
}

// The next life of a place, this process's: which generation it is.
std::uint64_t begin_life(participant_record& record) {
  auto const generation = (record.generation.load(std::memory_order_relaxed) + 1) & ((1ull << 48) - 1);
  auto const& me = this_process();
  record.pid.store(me.pid, std::memory_order_relaxed);  // for people; carried by the store below
  record.start_time.store(me.start_time, std::memory_order_relaxed);
  record.attached_ns.store(now_ns(), std::memory_order_relaxed);
  store_words(record.name.data(), me.command.data(), me.command.size());
  // R5 -> A5: before the lock, so that nobody can see the lock held and the last one's generation (I1).
  record.generation.store(generation, std::memory_order_release);
  return generation;
}

failure about(std::string_view name, failure const& reason) {
  return {reason.code(), fmt::format("segment '{}': {}", name, reason.message())};
}

}  // namespace

attachment::attachment(std::string name, std::filesystem::path path, std::unique_ptr<segment_file> file,
                       std::shared_ptr<void> region, segment_map map)
    : name_{std::move(name)},
      path_{std::move(path)},
      file_{std::move(file)},
      region_{std::move(region)},
      map_{map},
      serial_{next_serial()},
      holds_(map.layout().name_slots),
      builds_(map.layout().name_slots) {}

attachment::~attachment() {
  if (!is_read_only() && !was_inherited()) leave();
}

result<std::shared_ptr<attachment>> attachment::create(std::string_view name, std::uint64_t bytes,
                                                       segment_options const& options) {
  if (auto ok = check_segment_name(name); !ok) return ok.error();
  segment_limits const limits{align_up(bytes, page_bytes), options.max_entries, options.max_participants,
                              options.max_lanes};
  auto const layout = segment_layout::compute(limits);
  if ((options.permissions & ~0777u) != 0)
    return failure{errc::invalid_argument, fmt::format("segment '{}': permissions {:o}, at most 777 are possible", name,
                                                       options.permissions)};
  if (bytes == 0 || bytes > std::uint64_t{1} << 62 || !layout)
    return failure{errc::invalid_argument,
                   fmt::format("segment '{}': {} bytes, {} entries (1 to {}), {} participants (1 to {}), "
                               "{} lanes (1 to {})",
                               name, bytes, limits.max_entries, most_entries, limits.max_participants,
                               most_participants, limits.max_lanes, most_lanes)};
  auto const& directory = options.backing.path();
  auto const path = directory / name;
  auto file = segment_file::create(directory, options.permissions, layout->total_bytes);
  if (!file) return about(name, file.error());
  // In memory all that is not an extent: extents are reserved when they are published.
  auto const needed_now = (*file)->may_be_sparse() ? layout->extents_offset : layout->total_bytes;
  if (auto ok = (*file)->reserve(0, needed_now); !ok) return about(name, ok.error());
  auto region = (*file)->map(access::read_write, layout->total_bytes);
  if (!region) return about(name, region.error());
  auto kept = std::make_shared<ipc::mapped_region>(std::move(*region));
  segment_map const map{static_cast<std::byte*>(kept->get_address()), limits, *layout};
  write_header(map.header(), limits, *layout, options);
  std::shared_ptr<attachment> made{
      new attachment{std::string{name}, path, std::move(*file), std::move(kept), map}};
  if (auto ok = made->join(); !ok) return ok.error();
  // From here on others see it, whole and with a live participant.
  if (auto ok = made->file_->link(path); !ok) return about(name, ok.error());
  return made;
}

result<std::shared_ptr<attachment>> attachment::open(std::string_view name, backing const& where,
                                                     bool read_only) {
  if (auto ok = check_segment_name(name); !ok) return ok.error();
  for (;;) {
    auto opened = try_open(name, where, read_only);
    if (!opened) return opened.error();
    if (*opened) return opened;  // else: its last user removed it while we came; look again
  }
}

// nullptr: the file lost its name before we were in.
result<std::shared_ptr<attachment>> attachment::try_open(std::string_view name, backing const& where,
                                                         bool read_only) {
  auto const mode = read_only ? access::read_only : access::read_write;
  auto const path = where.path() / name;
  auto file = segment_file::open(path, mode);
  if (!file) return file.error();
  if (auto ok = (*file)->check_origin(where); !ok) return about(name, ok.error());
  auto header = read_header(**file);
  if (!header) return about(name, header.error());
  auto region = (*file)->map(mode, header->layout.total_bytes);
  if (!region) return about(name, region.error());
  auto kept = std::make_shared<ipc::mapped_region>(std::move(*region));
  segment_map const map{static_cast<std::byte*>(kept->get_address()), header->limits, header->layout};
  std::shared_ptr<attachment> made{
      new attachment{std::string{name}, path, std::move(*file), std::move(kept), map}};
  if (read_only) return made;
  admin_guard const guard{made->admin_mutex_, *made->file_};
  if (!guard.is_locked()) return admin_guard::held_up(name);
  // Whoever leaves last removes the name under this lock: now it can't go any more.
  if (!made->file_->is_at(path)) return std::shared_ptr<attachment>{};
  if (auto ok = made->join(); !ok) return ok.error();
  return made;
}

result<bool> attachment::remove(std::string_view name, backing const& where, bool even_if_in_use) {
  if (auto ok = check_segment_name(name); !ok) return ok.error();
  auto const path = where.path() / name;
  for (;;) {
    auto file = segment_file::open(path, access::read_write);
    if (!file && file.error().code() == errc::not_found) return false;
    if (!file) return file.error();
    // A damaged segment can be removed; what never was one is not ours to remove.
    auto const header = read_header(**file);
    if (!header && header.error().code() != errc::corrupt_segment &&
        header.error().code() != errc::truncated && header.error().code() != errc::unsupported_version)
      return about(name, header.error());
    if (!(*file)->lock(admin_lock_byte, deadline::after(admin_patience))) return admin_guard::held_up(name);
    if (!(*file)->is_at(path)) continue;
    auto const places = header ? header->limits.max_participants : most_participants;
    if (!even_if_in_use && (*file)->is_locked_elsewhere(place_lock_byte(0), places)) return false;
    std::error_code problem;
    bool const removed = std::filesystem::remove(path, problem);
    if (problem) return system_failure(problem.value(), fmt::format("cannot remove segment '{}'", name));
    return removed;
  }
}

result<void> attachment::usable() const {
  if (!was_inherited()) return {};
  return failure{errc::forked, fmt::format("segment '{}' was opened before fork(): the child must open it "
                                           "for itself", name_)};
}

// Under the admin lock, or before the file has a name. The kernel looks through all locks of the file for each place
// it is asked about: so those come first whose record says that nobody is there.
result<void> attachment::join() {
  register_for_wakes();
  auto const take = [&](std::uint32_t place) {
    if (file_->is_locked_elsewhere(place_lock_byte(place))) return false;
    for (auto& bits : map_.attachment_row(place)) bits.store(0, std::memory_order_relaxed);  // I1: nobody's
    auto const generation = begin_life(map_.participant(place));
    if (!file_->try_lock(place_lock_byte(place))) return false;
    self_ = make_participant_id(generation, place);
    return true;
  };
  auto const places = map_.limits().max_participants;
  for (std::uint32_t place = 0; place < places; ++place) {
    auto const pid = map_.participant(place).pid.load(std::memory_order_relaxed);  // a guess; the lock decides
    if (pid == 0 && take(place)) return {};
  }
  for (std::uint32_t place = 0; place < places; ++place)
    if (take(place)) return {};
  return failure{errc::too_many_participants,
                 fmt::format("segment '{}': all {} places are taken (segment_options::max_participants)", name_,
                             places)};
}

// Without the admin lock if a stopped process has it: a destructor must not wait for an hour. The name then
// stays for the next who leaves, or for gc.
void attachment::leave() noexcept {
  release_lanes();
  auto const place = place_of(self_);
  bool const is_locked = try_lock_admin();
  auto& record = map_.participant(place);
  for (auto& bits : map_.attachment_row(place))
    bits.store(0, std::memory_order_release);  // R4 -> attachment_entries.cpp:A4
  bool const is_counted =
      map_.header().lifetime == static_cast<std::uint32_t>(lifetime::reference_counted);
  if (is_locked && is_counted && !is_anybody_else_here() && file_->is_at(path_)) {
    std::error_code ignored;  // the name stays, and `stoa gc` finds it
    std::filesystem::remove(path_, ignored);
  }
  record.pid.store(0, std::memory_order_relaxed);  // for people: left in order
  file_->unlock(place_lock_byte(place));
  if (is_locked) file_->unlock(admin_lock_byte);
}

bool attachment::try_lock_admin() noexcept {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (file_->try_lock(admin_lock_byte)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return false;
}

bool attachment::is_place_held(std::uint32_t place) const noexcept {
  if (was_inherited()) return false;  // in a child that is not there, nobody can be asked
  if (self_ != 0 && place == place_of(self_)) return true;
  return file_->is_locked_elsewhere(place_lock_byte(place));
}

bool attachment::is_alive(participant_id id) const noexcept {
  if (id == self_) return id != 0 && !was_inherited();
  auto const place = place_of(id);
  if (id == 0 || place >= map_.limits().max_participants) return false;
  if (!is_place_held(place)) return false;
  // After the lock: if a successor holds it, its generation is there to be seen (I1).  A5 <- R5
  return map_.participant(place).generation.load(std::memory_order_acquire) == generation_of(id);
}

bool attachment::is_anybody_else_here() const noexcept {
  return file_->is_locked_elsewhere(place_lock_byte(0), map_.limits().max_participants);  // the own one does not count
}

std::uint32_t attachment::reference_count() const noexcept {
  std::uint32_t count = 0;
  for (std::uint32_t place = 0; place < map_.limits().max_participants; ++place)
    count += is_place_held(place);
  return count;
}

}  // namespace stoa
