// stoa/message_chunk.hpp: a stream of bytes in a message_ring: pieces of something that is larger than a message.
//
// Bytes     docs/format.md "message_ring", chunk_header: it stands before the bytes of each chunk, in the message.
#pragma once
#include <cstdint>
#include <span>
#include <stoa/segment_format.hpp>
#include <type_traits>

namespace stoa {

// Never used twice in a segment.
struct message_stream_id {
  participant_id writer = 0;
  std::uint64_t number = 0;  // among those of the writer's process
  friend auto operator<=>(message_stream_id const&, message_stream_id const&) = default;
};

enum class stream_end : std::uint32_t {
  none,      // there is more to come
  finished,  // whole
  aborted,   // its writer gave it up
  broken,    // its writer died, or some of it was not received
};

// What can be seen of a chunk. The bytes are where they were found.
struct message_chunk {
  message_stream_id stream;
  std::uint32_t type = 0;  // of the writer
  std::uint64_t offset = 0;
  std::span<std::byte const> data;  // empty when nothing but the end is told
  stream_end end = stream_end::none;
};

struct chunk_header {     // offset size
  std::uint64_t writer;  //      0    8  participant id
  std::uint64_t number;  //      8    8
  std::uint64_t offset;  //     16    8  of its first byte in the stream
  std::uint32_t flags;   //     24    4
  std::uint32_t magic;   //     28    4
};
static_assert(sizeof(chunk_header) == 32 && std::is_trivially_copyable_v<chunk_header>);

inline constexpr std::uint32_t chunk_magic = 0x6B6E'6863;  // "chnk"
inline constexpr std::uint32_t chunk_is_last = 1;
inline constexpr std::uint32_t chunk_is_abort = 2;

}  // namespace stoa
