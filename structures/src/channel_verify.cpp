// What the bytes of a channel must say at every instant.
#include <fmt/format.h>

#include <stoa/channel_ring.hpp>

#include "verify_kinds.hpp"

namespace stoa::internal {
namespace {

class place_check {
 public:
  place_check(inspection& look, channel_bytes const& channel, std::uint64_t index)
      : look_{look},
        channel_{channel},
        place_{channel.place(index)},
        index_{index},
        called_{fmt::format("connection {}", index)} {}

  void run() {
    look_.zeros(called_ + ", padding", &place_.pad, sizeof(place_.pad));
    fixed(place_.to_server);
    fixed(place_.to_client);
    word_ = current(place_.word);
    if (!is_word_possible()) {
      look_.damage(called_ + ", word", &place_.word, "a state, and the participants that belong to it",
                   fmt::format("{:#x}", word_));
      return;
    }
    terms();
    if (channel_state_in(word_) != channel_state::open) return;
    records("to the server", place_.to_server, channel_.records_to_server(index_));
    records("to the client", place_.to_client, channel_.records_to_client(index_));
  }

 private:
  void fixed(channel_stream const& stream) {
    auto const* const begin = reinterpret_cast<std::byte const*>(&stream);
    for (auto const& [from, to] : {std::pair{16, 128}, {144, 256}, {260, 384}, {388, 512}})
      look_.zeros(called_ + ", padding", begin + from, static_cast<std::uint64_t>(to - from));
  }

  // I1 of channel_bytes.hpp.
  bool is_word_possible() const noexcept {
    auto const client = client_in(word_);
    auto const server = server_in(word_);
    if ((client != 0 && !was_ever(look_, client)) || (server != 0 && !was_ever(look_, server))) return false;
    switch (channel_state_in(word_)) {
      case channel_state::free: return client == 0 && server == 0;
      case channel_state::connecting:
      case channel_state::offered:
      case channel_state::refused: return client != 0 && server == 0;
      case channel_state::open: return client != 0 || server != 0;
    }
    return false;
  }
  bool is_unchanged() const noexcept { return current(place_.word) == word_; }

