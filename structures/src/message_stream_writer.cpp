#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <stoa/message_stream_writer.hpp>

namespace stoa {
namespace {

std::uint64_t next_number() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;  // only unique
}

// Of a whole message.
std::size_t chunk_message_bytes(message_ring const& ring, std::size_t asked) {
  if (asked != 0) {
    if (asked > ring.largest_message() - sizeof(chunk_header))
      throw error{failure{errc::invalid_argument,
                          fmt::format("message_stream_writer: chunks of {} bytes and a header of {}, in messages of at "
                                      "most {}", asked, sizeof(chunk_header), ring.largest_message())}};
    return asked + sizeof(chunk_header);
  }
  if (ring.largest_message() > ring.largest_in_record()) return ring.largest_message();
  return std::clamp<std::size_t>(ring.capacity() / 8, 2 * sizeof(chunk_header), ring.largest_message());
}

}  // namespace

message_stream_writer::message_stream_writer(message_ring ring, std::uint32_t type, std::size_t chunk_bytes)
    : ring_{std::move(ring)},
      id_{ring_.participant(), next_number()},
      type_{type},
      chunk_bytes_{chunk_message_bytes(ring_, chunk_bytes) - sizeof(chunk_header)} {}

message_stream_writer::~message_stream_writer() {
  if (!is_begun_ || has_ended_) return;
  try {
    static_cast<void>(try_abort());
  } catch (error const&) {
    // The ring is damaged, or this is a forked child, whose parent goes on with the stream.
  }
}

bool message_stream_writer::send_chunk(std::span<std::byte const> bytes, std::uint32_t flags, patience const* how) {
  if (has_ended_) throw error{failure{errc::invalid_argument, "message_stream_writer: the stream has ended"}};
  auto const size = sizeof(chunk_header) + bytes.size();
  auto slot = how == nullptr ? ring_.claim(size, type_) : ring_.claim_until(size, type_, how->until, how->strategy);
  if (!slot) return false;
  chunk_header const header{id_.writer, id_.number, written_, flags, chunk_magic};
  std::memcpy(slot.data(), &header, sizeof(header));
  if (!bytes.empty()) std::memcpy(slot.data() + sizeof(header), bytes.data(), bytes.size());
  slot.commit();
  is_begun_ = true;
  written_ += bytes.size();
  return true;
}

std::size_t message_stream_writer::write(std::span<std::byte const> bytes, patience const* how) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    auto const chunk = bytes.subspan(done, std::min(chunk_bytes_, bytes.size() - done));
    if (!send_chunk(chunk, 0, how)) break;
    done += chunk.size();
  }
  return done;
}

bool message_stream_writer::end(std::uint32_t flag, patience const* how) {
  if (!send_chunk({}, flag, how)) return false;
  has_ended_ = true;
  return true;
}

}  // namespace stoa
