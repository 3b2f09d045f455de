// stoa/stack_bytes.hpp: the bytes of a stack: nodes, the two lists they are in, and what becomes of a node
// whose owner dies.
//
// After R. K. Treiber's stack (IBM RJ 5118, 1986), twice: one list for the elements, one for free nodes. A
// node is in one of them, or in transit and owned by the one who took it.
//
//   link   tag | node: as a list's head, the node on top; in a node, the one below it and the tag its own
//          put gave the list. A list's tag counts its changes, so a head never comes again
//
//   free --name, CAS free--> written --CAS top: point of effect of a push--> element
//     ^                                                                         |
//     +-- CAS free -- read <--name, CAS top: point of effect of a pop-----------+
//
// I1 owner    only who took a node out of a list changes it, until he has put it into a list
// I2 whole    payload and link are written before the CAS that puts the node into a list       R1 -> A1
// I3 named    who takes a node has named it in his lane before, and forgets only when it is in the
//             other list (lanes.hpp I1, I3)
// I4 stamped  what is put after a moment bears a tag that its list did not have at that moment
//                                                                     R2 -> A2, and the order of S1, S2
// I5 settled  look first, then write: a payload is overwritten only after its link was           R3 -> A3
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <stoa/base/words.hpp>
#include <stoa/kinds.hpp>
#include <stoa/lanes.hpp>
#include <stoa/structure.hpp>
#include <stoa/waiting.hpp>

namespace stoa {

struct stack_header {                           // offset size
  std::uint64_t capacity;                       //      0    8  nodes: 1 to 2^24 - 2
  std::uint64_t payload_bytes;                  //      8    8
  std::uint64_t payload_offset;                 //     16    8  within a node
  std::uint64_t node_bytes;                     //     24    8  distance between nodes
  std::uint64_t first_tag;                      //     32    8  the tag that top started with
  std::array<std::byte, 88> pad;                //     40   88
  alignas(pad_bytes) atomic_u64 top;            //    128    8  link: the elements, youngest first
  alignas(pad_bytes) atomic_u64 free;           //    256    8  link: the nodes for more
  alignas(pad_bytes) wait_flag poppers;         //    384    4  sleeping for an element
  wait_flag pushers;                            //    388    4  sleeping for a free node
  atomic_u64 high_water;                        //    392    8  largest size seen
  alignas(pad_bytes) atomic_u64 push_refusals;  //    512    8
  atomic_u64 pop_refusals;                      //    520    8
};
static_assert(offsetof(stack_header, top) == 128);
static_assert(offsetof(stack_header, free) == 256);
static_assert(offsetof(stack_header, poppers) == 384);
static_assert(offsetof(stack_header, push_refusals) == 512);
static_assert(sizeof(stack_header) == 640);

struct stack_node {  // offset size
  atomic_u64 link;   //      0    8
  atomic_u64 depth;  //      8    8  of an element: how many there are from it down. The payload follows, in words
};
static_assert(sizeof(stack_node) == 16);

// A link: bits 0-23 node | 24-63 tag
inline constexpr std::uint32_t no_node = 0xFF'FFFF;
inline constexpr std::uint64_t most_nodes = no_node - 1;
inline constexpr std::uint64_t link_tag_mask = (std::uint64_t{1} << 40) - 1;
constexpr std::uint64_t make_link(std::uint64_t tag, std::uint32_t node) noexcept { return tag << 24 | node; }
constexpr std::uint32_t node_in(std::uint64_t link) noexcept { return static_cast<std::uint32_t>(link) & no_node; }
constexpr std::uint64_t tag_in(std::uint64_t link) noexcept { return link >> 24; }

// Where a type's payload lies in a node.
struct stack_layout {
  std::uint64_t payload_bytes;
  std::uint64_t payload_offset;
  std::uint64_t node_bytes;

  static constexpr stack_layout of(std::uint64_t bytes, std::uint64_t align) noexcept {
    auto const offset = std::max<std::uint64_t>(sizeof(stack_node), align);
    auto const end = offset + words_for(bytes) * word_bytes;
    return {bytes, offset, align_up(end, std::max<std::uint64_t>(align, word_bytes))};
  }
  friend bool operator==(stack_layout const&, stack_layout const&) = default;
};

struct stack_shape {
  template <std::integral N>
  explicit stack_shape(N count) : capacity{to_count(count)} {}
  // Tags that start elsewhere than at 0: for those who test what happens when they wrap.
  template <std::integral N>
  stack_shape(N count, std::uint64_t first) : capacity{to_count(count)}, first_tag{first} {}
  std::uint64_t capacity;
  std::uint64_t first_tag = 0;
};

struct stack_statistics {
  std::uint64_t pushed = 0;  // modulo 2^39, like popped
  std::uint64_t popped = 0;
  std::uint64_t push_refusals = 0;  // calls that found no room
  std::uint64_t pop_refusals = 0;   // calls that found nothing
  std::uint64_t high_water = 0;     // largest size seen
};

// Bounds were checked at adopt and copied; nothing they depend on is read again.
class stack_bytes {
 public:
  static result<std::uint64_t> bytes_for(stack_layout const& layout, stack_shape const& asked);
  static void format(std::span<std::byte> body, stack_layout const& layout, stack_shape const& asked);
  static result<stack_bytes> adopt(entry_view const& entry);

  stack_header& header() const noexcept { return *reinterpret_cast<stack_header*>(body_); }
  lane_tag tag() const noexcept { return tag_; }
  std::uint64_t capacity() const noexcept { return capacity_; }
  stack_layout const& layout() const noexcept { return layout_; }