  void blame(char const* field, atomic_u64 const& where, std::string expected, std::uint64_t found) {
    if (is_unchanged())
      look_.damage(fmt::format("{}, {}", called_, field), &where, std::move(expected),
                   fmt::format("{:#x} with the word {:#x}", found, word_));
  }
  // I4: what belongs to a word is written before it.
  void terms() {
    auto const state = channel_state_in(word_);
    if (state != channel_state::offered && state != channel_state::open && state != channel_state::refused) return;
    auto const value = [](atomic_u64 const& word) {
      return word.load(std::memory_order_relaxed);
    };  // carried by the word
    if (auto const id = value(place_.client); client_in(word_) != 0 && short_owner_of(id) != client_in(word_))
      blame("client", place_.client, "whom the word names", id);
    if (auto const id = value(place_.server); server_in(word_) != 0 && short_owner_of(id) != server_in(word_))
      blame("server", place_.server, "whom the word names", id);
    if (auto const versions = value(place_.versions); versions >> 32 < (versions & 0xFFFF'FFFF))
      blame("versions", place_.versions, "a highest that is not below the lowest", versions);
    if (auto const sums = value(place_.checksums); sums > static_cast<std::uint64_t>(checksums::refused))
      blame("checksums", place_.checksums, "0 to 2", sums);
    auto const version = value(place_.agreed_version);
    if (state == channel_state::refused && version != static_cast<std::uint64_t>(errc::version_mismatch) &&
        version != static_cast<std::uint64_t>(errc::terms_mismatch))
      blame("agreed_version", place_.agreed_version, "why it was refused", version);
    if (state != channel_state::open) return;
    largest_ = value(place_.agreed_largest);
    has_checksum_ = value(place_.agreed_checksum) != 0;
    if (largest_ > channel_.largest_message())
      blame("agreed_largest", place_.agreed_largest, fmt::format("at most {}", channel_.largest_message()), largest_);
    largest_ = std::min(largest_, channel_.largest_message());
    if (auto const sum = value(place_.agreed_checksum); sum > 1)
      blame("agreed_checksum", place_.agreed_checksum, "0 or 1", sum);
  }

  // From what was read up to the mark that says nothing. As long as `read` stays, nobody writes there.
  void records(char const* way, channel_stream const& stream, std::byte const* records) {
    auto const read = current(stream.read);
    auto const received = stream.received.load(std::memory_order_relaxed);
    std::uint64_t where = read;
    auto problem = is_aligned(read, record_align) ? walk(records, where, received)
                                                  : fmt::format("a position that is a multiple of {}", record_align);
    if (problem.empty() || !is_unchanged() || current(stream.read) != read) return;
    look_.damage(fmt::format("{}, {}, position {}", called_, way, where),
                 records + (where & (channel_.ring_bytes() - 1)), std::move(problem),
                 fmt::format("{} read, {} received, with the word {:#x}", read, received, word_));
  }
  // What was expected at `at` and is not there; empty: nothing.
  std::string walk(std::byte const* records, std::uint64_t& at, std::uint64_t received) const {
    auto const mask = channel_.ring_bytes() - 1;
    auto const end = at + channel_.ring_bytes();
    std::uint64_t sequence = 0;
    std::uint64_t count = 0;
    std::uint64_t first = 0;
    bool is_behind_padding = false;
    while (end - at >= record_align) {
      auto const& record = *reinterpret_cast<channel_record const*>(records + (at & mask));
      auto const mark = current(record.mark);
      auto const to_end = mask + 1 - (at & mask);
      if (mark == 0 && !is_behind_padding) {
        // `received` is counted before `read`.
        bool const is_counted = count == 0 || ((received - first) & 0x3FFF'FFFF) <= count;
        return is_counted ? std::string{} : fmt::format("as many received as lie before it: {}", first);
      }
      auto const number = mark >> 34;
      if (count == 0 && !is_behind_padding) first = sequence = number;
      bool const is_padding = mark == make_record_mark(record_kind::padding, to_end, sequence) && to_end <= mask;
      auto const size = mark & 0xFFFF'FFFF;
      if (is_padding && !is_behind_padding) {
        is_behind_padding = true;
        at += to_end;
        continue;
      }
      if (mark != make_record_mark(record_kind::message, size, sequence) || size > largest_ ||
          bytes_of_record(size) > to_end || bytes_of_record(size) + record_align > end - at)
        return fmt::format("the message number {}, or nothing", sequence & 0x3FFF'FFFF);
      if (!is_intact(record, size)) return "a message that is what its checksum says";
      is_behind_padding = false;
      at += bytes_of_record(size);
      ++sequence;
      ++count;
    }
    return "a mark that says nothing behind the last message";
  }
  bool is_intact(channel_record const& record, std::uint64_t size) const noexcept {
    auto const label = record.label.load(std::memory_order_relaxed);  // carried by the mark
    if (!has_checksum_) return label >> 32 == 0;
    std::span const bytes{reinterpret_cast<std::byte const*>(&record + 1), static_cast<std::size_t>(size)};
    return channel_checksum({static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(label)}, bytes) ==
           label >> 32;
  }

  inspection& look_;
  channel_bytes const& channel_;
  channel_place& place_;
  std::uint64_t index_;
  std::string called_;
  channel_word word_ = 0;
  std::uint64_t largest_ = 0;
  bool has_checksum_ = false;
};

}  // namespace

void verify_channel(inspection& look) {
  auto const channel = channel_bytes::adopt(look.entry());
  if (!channel) return look.refuse(channel.error());
  auto const& header = channel->header();
  verify_pads(look, {{52, 128}, {152, 256}, {264, sizeof(header)}});
  look.participant("listener", header.listener, "the next who accepts takes the role over");
  for (std::uint64_t i = 0; i < channel->clients() && !look.is_full(); ++i) place_check{look, *channel, i}.run();
}

}  // namespace stoa::internal
