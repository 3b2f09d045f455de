// stoa/channel_bytes.hpp: the bytes of a channel, and the word that tells what each of its connections is.
//
// Bytes     docs/format.md "channel", layout 1: channel_header, channel_places, then two rings of records for each
//           place, to the server and to the client.
//
//    63          40 39          16 15         3 2     0
//   +--------------+--------------+------------+-------+
//   |    server    |    client    | generation | state |      both: short_owner, 0 nobody
//   +--------------+--------------+------------+-------+
//
//   free(g) --C--> connecting(g+1, C) --C--> offered(C) --S--> open(C, S) --one leaves--> open(0, S) or open(C, 0)
//                                             |  +--S--> refused(C) --C--> free             --the other--> free
//                                             +--C gives up--> free
//   any of them, where all it names are dead or nobody: like free
//
// I1 one word      who is in a connection and what it is are one word; every change of it is a CAS from what its
//                  maker has seen. Who comes late, however late, changes nothing
// I2 own step      C alone goes from connecting to offered and gives up; the holder of the listener's role alone
//                  accepts and refuses; each side leaves for itself. Nobody else changes a word that names a living
//                  process
// I3 own rings     rings are made new by C in `connecting`, when nobody living is in them; who had been in them has
//                  left or is dead                channel_connection.cpp:R1 -> channel_offer.cpp:A1
// I4 terms first   what C asks for is written before `offered`, what S agrees to before `open` or `refused`
//                  channel_offer.cpp:R1 -> channel_listener.cpp:A1, channel_listener.cpp:R1 -> channel_offer.cpp:A2
// I5 last word     what a side has sent is in the ring before it leaves: who sees it gone, and then nothing in the
//                  ring, has seen all             channel_connection.cpp:R1 -> channel_connection.hpp:A1
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <stoa/base/atomic.hpp>
#include <stoa/base/layout.hpp>
#include <stoa/kinds.hpp>
#include <stoa/short_owner.hpp>
#include <stoa/structure.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

// Whether messages have a CRC32C, which is verified when they are received.
enum class checksums : std::uint32_t {
  accepted = 0,  // if the other side requires them
  required = 1,
  refused = 2,
};

// What one side of a connection can do and needs. Two sides agree on the highest version that both have, on the smaller
// of their largest messages, and on checksums if one requires them.
struct channel_terms {
  std::uint32_t lowest_version = 1;  // of the protocol that the messages follow
  std::uint32_t highest_version = 1;
  std::uint64_t largest_message = std::numeric_limits<std::uint64_t>::max();  // and never more than the rings carry
  std::uint64_t needed_message = 0;                                          // the least that largest may become
  stoa::checksums checksums = stoa::checksums::accepted;
};

// What the two sides have in common.
struct agreed_terms {
  std::uint32_t version = 1;
  bool checksum = false;
  std::uint64_t largest_message = 0;
};

// version_mismatch or terms_mismatch if there is nothing in common.
result<agreed_terms> agree(channel_terms const& one, channel_terms const& other, std::uint64_t most_bytes);

struct channel_options {
  std::uint32_t clients = 8;                      // connections at a time
  std::uint64_t bytes_per_direction = 64 * 1024;  // of records; rounded up to a power of two
  channel_terms terms{};                          // the listener's, unless it sets others
  // Positions that start elsewhere than at 0: for those who test what happens when they wrap.
  std::uint64_t first_position = 0;
};

struct channel_shape {
  channel_shape() = default;
  explicit channel_shape(channel_options const& with) : options{with} {}
  channel_options options;
};

// --- the word of a connection ---

enum class channel_state : std::uint64_t {
  free = 0,
  connecting = 1,  // a client makes the rings new
  offered = 2,     // and waits for a listener
  open = 3,
  refused = 4,
};

using channel_word = std::uint64_t;
inline constexpr unsigned channel_generation_shift = 3;
inline constexpr unsigned channel_client_shift = 16;
inline constexpr unsigned channel_server_shift = channel_client_shift + short_owner_bits;
inline constexpr channel_word channel_state_mask = 7;
inline constexpr channel_word channel_generation_mask = 0x1FFF;
inline constexpr channel_word short_owner_mask = (channel_word{1} << short_owner_bits) - 1;

constexpr channel_word make_channel_word(channel_state state, std::uint64_t generation, short_owner client,
                                         short_owner server) noexcept {
  return static_cast<channel_word>(state) | (generation & channel_generation_mask) << channel_generation_shift |
         channel_word{client} << channel_client_shift | channel_word{server} << channel_server_shift;
}
constexpr channel_state channel_state_in(channel_word word) noexcept {
  return static_cast<channel_state>(word & channel_state_mask);
}
constexpr std::uint64_t channel_generation_in(channel_word word) noexcept {
  return word >> channel_generation_shift & channel_generation_mask;
}
constexpr short_owner client_in(channel_word word) noexcept {
  return static_cast<short_owner>(word >> channel_client_shift & short_owner_mask);
}
constexpr short_owner server_in(channel_word word) noexcept {
  return static_cast<short_owner>(word >> channel_server_shift);
}
constexpr channel_word with_state(channel_word word, channel_state state) noexcept {
  return (word & ~channel_state_mask) | static_cast<channel_word>(state);
}

