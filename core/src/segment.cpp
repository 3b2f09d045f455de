#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stoa/base/words.hpp>
#include <stoa/segment.hpp>

#include "header_check.hpp"
#include "segment_file.hpp"

namespace stoa {
namespace {

std::string command_of(participant_record const& record) {
  std::array<char, sizeof(record.name) + 1> text{};
  load_words(text.data(), record.name.data(), sizeof(record.name));
  return text.data();
}

}  // namespace

result<segment> segment::wrap(result<std::shared_ptr<stoa::attachment>> attachment) {
  if (!attachment) return attachment.error();
  return segment{std::move(*attachment)};
}

failure segment::about(std::string_view entry, failure const& reason) const {
  return {reason.code(), fmt::format("segment '{}', '{}': {}", name(), entry, reason.message())};
}

result<segment> segment::try_create(std::string_view name, std::uint64_t bytes,
                                    segment_options const& options) {
  return wrap(attachment::create(name, bytes, options));
}

result<segment> segment::try_open(std::string_view name, backing const& where) {
  return wrap(attachment::open(name, where, false));
}

result<segment> segment::try_open_read_only(std::string_view name, backing const& where) {
  return wrap(attachment::open(name, where, true));
}

result<segment> segment::try_open_or_create(std::string_view name, std::uint64_t bytes,
                                            segment_options const& options) {
  for (;;) {
    auto opened = try_open(name, options.backing);
    if (opened || opened.error().code() != errc::not_found) return opened;
    auto created = try_create(name, bytes, options);
    if (created || created.error().code() != errc::already_exists) return created;
  }
}

result<bool> segment::try_remove(std::string_view name, backing const& where) {
  return attachment::remove(name, where, true);
}

result<bool> segment::try_remove_unused(std::string_view name, backing const& where) {
  return attachment::remove(name, where, false);
}

std::vector<std::string> segment::list(backing const& where) {
  std::vector<std::string> names;
  std::error_code problem;
  for (std::filesystem::directory_iterator file{where.path(), problem}, end; !problem && file != end;
       file.increment(problem)) {
    auto const opened = segment_file::open(file->path(), access::read_only);
    bool is_segment = false;
    if (opened) {
      auto const header = read_header(**opened);
      is_segment = header || (header.error().code() != errc::foreign_file &&
                              header.error().code() != errc::empty_file);
    }
    if (is_segment) names.push_back(file->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

stoa::lifetime segment::lifetime() const noexcept {
  auto const stored = attachment_->map().header().lifetime;
  return stored == static_cast<std::uint32_t>(stoa::lifetime::persistent)
             ? stoa::lifetime::persistent
             : stoa::lifetime::reference_counted;
}

snapshot<entry> segment::entries() const {
  std::vector<entry> out;
  for (auto const& view : attachment_->entries()) out.emplace_back(view, attachment_->descriptor(view));
  std::ranges::sort(out, {}, &entry::name);
  return snapshot<entry>{std::move(out)};
}

snapshot<participant> segment::participants() const {
  if (auto ok = attachment_->usable(); !ok) throw error{ok.error()};
  auto const& map = attachment_->map();
  auto const entries = attachment_->entries();
  std::vector<participant> out;
  for (std::uint32_t place = 0; place < map.limits().max_participants; ++place) {
    auto const& record = map.participant(place);
    participant found;
    // relaxed: for people, and consistent only while that participant lives
    found.pid = record.pid.load(std::memory_order_relaxed);
    found.alive = attachment_->is_place_held(place);
    if (found.pid == 0 && !found.alive) continue;
    found.start_time = record.start_time.load(std::memory_order_relaxed);
    found.attached_ns = record.attached_ns.load(std::memory_order_relaxed);
    found.command = command_of(record);
    auto const bits = map.attachment_row(place);
    for (auto const& each : entries)
      if ((bits[each.slot / 64].load(std::memory_order_relaxed) >> (each.slot % 64) & 1) != 0)
        found.holds.emplace_back(each.name());
    auto const id = make_participant_id(record.generation.load(std::memory_order_relaxed), place);
    for (auto const& lane : map.used_lanes()) {
      if (lane.owner.load(std::memory_order_relaxed) != id) continue;
      ++found.lanes;
      for (auto const& lease : lane.leases)
        found.leases += op_of(lease.what.load(std::memory_order_relaxed)) == lane_op::lease;
    }
    out.push_back(std::move(found));
  }
  return snapshot<participant>{std::move(out)};
}

}  // namespace stoa
