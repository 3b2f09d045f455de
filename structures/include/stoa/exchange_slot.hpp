// stoa/exchange_slot.hpp: the algorithm of exchange: how one slot passes between a caller and the servers.
//
// A slot is four parts that lie apart: the request, which its caller writes; the response, which whoever serves it
// writes; the service word, which servers take; the owner, which callers take. Each call has a generation, 56 bits:
// a number that counts the slot's calls. Whatever is said about a call says which.
//
//   request word    {generation | none, requested, cancelled}              written by the slot's owner
//   response word   {generation | done, failed, lost, refused, skipped}    written by who took that generation
//   service word    {low 40 bits of the generation that was taken last | short_owner of who took it: a server, or who
//                   gave it up}
//
//   caller    request := requested(g)  R1 ........................ response is of g: A2, the reply is read in place
//                    |                                                     ^
//   server    sees requested(g), service over: CAS service to {g, self}, looks at the request again
//                    | still requested(g): A1, serves it, response := done(g)  R2 (point of effect)
//                    | cancelled meanwhile: response := skipped(g)  R2
//
// The service of a generation is *over* when the response is of that generation: then nobody works in the slot. A
// server that dies before that leaves {g, dead}; who finds it takes its place by a CAS and ends it. The service of a
// call that is given up before anybody has taken it is begun and ended by who gives it up: response := skipped(g).
//
// I1 owner      only the process that the owner word names writes the request; taken by one CAS from 0 or from a dead
//               process, whose id is never used twice                                    R3 -> A3
// I2 one server a service begins by one CAS, from a word whose service is over. The word never comes back: its
//               generation goes on, as the request is looked at after the word that is replaced.  R4 -> A4
//               So each generation is begun once, and taken over only from a dead server
// I3 published  request and response are whole before their words say so                 R1 -> A1, R2 -> A2
// I4 nobody in  an owner who gives up says cancelled, then looks at the service word; a server takes the service word,
//               then looks at the request. Both in one order of all (seq_cst): the owner sees the server, or the server
//               sees that it is cancelled. A slot that a live server is in is left to it; it is used again when that
//               service is over
// I5 last words whether a dead server had answered is looked at after its death is known, and before the CAS that takes
//               its place: then the answer is there, or there will be none
// I6 forward    the response's generation only goes on: it is written by who holds the service, of that generation
// I7 ended      a call is asked for when the service of the one before is over. So who saw that one, and is held up,
//               can neither begin it (I2) nor be in the way of the next
#pragma once
#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <stoa/base/layout.hpp>
#include <stoa/short_owner.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

enum class request_state : std::uint8_t { none = 0, requested = 1, cancelled = 2 };
enum class response_state : std::uint8_t {
  none = 0,
  done = 1,
  failed = 2,   // the handler threw; the payload is what it said
  lost = 3,     // the server died with it
  refused = 4,  // a request that no client makes: its bytes are damaged
  skipped = 5,  // nobody wants the answer any more
};

using call_generation = std::uint64_t;  // 56 bits
inline constexpr unsigned exchange_state_bits = 8;
inline constexpr call_generation call_generation_mask = (call_generation{1} << (64 - exchange_state_bits)) - 1;

constexpr std::uint64_t make_call_word(call_generation generation, request_state state) noexcept {
  return generation << exchange_state_bits | static_cast<std::uint64_t>(state);
}
constexpr std::uint64_t make_call_word(call_generation generation, response_state state) noexcept {
  return generation << exchange_state_bits | static_cast<std::uint64_t>(state);
}
constexpr call_generation call_generation_of(std::uint64_t word) noexcept { return word >> exchange_state_bits; }
constexpr request_state request_state_of(std::uint64_t word) noexcept {
  return static_cast<request_state>(word & 0xFF);
}
constexpr response_state response_state_of(std::uint64_t word) noexcept {
  return static_cast<response_state>(word & 0xFF);
}

