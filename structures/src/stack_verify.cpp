// What the bytes of a stack must say at every instant: each node is in one of its lists once, or somebody's.
#include <fmt/format.h>

#include <stoa/stack_bytes.hpp>

#include "verify_kinds.hpp"

namespace stoa::internal {
namespace {

class stack_check {
 public:
  stack_check(inspection& look, stack_bytes const& stack)
      : look_{look}, stack_{stack}, header_{stack.header()}, is_listed_(stack.capacity()) {}

  void run() {
    // Tags do not come back while this is looked at: if both are told by two looks, the lists were the same all the
    // time, and so were the nodes in them.
    free_ = current(header_.free);
    top_ = current(header_.top);
    walk("top", top_, true);
    walk("free", free_, false);
    names();
    payloads();
  }

 private:
  std::string lists() const { return fmt::format("with top {:#x} and free {:#x}", top_, free_); }
  bool is_node(std::uint32_t node) const noexcept { return node < stack_.capacity(); }

  void walk(char const* list, std::uint64_t head, bool has_depth) {
    std::uint64_t above = 0;  // depth
    for (auto node = node_in(head); node != no_node;
         node = node_in(current(stack_.at(node).link))) {
      if (!is_node(node))
        return look_.damage(list, has_depth ? &header_.top : &header_.free,
                            fmt::format("nodes below {}", stack_.capacity()), fmt::format("{} {}", node, lists()));
      auto const& found = stack_.at(node);
      if (is_listed_[node])
        return look_.damage(fmt::format("node {}", node), &found.link, "to be in one list, once",
                            fmt::format("it twice, the second time in {}, {}", list, lists()));
      is_listed_[node] = true;
      if (!has_depth) continue;
      auto const depth = current(found.depth);
      bool const is_last = node_in(current(found.link)) == no_node;
      if ((above != 0 && depth + 1 != above) || (is_last && depth != 1))
        look_.damage(fmt::format("node {}, depth", node), &found.depth,
                     "how many elements there are from it down, itself included", fmt::format("{} {}", depth, lists()));
      above = depth;
    }
  }

  // I3 of stack_bytes.hpp
  void names() {
    look_.names({lane_op::push, lane_op::pop}, [&](named_claim const& found) {
      if (!found.is_intent || found.claim.count != 1 || found.claim.ticket >= stack_.capacity())
        return look_.damage(found.field(), found.where,
                            fmt::format("one node below {}, as an intent", stack_.capacity()),
                            fmt::format("{} from {} on", found.claim.count, found.claim.ticket));
      is_named_.push_back(static_cast<std::uint32_t>(found.claim.ticket));
    });
    if (!look_.is_still()) return;  // a node leaves one list and comes into another while they are looked at
    for (auto const node : is_named_) is_listed_[node] = true;
    for (std::uint32_t node = 0; node < stack_.capacity() && !look_.is_full(); ++node)
      if (!is_listed_[node])
        look_.damage(fmt::format("node {}", node), &stack_.at(node), "to be in a list, or named by who has it",
                     "it nowhere: it is lost");
  }

  void payloads() {
    for (std::uint32_t node = 0; node < stack_.capacity() && !look_.is_full(); ++node)
      look_.padding(fmt::format("node {}", node), stack_.payload(node, stack_.layout()), stack_.layout().payload_bytes);
  }

  inspection& look_;
  stack_bytes const& stack_;
  stack_header& header_;
  std::uint64_t free_ = 0;
  std::uint64_t top_ = 0;
  std::vector<bool> is_listed_;
  std::vector<std::uint32_t> is_named_;
};

}  // namespace

void verify_stack(inspection& look) {
  auto const stack = stack_bytes::adopt(look.entry());
  if (!stack) return look.refuse(stack.error());
  auto const& header = stack->header();
  verify_pads(look, {{40, 128}, {136, 256}, {264, 384}, {400, 512}, {528, sizeof(header)}});
  verify_high_water(look, header.high_water, stack->capacity());
  stack_check{look, *stack}.run();
}

}  // namespace stoa::internal
