// stoa/message_stream_tracker.hpp: which streams are under way for one reader of chunks, and how each of them ended.
//
// I1 in order  a chunk is told only if all before it were: it begins where they ended, and no message was missed
// I2 told once each stream that was begun is told an end, once; what comes of it after that is passed over
// I3 dead      a stream is broken by death only if its writer was seen dead, and then everything that had been
//              claimed by then was received
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <stoa/attachment.hpp>
#include <stoa/base/function_ref.hpp>
#include <stoa/message_chunk.hpp>
#include <stoa/message_consumer.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

class message_stream_tracker {
 public:
  using handler = function_ref<void(message_chunk const&)>;

  // A message that was received. If `tell` throws, it may come again.
  void take(message_view const& each, handler tell);

  bool is_any_open() const noexcept { return !streams_.empty(); }
  // True about once per wait_slice.
  bool is_look_due() noexcept;
  // Which writers are dead. `claimed`: position up to which the ring was claimed, as a call that comes after the look.
  void look_for_the_dead(attachment const& owner, function_ref<std::uint64_t()> claimed);
  // Whether something of a dead writer is complete: to be asked before a message is looked for in vain.
  bool note_complete(function_ref<bool(std::uint64_t)> is_received);
  // How many of those were told. Only if there was no message after they had been noted.
  std::size_t tell_complete(handler tell);

  std::uint64_t foreign() const noexcept { return foreign_; }

 private:
  struct stream {
    std::uint64_t next = 0;  // offset
    std::uint32_t type = 0;
    bool is_told = false;     // that it is broken; the rest is passed over
    bool is_missing = false;  // something of it, perhaps: to be told
    std::optional<std::uint64_t> claimed_at_death{};
    bool is_complete = false;
  };

  void tell_missing(handler tell);
  static void tell_broken(message_stream_id const& which, stream& each, handler tell);

  std::map<message_stream_id, stream> streams_;
  std::optional<std::uint64_t> next_sequence_;
  wait_clock::time_point looked_at_{};
  std::uint64_t foreign_ = 0;
};

}  // namespace stoa
