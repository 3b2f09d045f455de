// independent_reader.hpp: reads the bytes of a segment, written from docs/format.md alone.
//
// It includes nothing of the library, so that what the page leaves out or gets wrong shows up here.
// It reads a copy at rest: locks are the caller's business, and so is who lives.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace independent {

using bytes = std::span<std::byte const>;

struct format_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct participant {
  std::uint32_t place = 0;
  std::uint64_t id = 0;
  std::uint64_t pid = 0;
  std::uint64_t start_time = 0;
  std::string command;
  std::vector<std::uint32_t> slots;  // that it has attached
};

struct name {
  bool is_intent = false;
  unsigned op = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  // its low 16 bits
  std::uint32_t count = 0;
  std::uint64_t ticket = 0;
};

struct lane {
  std::uint64_t owner = 0;
  std::vector<name> names;  // those that say something
};

struct entry {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::string name;
  std::string kind;
  std::uint32_t element_align = 0;
  std::uint64_t element_bytes = 0;
  std::string type;
  bytes body;
};

struct header {
  std::uint64_t total_bytes = 0;
  std::uint32_t max_entries = 0;
  std::uint32_t max_participants = 0;
  std::uint32_t max_lanes = 0;
  std::uint32_t name_slots = 0;
  std::uint64_t participants_offset = 0;
  std::uint64_t attachments_offset = 0;
  std::uint64_t lanes_offset = 0;
  std::uint64_t name_words_offset = 0;
  std::uint64_t entries_offset = 0;
  std::uint64_t extents_offset = 0;
  std::uint32_t lifetime = 0;
  std::uint64_t bump = 0;
  std::uint64_t lanes_used = 0;
};

// Validated when it is made; throws format_error.
class segment {
 public:
  explicit segment(bytes file);

  independent::header const& header() const noexcept { return header_; }
  std::vector<participant> participants() const;  // places that were ever used
  std::vector<lane> lanes() const;                // those that were ever used
  std::vector<entry> entries() const;             // live ones, by slot
  std::optional<entry> find(std::string_view name) const;

 private:
  std::uint64_t row_bytes() const noexcept;
  std::uint64_t name_word(std::uint32_t slot) const;
  entry read_entry(std::uint32_t slot, std::uint64_t word) const;

  bytes file_;
  independent::header header_;
};

using blob = std::vector<std::byte>;

// The elements of an entry of any kind: all of an array, the one of a value, a queue's from head on, what a ring
// holds, a stack's from the top, a pool's objects in use, a map's { key, value }, a set's keys, the numbers of a
// bitset's bits, a future's value. None of a heap: what is in it only its users know. Messages: messages_of().
std::vector<blob> elements_of(entry const& from);
// Elements of a queue that were taken and not finished with.
std::vector<blob> taken_elements_of(entry const& from);

struct queue_state {
  std::uint64_t capacity = 0;
  std::uint64_t first_ticket = 0;
  std::uint64_t tail = 0;
  std::uint64_t head = 0;
  std::uint64_t recall = 0;
};
queue_state state_of_queue(entry const& from);

struct spsc_queue_state {
  std::uint64_t capacity = 0;
  std::uint64_t first_ticket = 0;
  std::uint64_t tail = 0;
  std::uint64_t head = 0;
  std::uint64_t producer = 0;
  std::uint64_t consumer = 0;
};
spsc_queue_state state_of_spsc_queue(entry const& from);
std::uint64_t version_of_value(entry const& from);

struct ring_state {
  std::uint64_t capacity = 0;
  std::uint64_t slots = 0;
  bool is_bounded = false;
  std::uint64_t first_position = 0;
  std::uint64_t producer = 0;
  std::uint64_t announced = 0;
  std::uint64_t published = 0;
  std::uint64_t consumed = 0;
  std::uint64_t lost = 0;
  std::uint64_t oldest = 0;  // position of the oldest sample that is held
};
ring_state state_of_ring(entry const& from);

struct stack_state {
  std::uint64_t capacity = 0;
  std::uint64_t size = 0;  // as the node on top says
  std::uint64_t pushes = 0;
  std::uint64_t pops = 0;
  std::uint64_t free_nodes = 0;
};
stack_state state_of_stack(entry const& from);

struct pooled_object {
  std::uint64_t index = 0;
  std::uint64_t key = 0;               // of the handle that matches it
  std::uint32_t place = 0;             // of its owner
  std::uint32_t owner_generation = 0;  // the low 11 bits
  bytes object;
};
std::vector<pooled_object> objects_of_pool(entry const& from);  // in use, by index

struct map_state {
  std::uint64_t capacity = 0;
  std::uint64_t homes = 0;
  std::uint64_t overflows = 0;
  std::uint64_t overflows_chained = 0;  // in some home's chain
  std::uint64_t overflows_used = 0;     // that say in whose
  std::vector<std::uint32_t> locks;     // lanes that hold one
};
map_state state_of_map(entry const& from);  // of a set as well

struct message {
  std::uint64_t sequence = 0;
  std::uint32_t type = 0;
  std::uint64_t timestamp = 0;
  bool is_in_block = false;
  blob content;
};
// Of a message_ring: those that nobody has taken, in a broadcast ring all it holds; oldest first.
std::vector<message> messages_of(entry const& from);

struct heap_state {
  std::uint64_t heap_bytes = 0;
  std::uint32_t boost_version = 0;
  std::uint32_t mutex_bytes = 0;
};
heap_state state_of_heap(entry const& from);

// An element as text, as its descriptor says: {id:1,price:2.5,venue:"XNYS",legs:[{...},{...}]}.
std::string render(std::string_view type, bytes element);

}  // namespace independent