// Of a service word: the low bits of a generation, and who.
inline constexpr std::uint64_t served_generation_mask = (std::uint64_t{1} << (64 - short_owner_bits)) - 1;
constexpr std::uint64_t make_service_word(call_generation generation, short_owner who) noexcept {
  return (generation & served_generation_mask) << short_owner_bits | who;
}
constexpr short_owner server_of(std::uint64_t service) noexcept {
  return static_cast<short_owner>(service & ((std::uint64_t{1} << short_owner_bits) - 1));
}
constexpr bool is_service_of(std::uint64_t service, call_generation generation) noexcept {
  return service >> short_owner_bits == (generation & served_generation_mask);
}
constexpr bool is_over(std::uint64_t service, std::uint64_t response) noexcept {
  return is_service_of(service, call_generation_of(response));
}

// The payloads follow behind these heads: those of up to 48 bytes lie in the line of the word.
struct request_head {  // offset size
  atomic_u64 word;     //      0    8
  atomic_u32 size;     //      8    4
  atomic_u32 type;     //     12    4
};
struct response_head {  // offset size
  atomic_u64 word;      //      0    8
  atomic_u32 size;      //      8    4
  wait_flag sleeper;    //     12    4  the caller sleeps for the response
};
static_assert(offsetof(request_head, type) == 12);
static_assert(offsetof(response_head, sleeper) == 12);
static_assert(sizeof(request_head) == 16 && sizeof(response_head) == 16);

struct alignas(pad_bytes) slot_service {  // offset size
  atomic_u64 word;                        //      0    8
};
struct alignas(pad_bytes) slot_owner {  // offset size
  atomic_u64 owner;                     //      0    8  participant_id of the caller's process; 0 free
};
static_assert(sizeof(slot_service) == pad_bytes && sizeof(slot_owner) == pad_bytes);

// A request that was seen, and the service word that has to be replaced to serve it.
struct seen_request {
  call_generation generation = 0;
  std::uint64_t service = 0;
};

// One slot of one direction. Points into the segment.
class exchange_slot {
 public:
  exchange_slot() = default;
  // request part | response part | service | owner; a part is `part_bytes`.
  exchange_slot(std::byte* begin, std::uint64_t part_bytes) noexcept : begin_{begin}, part_bytes_{part_bytes} {}
  static constexpr std::uint64_t part_bytes_for(std::uint64_t payload_bytes) noexcept {
    return align_up(sizeof(request_head) + payload_bytes, pad_bytes);
  }
  static constexpr std::uint64_t bytes_for(std::uint64_t payload_bytes) noexcept {
    return 2 * part_bytes_for(payload_bytes) + sizeof(slot_service) + sizeof(slot_owner);
  }
  explicit operator bool() const noexcept { return begin_ != nullptr; }

  request_head& request() const noexcept { return *reinterpret_cast<request_head*>(begin_); }
  response_head& response() const noexcept { return *reinterpret_cast<response_head*>(begin_ + part_bytes_); }
  std::byte* request_payload() const noexcept { return begin_ + sizeof(request_head); }
  std::byte* response_payload() const noexcept { return begin_ + part_bytes_ + sizeof(response_head); }
  atomic_u64& service() const noexcept { return reinterpret_cast<slot_service*>(begin_ + 2 * part_bytes_)->word; }
  atomic_u64& owner() const noexcept {
    return reinterpret_cast<slot_owner*>(begin_ + 2 * part_bytes_ + sizeof(slot_service))->owner;
  }

  // --- the owner's ---

