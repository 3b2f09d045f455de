// stoa/message_ring.hpp: messages of any size, with type, sequence and time, in one ring of bytes; any number of
// producers, and one group of consumers or any number of readers, in any number of processes.
//
// Progress  try_ calls return in a bounded number of steps unless peers advance meanwhile.
// Crash     docs/crash.md, X1 to X12. A message is there when its mark says so, and gone when its mark says so: one
//           store each. What a dead producer had claimed is passed over; what a dead consumer had taken goes to
//           the next.
// Signals   Not for use in a signal handler that may interrupt a change by the same thread of anything in the
//           same segment: both would write the thread's lane.
//
// The algorithm and its invariants are in message_ring_bytes.hpp, recovery in message_ring_recovery.cpp.
#pragma once
#include <memory>
#include <span>
#include <stoa/attachment.hpp>
#include <stoa/message_claim.hpp>
#include <stoa/message_consumer.hpp>
#include <stoa/message_reader.hpp>
#include <stoa/message_prefetch.hpp>
#include <stoa/message_ring_bytes.hpp>

namespace stoa {

inline bool const message_ring_is_registered = register_kind(message_ring_operations());

// A handle: process-local, cheap to copy, safe to share between threads. The bytes outlive it.
// Calls that change the ring throw errc::read_only, forked or too_many_threads where those apply. A message larger than
// largest_message() throws invalid_argument.
class message_ring {
 public:
  using shape = message_ring_shape;
  using options = message_ring_options;

