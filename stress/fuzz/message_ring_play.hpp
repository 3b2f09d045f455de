// message_ring_play.hpp: a message_ring in which messages, claims and streams are under way at the same time.
#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <stoa/message_ring.hpp>
#include <stoa/message_stream_reader.hpp>
#include <stoa/message_stream_writer.hpp>
#include <vector>

#include "message_play.hpp"

namespace stoa::fuzz {

class message_ring_play final : public message_play {
 public:
  explicit message_ring_play(fuzz_input const& input);
  void end() override;

 private:
  struct claimed {
    message_slot slot;
    std::uint32_t type;
  };
  struct written_stream {
    message_stream_writer writer;
    std::uint32_t number;  // also its type
  };

  void act(step const& what) override;
  void send(step const& what);
  void finish_claim(step const& what);
  void receive(step const& what);
  void finish_message(step const& what);
  void write_stream(step const& what);
  void read_streams();
  void read();
  void send_forged_chunk(step const& what);
  void note(message_view const& each, bool is_committed);
  void note_stream(message_stream const& each) const;

  std::uint32_t next_type();

  bool is_group_;
  bool may_lose_;
  message_ring ring_;
  message_ring other_;
  std::optional<message_consumer> consumer_;
  std::optional<message_reader> reader_;
  std::optional<message_stream_reader<message_consumer>> stream_consumer_;  // then nobody else receives
  std::vector<claimed> claims_;
  std::vector<message> held_;
  std::list<written_stream> streams_;
  std::map<std::uint32_t, std::uint64_t> finished_;  // bytes of each stream, by number
  std::set<std::uint32_t> sent_;      // types of messages that were committed: each has its own
  std::set<std::uint32_t> received_;  // and of those that were received for good
  std::uint32_t last_type_ = 0;
  bool has_forged_ = false;
};

}  // namespace stoa::fuzz