  // The point of effect of a call. The payload is written.
  void ask(call_generation generation, std::uint32_t size, std::uint32_t type) const noexcept {
    auto& head = request();
    head.size.store(size, std::memory_order_relaxed);  // carried by R1
    head.type.store(type, std::memory_order_relaxed);
    head.word.store(make_call_word(generation, request_state::requested), std::memory_order_release);  // R1 -> A1 (I3)
  }
  std::uint64_t response_word() const noexcept {
    return response().word.load(std::memory_order_acquire);  // A2 <- R2 (I3)
  }
  // What became of a call that was given up.
  enum class after { answered, free, busy };
  after give_up(attachment const& looker, call_generation generation) const noexcept;
  // Requires: nothing is requested. Ends the service of the last call, if nobody has. False: a live server is in it.
  bool make_free(attachment const& looker) const noexcept;
  // Ends the service of a dead server, of a generation that is not requested (any more). False: somebody was faster.
  bool end_service(attachment const& looker, std::uint64_t service) const noexcept;

  // Takes the slot from `before`, who is nobody or dead (I1).
  bool take_owner(participant_id before, participant_id self) const noexcept {
    // A3 <- R3: all that the last owner did.
    return owner().compare_exchange_strong(before, self, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void release_owner() const noexcept { owner().store(0, std::memory_order_release); }  // R3 -> A3 (I1)

  // --- a server's ---

  // A request that nobody serves and nobody has served. Writes nothing.
  std::optional<seen_request> pending() const noexcept {
    auto const word = request().word.load(std::memory_order_relaxed);  // a guess
    if (request_state_of(word) != request_state::requested) return std::nullopt;
    auto const generation = call_generation_of(word);
    auto const service = this->service().load(std::memory_order_acquire);  // A4 <- R4 (I2). A guess: the CAS decides
    // Not older than the one that service was of. Were it the guess from before, others might have served it and more.
    if (request().word.load(std::memory_order_relaxed) != word) return std::nullopt;
    if (is_service_of(service, generation) || !is_over(service, response_word())) return std::nullopt;
    return seen_request{generation, service};
  }
  // Fetches what a request of this size and a response like it lie in, beyond the lines of the words, all at once and
  // before the CAS of begin(), which would hold up these loads.
  void fetch_ahead(std::uint64_t payload_bytes) const noexcept {
    constexpr std::size_t line = 64, in_first_line = line - sizeof(request_head), most = 1024;
    auto const size = request().size.load(std::memory_order_relaxed);  // a hint
    if (size <= in_first_line) return;
    auto const end = std::min<std::uint64_t>({size, payload_bytes, most});
    for (auto at = in_first_line; at < end; at += line) {
      __builtin_prefetch(request_payload() + at, 0);
      __builtin_prefetch(response_payload() + at, 1);
    }
  }
  // True: it is this server's to answer. False: somebody else was faster, or it is cancelled.
  bool begin(seen_request const& seen, short_owner self) const noexcept {
    auto expected = seen.service;
    // seq_cst: before the look at the request (I4). Forbids: the owner sees nobody in, and this server the request.
    // R4 -> A4 (I2): after the look at the request in pending().
    if (!service().compare_exchange_strong(expected, make_service_word(seen.generation, self),
                                           std::memory_order_seq_cst, std::memory_order_relaxed))
      return false;
    if (is_requested(seen.generation)) [[likely]] return true;
    answer(seen.generation, response_state::skipped, 0);
    return false;
  }
  // seq_cst: after the CAS on the service word (I4). A1 <- R1 (I3).
  bool is_requested(call_generation generation) const noexcept {
    return request().word.load(std::memory_order_seq_cst) == make_call_word(generation, request_state::requested);
  }
  // The end of a service.
  void answer(call_generation generation, response_state state, std::uint32_t size) const noexcept {
    auto& head = response();
    head.size.store(size, std::memory_order_relaxed);  // carried by R2
    head.word.store(make_call_word(generation, state), std::memory_order_release);  // R2 -> A2 (I3)
    wake(head.sleeper);
  }
  // The generation, whole, of a service whose server is dead; nullopt: it is over, or somebody else has taken it over.
  std::optional<call_generation> take_over(std::uint64_t service, short_owner self) const noexcept;

 private:
  std::byte* begin_ = nullptr;
  std::uint64_t part_bytes_ = 0;
};

}  // namespace stoa