  static structure_identity identity() { return {"message_ring", 1, &descriptor_of<std::uint8_t>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) { return message_ring_bytes::bytes_for(asked); }
  static void format(std::span<std::byte> body, shape const& asked) { message_ring_bytes::format(body, asked); }
  static result<message_ring> adopt(std::shared_ptr<attached_entry> entry);

  // --- producers ---

  // false: there is no room. Never waits. In a ring with checksums `bytes` must not change meanwhile, also in the sends
  // below: they are read twice, since to read them again from where another core has had the lines takes longer.
  bool try_send(std::span<std::byte const> bytes, std::uint32_t type = 0) const {
    if (bytes_.blocks().hold(bytes.size())) [[unlikely]] return send_large(bytes, type, nullptr);
    auto& intent = lanes_.mine().intent;
    auto const units = units_to_send(bytes.size());
    auto const seal = seal_of(bytes, type);
    auto mine = bytes_.claim(owner(), intent, units);
    if (!mine) [[unlikely]] mine = claim_again(intent, units);
    return finish(intent, mine, bytes, seal);
  }
  // Waits while there is no room.
  void send(std::span<std::byte const> bytes, std::uint32_t type = 0,
            wait_strategy strategy = wait_strategy::adaptive) const {
    send_until(bytes, type, deadline::never(), strategy);
  }
  // false: still no room when `timeout` had passed.
  template <class Rep, class Period>
  [[nodiscard]] bool send_for(std::span<std::byte const> bytes, std::uint32_t type,
                              std::chrono::duration<Rep, Period> timeout,
                              wait_strategy strategy = wait_strategy::adaptive) const {
    return send_until(bytes, type, deadline::after(timeout), strategy);
  }
  bool send_until(std::span<std::byte const> bytes, std::uint32_t type, deadline until,
                  wait_strategy strategy = wait_strategy::adaptive) const {
    patience const how{until, strategy};
    if (bytes_.blocks().hold(bytes.size())) [[unlikely]] return send_large(bytes, type, &how);
    auto& intent = lanes_.mine().intent;
    auto const units = units_to_send(bytes.size());
    auto seal = seal_of(bytes, type);
    auto mine = bytes_.claim(owner(), intent, units);
    if (!mine) [[unlikely]] {
      mine = wait_to_claim(intent, units, until, strategy);
      seal = seal_of(bytes, type);  // the time is that of the end of the wait
    }
    return finish(intent, mine, bytes, seal);
  }
  // Sends about as many of the front of `messages` as there is room for in one piece, all at once: others see all of them or
  // none, also if this process dies. One that lies in a block is sent alone. How many.
  [[nodiscard]] std::size_t try_send_n(std::span<std::span<std::byte const> const> messages,
                                       std::uint32_t type = 0) const;

  // Room for a message of `size` bytes, to be written in place. Empty: there is no room. Throws too_many_leases
  // when the lanes of the segment, with 8 claims each, are used up.
  [[nodiscard]] message_slot claim(std::size_t size, std::uint32_t type = 0) const {
    if (bytes_.blocks().hold(size)) [[unlikely]] return claim_large(size, type, nullptr);
    auto const units = units_to_send(size);
    auto& name = claim_name();
    auto mine = bytes_.claim(owner(), name, units);
    if (!mine) [[unlikely]] mine = claim_again(name, units);
    return made(name, mine, size, type);
  }
  template <class Rep, class Period>
  [[nodiscard]] message_slot claim_for(std::size_t size, std::uint32_t type, std::chrono::duration<Rep, Period> timeout,
                                       wait_strategy strategy = wait_strategy::adaptive) const {
    return claim_until(size, type, deadline::after(timeout), strategy);
  }
  [[nodiscard]] message_slot claim_until(std::size_t size, std::uint32_t type, deadline until,
                                         wait_strategy strategy = wait_strategy::adaptive) const {
    patience const how{until, strategy};
    if (bytes_.blocks().hold(size)) [[unlikely]] return claim_large(size, type, &how);
    auto const units = units_to_send(size);
    auto& name = claim_name();
    auto mine = bytes_.claim(owner(), name, units);
    if (!mine) [[unlikely]] mine = wait_to_claim(name, units, until, strategy);
    return made(name, mine, size, type);
  }

  // --- those who receive ---

  // One of the group. Throws invalid_argument in a broadcast ring.
  message_consumer consumer() const;
  // One of the readers, each of whom gets every message. Throws invalid_argument in a ring for a group; where producers
  // wait for readers read_only, forked, and no_space when all places for readers are taken.
  message_reader reader(message_start from = message_start::oldest) const;

  // --- state; racy where others work at the same time ---

  // Bytes for records: a message needs its own, 32 for its header, and is rounded up to a multiple of 64; one that lies
  // in a block needs 64.
  std::uint64_t capacity() const noexcept { return bytes_.capacity(); }
  std::uint64_t largest_message() const noexcept { return bytes_.largest_message(); }
  // Larger ones lie in blocks, if there are any.
  std::uint64_t largest_in_record() const noexcept { return bytes_.largest_in_record(); }
  // Messages that are committed, and not taken.
  std::uint64_t size() const noexcept { return bytes_.count_waiting(); }
  bool empty() const noexcept { return size() == 0; }
  // Who this process is in the segment; 0 where it may only look.
  participant_id participant() const noexcept { return lanes_.owner().self(); }
  stoa::delivery delivery() const noexcept { return bytes_.options().delivery; }
  message_ring_statistics statistics() const noexcept { return bytes_.statistics(); }
  // Looks for dead processes now and settles what they left. Blocking calls do this by themselves every
  // few milliseconds, try_ calls that find nothing or no room likewise.
  void recover() const {
    require_writable(*entry_, "recover");
    bytes_.settle(owner());
  }

 private:
  message_ring(std::shared_ptr<attached_entry> entry, message_ring_bytes const& bytes) noexcept
      : entry_{std::move(entry)}, lanes_{entry_->owner()}, bytes_{bytes} {}

  attachment& owner() const noexcept { return lanes_.owner(); }
  std::uint32_t units_to_send(std::uint64_t size) const {
    if (size > bytes_.largest_in_ring()) [[unlikely]] refuse_size(size);
    return static_cast<std::uint32_t>(units_for(size));
  }
  [[noreturn]] void refuse_size(std::uint64_t size) const;
  // Made before the claim, whose CAS waits for the stores of the message before: what is done meanwhile takes no time.
  // The checksum comes with the copy: a send that is refused must not read its message.
  internal::record_seal seal_of(std::span<std::byte const> from, std::uint32_t type) const noexcept {
    return internal::make_seal(bytes_, message_label{static_cast<std::uint32_t>(from.size()), type});
  }
  bool finish(lane_name& intent, held_record const& mine, std::span<std::byte const> from,
              internal::record_seal const& with) const {
    if (!mine) [[unlikely]] return false;
    internal::prefetch_to_send(bytes_, mine.position, mine.units);
    internal::write(bytes_, bytes_.message(mine), from);
    internal::seal(bytes_, mine, internal::complete(bytes_, with, from));
    publish(intent, mine);
    return true;
  }
  void publish(lane_name& intent, held_record const& mine) const noexcept {
    bytes_.commit(mine);  // point of effect
    forget(intent);
    wake(bytes_.header().receivers);
  }
  message_slot made(lane_name& name, held_record const& mine, std::size_t size, std::uint32_t type) const {
    if (!mine) return {};
    internal::prefetch_to_send(bytes_, mine.position, mine.units);
    return message_slot{entry_, bytes_, name, mine, {static_cast<std::uint32_t>(size), type}};
  }
  lane_name& claim_name() const;
  [[gnu::noinline]] held_record claim_again(lane_name& name, std::uint32_t units) const;
  [[gnu::noinline]] held_record wait_to_claim(lane_name& name, std::uint32_t units, deadline until,
                                              wait_strategy strategy) const;
  // How a call waits that does.
  struct patience {
    deadline until;
    wait_strategy strategy;
  };
  held_record claim_block(lane_name& name, function_ref<void(std::byte*)> fill) const;
  held_record try_to_claim_block(lane_name& name, function_ref<void(std::byte*)> fill) const;
  held_record wait_to_claim_block(lane_name& name, function_ref<void(std::byte*)> fill, deadline until,
                                  wait_strategy strategy) const;
  bool send_large(std::span<std::byte const> from, std::uint32_t type, patience const* how) const;
  message_slot claim_large(std::size_t size, std::uint32_t type, patience const* how) const;
  void refuse() const noexcept {
    bytes_.header().send_refusals.fetch_add(1, std::memory_order_relaxed);  // a statistic
  }

  std::shared_ptr<attached_entry> entry_;
  lane_access lanes_;
  message_ring_bytes bytes_;
};

}  // namespace stoa