  // `node_bytes`: layout().node_bytes, which who knows the type knows at compile time.
  stack_node& at(std::uint32_t node, std::uint64_t node_bytes) const noexcept {
    return *reinterpret_cast<stack_node*>(body_ + sizeof(stack_header) + node * node_bytes);
  }
  stack_node& at(std::uint32_t node) const noexcept { return at(node, layout_.node_bytes); }
  atomic_u64* payload(std::uint32_t node, stack_layout const& layout) const noexcept {
    return reinterpret_cast<atomic_u64*>(reinterpret_cast<std::byte*>(&at(node, layout.node_bytes)) +
                                         layout.payload_offset);
  }

  // Names in `name`, as `what`, and takes the node at the head of `list`. no_node: there is none.
  std::uint32_t take(atomic_u64& list, lane_name& name, std::uint64_t what, std::uint64_t node_bytes) const noexcept;
  // Puts a node the caller owns on top of the elements, or of the free nodes.
  void put_element(std::uint32_t node, std::uint64_t node_bytes) const noexcept;
  void put_free(std::uint32_t node, std::uint64_t node_bytes) const noexcept;

  // Racy where others work at the same time.
  std::uint64_t was_size() const noexcept;
  stack_statistics statistics() const noexcept;

  // Returns the nodes that dead threads had taken to the free ones (docs/crash.md K2, K4). Repeating it, or
  // dying in it, does no harm. What it cannot tell in the midst of traffic is left for the next time.
  void settle(attachment& owner) const;
  // Copies of the elements, the youngest first: as they were at one moment, but for those whose nodes were
  // used again before they could be copied. False: no such moment could be had in the midst of traffic.
  bool visit_elements(function_ref<void(std::span<std::byte const>)> visit) const;

 private:
  enum class whereabouts { listed, orphaned, unknown };

  explicit stack_bytes(entry_view const& entry, std::uint64_t capacity, stack_layout const& layout) noexcept
      : body_{entry.body.data()}, tag_{entry.tag()}, capacity_{capacity}, layout_{layout} {}

  // What is on top, and its depth, as they were at the same time (or nearly, in the midst of traffic).
  std::pair<std::uint64_t, std::uint64_t> top_and_size() const noexcept;
  whereabouts locate(attachment& owner, std::uint32_t node, lane const& where) const;
  bool is_spoken_for(attachment& owner, std::uint32_t node, lane const& except) const;
  void settle_name(attachment& owner, lane& where, lane_name& name) const;

  std::byte* body_;
  lane_tag tag_;
  std::uint64_t capacity_;
  stack_layout layout_;
};

// seq_cst in S1 and S2: forbids that who takes a node after somebody has looked at a list (stack_moment)
// gives it a link with a tag from before that look. On x86 it is what acquire and release are.

[[gnu::always_inline]] inline std::uint32_t stack_bytes::take(atomic_u64& list, lane_name& name,
                                                              std::uint64_t what,
                                                              std::uint64_t node_bytes) const noexcept {
  auto head = list.load(std::memory_order_seq_cst);  // A1 <- R1 (I2)
  bool is_named = false;
  for (;;) {
    auto const node = node_in(head);
    if (node >= capacity_) break;  // an index is input
    // relaxed: whole since A1, and still this node's if the CAS succeeds (I1).
    auto const below = node_in(at(node, node_bytes).link.load(std::memory_order_relaxed));
    is_named ? rename(name, node) : write_name(name, what, node);
    is_named = true;
    // S1; releases: the name comes first (I3)
    if (list.compare_exchange_weak(head, make_link(tag_in(head) + 1, below), std::memory_order_seq_cst,
                                   std::memory_order_seq_cst)) [[likely]]
      return node;
  }
  if (is_named) forget(name);
  return no_node;
}

[[gnu::always_inline]] inline void stack_bytes::put_element(std::uint32_t node,
                                                            std::uint64_t node_bytes) const noexcept {
  auto& mine = at(node, node_bytes);
  auto& top = header().top;
  auto head = top.load(std::memory_order_seq_cst);  // S2; A1 <- R1: the depth below
  for (;;) {
    auto const below = node_in(head);
    auto const link = make_link(tag_in(head) + 1, below);
    // relaxed: right if that node is still on top at the CAS. A wrong one is only ever shown.
    auto const depth = below < capacity_ ? at(below, node_bytes).depth.load(std::memory_order_relaxed) + 1 : 1;
    mine.depth.store(depth, std::memory_order_relaxed);  // I1
    mine.link.store(link, std::memory_order_release);    // R2 -> A2: after the tag was read (I4)
    // R1 -> A1: point of effect
    if (top.compare_exchange_weak(head, make_link(tag_in(link), node), std::memory_order_seq_cst,
                                  std::memory_order_seq_cst)) [[likely]] {
      // Two who write at once may lose the larger one: a statistic.
      if (depth > header().high_water.load(std::memory_order_relaxed)) [[unlikely]]
        header().high_water.store(depth, std::memory_order_relaxed);
      return;
    }
  }
}

[[gnu::always_inline]] inline void stack_bytes::put_free(std::uint32_t node,
                                                         std::uint64_t node_bytes) const noexcept {
  auto& free = header().free;
  auto head = free.load(std::memory_order_seq_cst);  // S2
  for (;;) {
    auto const link = make_link(tag_in(head) + 1, node_in(head));
    at(node, node_bytes).link.store(link, std::memory_order_release);  // R2 -> A2 (I4)
    // R1 -> A1 (I2)
    if (free.compare_exchange_weak(head, make_link(tag_in(link), node), std::memory_order_seq_cst,
                                   std::memory_order_seq_cst)) [[likely]]
      return;
  }
}

kind_operations const& stack_operations();

}  // namespace stoa