// --- the bytes ---

struct channel_header {                  // offset size
  std::uint64_t clients;                 //      0    8  places for connections
  std::uint64_t ring_bytes;              //      8    8  of one direction: a power of two
  std::uint64_t first_position;          //     16    8  where both ends of a ring start
  std::uint32_t lowest_version;          //     24    4  the terms of a listener that sets no others
  std::uint32_t highest_version;         //     28    4
  std::uint64_t largest_message;         //     32    8
  std::uint64_t needed_message;          //     40    8
  std::uint32_t checksums;               //     48    4
  std::array<std::byte, 76> pad;         //     52   76
  alignas(pad_bytes) atomic_u64 listener;  //  128    8  participant_id of who accepts; 0 nobody
  atomic_u64 accepted;                   //    136    8
  atomic_u64 refused;                    //    144    8  for their terms
  alignas(pad_bytes) wait_flag listeners;  //  256    4  sleeping for an offer
  wait_flag clients_waiting;             //    260    4  sleeping for a place
};
static_assert(offsetof(channel_header, checksums) == 48);
static_assert(offsetof(channel_header, listener) == 128);
static_assert(offsetof(channel_header, listeners) == 256);
static_assert(sizeof(channel_header) == 384);

// One direction of a connection, without its records. Each part is written by one side.
struct channel_stream {                    // offset size
  alignas(pad_bytes) atomic_u64 sent;      //      0    8  messages; by who sends
  atomic_u64 send_refusals;                //      8    8  calls that found no room
  alignas(pad_bytes) atomic_u64 read;      //    128    8  position before which all may be overwritten; by who receives
  atomic_u64 received;                     //    136    8  messages
  alignas(pad_bytes) wait_flag receiver;   //    256    4  sleeps for a message
  alignas(pad_bytes) wait_flag sender;     //    384    4  sleeps for room
};
static_assert(sizeof(channel_stream) == 512);

struct channel_place {           // offset size
  atomic_u64 word;               //      0    8  channel_word
  atomic_u64 client;             //      8    8  participant_id, of whom the word has a part
  atomic_u64 server;             //     16    8
  atomic_u64 versions;           //     24    8  what the client asks for: lowest | highest << 32
  atomic_u64 largest_message;    //     32    8
  atomic_u64 needed_message;     //     40    8
  atomic_u64 checksums;          //     48    8
  atomic_u64 agreed_version;     //     56    8  open; refused: the errc
  atomic_u64 agreed_largest;     //     64    8
  atomic_u64 agreed_checksum;    //     72    8  0 none, 1 CRC32C
  std::array<std::byte, 48> pad; //     80   48
  channel_stream to_server;      //    128  512
  channel_stream to_client;      //    640  512
};
static_assert(offsetof(channel_place, to_server) == 128);
static_assert(offsetof(channel_place, to_client) == 640);
static_assert(sizeof(channel_place) == 1152);

struct channel_statistics {
  std::uint64_t places = 0;
  std::uint64_t open = 0;       // connections with somebody in them
  std::uint64_t waiting = 0;    // offered, and not accepted
  std::uint64_t accepted = 0;   // since the channel was made
  std::uint64_t refused = 0;    // for their terms
  std::uint64_t to_server = 0;  // messages that wait to be received
  std::uint64_t to_client = 0;
};

// Bounds were checked at adopt and copied; nothing they depend on is read again.
class channel_bytes {
 public:
  static result<std::uint64_t> bytes_for(channel_shape const& asked);
  static void format(std::span<std::byte> body, channel_shape const& asked);
  static result<channel_bytes> adopt(entry_view const& entry);

  channel_header& header() const noexcept { return *header_; }
  std::uint64_t clients() const noexcept { return clients_; }
  std::uint64_t ring_bytes() const noexcept { return ring_bytes_; }
  std::uint64_t first_position() const noexcept { return first_position_; }
  channel_terms const& terms() const noexcept { return terms_; }
  // Half of a ring, less a head, so that it fits into an empty ring wherever that begins.
  std::uint64_t largest_message() const noexcept;
  channel_place& place(std::uint64_t index) const noexcept { return places_[index]; }
  std::byte* records_to_server(std::uint64_t index) const noexcept { return rings_ + 2 * index * ring_bytes_; }
  std::byte* records_to_client(std::uint64_t index) const noexcept { return records_to_server(index) + ring_bytes_; }
  channel_statistics statistics() const noexcept;

 private:
  channel_bytes(std::byte* body, channel_options const& found) noexcept;

  channel_header* header_;
  channel_place* places_;
  std::byte* rings_;
  std::uint64_t clients_;
  std::uint64_t ring_bytes_;
  std::uint64_t first_position_;
  channel_terms terms_;
};

kind_operations const& channel_operations();

}  // namespace stoa
