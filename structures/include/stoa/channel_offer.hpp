// stoa/channel_offer.hpp: a connection that was asked for and is not there yet: connecting without waiting.
#pragma once
#include <memory>
#include <optional>
#include <stoa/channel.hpp>
#include <string_view>

namespace stoa {

// Movable, not copyable; for one thread at a time. Destruction withdraws it.
class channel_offer {
 public:
  // Throws no_such_name, kind_mismatch, too_many_connections, read_only, forked, corrupt_structure.
  channel_offer(segment const& to, std::string_view name, channel_terms const& terms = {});
  channel_offer(channel_offer&& other) noexcept = default;
  channel_offer& operator=(channel_offer&& other) noexcept;
  ~channel_offer() { withdraw(); }

  // nullopt: nobody has answered yet. When somebody has, the offer is used up. Throws version_mismatch, terms_mismatch,
  // corrupt_structure, connection_closed if it is used up.
  std::optional<channel> try_finish();
  // Whether a live process accepts connections. One system call.
  bool has_listener() const noexcept;
  void withdraw() noexcept;

 private:
  friend class channel;
  channel_offer(std::shared_ptr<attached_entry> entry, channel_bytes const& bytes, std::uint64_t index,
                channel_word word) noexcept
      : entry_{std::move(entry)}, bytes_{bytes}, index_{index}, word_{word} {}
  // nullopt: all places are taken, if it looks for the dead; else, that none is free.
  static std::optional<channel_offer> make(std::shared_ptr<attached_entry> const& entry, channel_bytes const& bytes,
                                           channel_terms const& terms, bool looks_for_dead);
  static failure no_place(attached_entry const& entry, channel_bytes const& bytes);
  channel_place& place() const noexcept { return bytes_.place(index_); }
  bool is_answered() const noexcept;
  wait_flag& waits_at() const noexcept { return place().to_client.receiver; }
  std::optional<channel> open(channel_word found);
  [[noreturn]] void refuse();

  std::shared_ptr<attached_entry> entry_;  // nullptr: used up
  channel_bytes bytes_;
  std::uint64_t index_;
  channel_word word_;  // as it was offered
};

}  // namespace stoa
