#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <stoa/base/crc32c.hpp>
#include <stoa/message_ring.hpp>

namespace stoa {
namespace {

std::uint64_t now(message_time how) noexcept {
  if (how == message_time::none) return 0;
  timespec time{};
  ::clock_gettime(how == message_time::coarse ? CLOCK_REALTIME_COARSE : CLOCK_REALTIME, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint32_t checksum_of(std::uint64_t size_type, std::uint64_t timestamp, std::span<std::byte const> bytes) noexcept {
  std::array const head{size_type, timestamp};
  return crc32c(bytes, crc32c(std::as_bytes(std::span{head})));
}

}  // namespace

internal::record_seal internal::make_seal(message_ring_bytes const& ring, message_label label) noexcept {
  return {make_size_type(label), now(ring.options().timestamps)};
}

std::uint64_t internal::checksum_of(record_seal const& with, std::span<std::byte const> written) noexcept {
  return stoa::checksum_of(with.size_type, with.timestamp, written);
}

bool message_ring_bytes::is_intact(std::uint64_t position, std::span<std::byte const> copy) const noexcept {
  auto const& header = label(position);
  auto const size_type = header.size_type.load(std::memory_order_relaxed);
  auto const timestamp = header.timestamp.load(std::memory_order_relaxed);
  return header.checksum.load(std::memory_order_relaxed) == checksum_of(size_type, timestamp, copy);
}

result<message_ring> message_ring::adopt(std::shared_ptr<attached_entry> entry) {
  auto bytes = message_ring_bytes::adopt(entry->view());
  if (!bytes) return bytes.error();
  if (!entry->owner().is_read_only()) bytes->settle(entry->owner());
  return message_ring{std::move(entry), *bytes};
}

message_consumer message_ring::consumer() const {
  if (delivery() != delivery::group)
    throw error{failure{errc::invalid_argument,
                        fmt::format("{}: each message is for all: it has readers, and no consumers", entry_->where())}};
  return message_consumer{entry_, bytes_};
}

message_reader message_ring::reader(message_start from) const {
  if (delivery() != delivery::broadcast)
    throw error{failure{errc::invalid_argument,
                        fmt::format("{}: each message is for one: it has consumers, and no readers", entry_->where())}};
  message_cursor at;
  reader_place* place = nullptr;
  if (bytes_.waits_for_readers()) {
    require_writable(*entry_, "wait for");
    place = bytes_.take_place(owner(), at);
    if (place == nullptr)
      throw error{failure{errc::no_space, fmt::format("{}: all {} places for readers are taken", entry_->where(),
                                                      bytes_.options().max_readers)}};
  } else {
    at = bytes_.oldest();
  }
  message_reader made{entry_, bytes_, place, at};
  if (from == message_start::next) made.seek_next();
  return made;
}

void message_ring::refuse_size(std::uint64_t size) const {
  throw error{failure{errc::invalid_argument, fmt::format("{}: a message of {} bytes, expected at most {}",
                                                          entry_->where(), size, largest_message())}};
}

lane_name& message_ring::claim_name() const {
  auto const unused = [](lane& mine) -> lane_name* {
    for (auto& name : mine.leases)
      // acquire: lanes.hpp:R2, a commit by another thread
      if (op_of(name.what.load(std::memory_order_acquire)) == lane_op::none) return &name;
    return nullptr;
  };
  if (auto* const name = unused(lanes_.mine())) [[likely]] return *name;
  return owner().another_lease(unused);
}

held_record message_ring::claim_again(lane_name& name, std::uint32_t units) const {
  if (entry_->is_look_due()) {
    bytes_.settle(owner());
    if (auto const mine = bytes_.claim(owner(), name, units)) return mine;
  }
  refuse();
  return {};
}

held_record message_ring::wait_to_claim(lane_name& name, std::uint32_t units, deadline until,
                                        wait_strategy strategy) const {
  held_record mine;
  wait_for(bytes_.header().producers, until, strategy, [&](bool thorough) {
    if (thorough) bytes_.settle(owner());
    mine = bytes_.claim(owner(), name, units);
    return static_cast<bool>(mine);
  });
  if (!mine) refuse();
  return mine;
}

// --- messages that lie in blocks ---

// Takes a block, fills it, and claims the record that refers to it: others do not wait for the copy.
held_record message_ring::claim_block(lane_name& name, function_ref<void(std::byte*)> fill) const {
  if (!bytes_.can_claim(owner(), 1)) return {};
  struct block_being_filled {
    ~block_being_filled() {
      if (number == 0) return;
      ring.blocks().give_back(number);
      wake(ring.header().producers);
    }
    message_ring_bytes const& ring;
    block_number number;
  } mine{bytes_, bytes_.take_block(owner())};
  if (mine.number == 0) return {};
  fill(bytes_.blocks().bytes(mine.number));
  auto record = bytes_.claim(owner(), name, 1);
  if (!record) return {};
  record.block = std::exchange(mine.number, 0);
  bytes_.blocks().refer(record.block, record.position);
  return record;
}

held_record message_ring::try_to_claim_block(lane_name& name, function_ref<void(std::byte*)> fill) const {
  auto mine = claim_block(name, fill);
  if (!mine && entry_->is_look_due()) {
    bytes_.settle(owner());
    mine = claim_block(name, fill);
  }
  if (!mine) refuse();
  return mine;
}

held_record message_ring::wait_to_claim_block(lane_name& name, function_ref<void(std::byte*)> fill, deadline until,
                                              wait_strategy strategy) const {
  if (auto const mine = claim_block(name, fill)) return mine;
  held_record mine;
  wait_for(bytes_.header().producers, until, strategy, [&](bool thorough) {
    if (thorough) bytes_.settle(owner());
    mine = claim_block(name, fill);
    return static_cast<bool>(mine);
  });
  if (!mine) refuse();
  return mine;
}

bool message_ring::send_large(std::span<std::byte const> from, std::uint32_t type, patience const* how) const {
  auto& intent = lanes_.mine().intent;
  internal::record_seal seal;
  auto const fill = [&](std::byte* to) {
    internal::write(bytes_, to, from);
    seal = internal::complete(bytes_, seal_of(from, type), from);
  };
  auto const mine = how == nullptr ? try_to_claim_block(intent, fill)
                                   : wait_to_claim_block(intent, fill, how->until, how->strategy);
  if (!mine) return false;
  internal::begin_to_write(bytes_);  // the record; the block was written before
  internal::seal(bytes_, mine, seal);
  publish(intent, mine);
  return true;
}

message_slot message_ring::claim_large(std::size_t size, std::uint32_t type, patience const* how) const {
  auto& name = claim_name();
  auto const nothing = [](std::byte*) {};
  auto const mine = how == nullptr ? try_to_claim_block(name, nothing)
                                   : wait_to_claim_block(name, nothing, how->until, how->strategy);
  return made(name, mine, size, type);
}

// --- batches ---

// The first record of the batch is published last: until then nobody gets past it, so that store is the point of
// effect for all. That the claim is its own is said before the marks behind the first could be taken for boundaries.
std::size_t message_ring::try_send_n(std::span<std::span<std::byte const> const> messages, std::uint32_t type) const {
  auto& intent = lanes_.mine().intent;
  std::size_t count = 0;
  std::uint32_t units = 0;
  if (!messages.empty() && bytes_.blocks().hold(messages[0].size())) return try_send(messages[0], type) ? 1 : 0;
  while (count < messages.size() && !bytes_.blocks().hold(messages[count].size())) {
    auto const more = units_to_send(messages[count].size());
    if (units + more > bytes_.most_record_units()) break;
    units += more;
    ++count;
  }
  if (count == 0) return 0;
  auto mine = bytes_.claim(owner(), intent, units);
  for (auto fit = bytes_.free_units(); !mine && count > 1; fit = units / 2) {
    do units -= units_to_send(messages[--count].size());
    while (count > 1 && units > fit);
    mine = bytes_.claim(owner(), intent, units);
  }
  if (!mine) mine = claim_again(intent, units);
  if (!mine) return 0;
  // lanes.hpp:R1
  intent.what.store(make_what(bytes_.tag(), lane_op::pushing, units), std::memory_order_release);
  held_record first;
  auto at = mine.position;
  for (auto const& each : messages.first(count)) {
    held_record const one{at, 0, static_cast<std::uint32_t>(units_for(each.size()))};
    internal::prefetch_to_send(bytes_, one.position, one.units);
    internal::write(bytes_, bytes_.message(one), each);
    internal::seal(bytes_, one, message_label{static_cast<std::uint32_t>(each.size()), type});
    if (first) {
      bytes_.commit(one);
    } else {
      first = one;
    }
    at = one.end();
  }
  bytes_.commit(first);  // point of effect
  forget(intent);
  wake(bytes_.header().receivers);
  return count;
}

}  // namespace stoa
