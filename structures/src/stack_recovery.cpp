// Which nodes of a stack belong to nobody any more, found out while others push and pop.
//
// A walk through a list of any length sees what the list was at its beginning, whatever is done meanwhile,
// unless it meets a node that was put anew since then: its link would lead elsewhere. Such a node is known
// by its tag (stack_bytes.hpp I4). So no walk needs a quiet moment; one that was overtaken begins again.
#include <algorithm>
#include <array>
#include <chrono>
#include <stoa/known_lives.hpp>
#include <stoa/stack_bytes.hpp>
#include <vector>

namespace stoa {
namespace {

using steady = std::chrono::steady_clock;

// Both lists as they were at one moment.
class stack_moment {
 public:
  explicit stack_moment(stack_bytes const& stack) : stack_{stack} {
    constexpr int most_attempts = 1000;
    auto const& header = stack.header();
    for (int attempt = 0; attempt < most_attempts && !is_had_; ++attempt) {
      // seq_cst: in this order, and for I4. An unchanged word means that there was no change.
      free_ = header.free.load(std::memory_order_seq_cst);
      top_ = header.top.load(std::memory_order_seq_cst);
      is_had_ = header.free.load(std::memory_order_seq_cst) == free_;
    }
  }

  std::uint64_t top() const noexcept { return top_; }
  std::uint64_t free() const noexcept { return free_; }

  // A link that was read since then.
  void note(std::uint64_t link) noexcept {
    nearest_to_top_ = std::min(nearest_to_top_, (tags_between(top_, link) - 1) & link_tag_mask);
    nearest_to_free_ = std::min(nearest_to_free_, (tags_between(free_, link) - 1) & link_tag_mask);
  }

  // Whether none of the links noted was written since then.
  bool is_undisturbed() const noexcept {
    // seq_cst, which acquires: after the links, whose tags are at most one ahead of these (A2).
    auto const top = stack_.header().top.load(std::memory_order_seq_cst);
    auto const free = stack_.header().free.load(std::memory_order_seq_cst);
    // In less than this no tag comes round; a look may be stopped in the middle for days. After the loads.
    constexpr std::chrono::seconds no_round{60};
    if (!is_had_ || steady::now() - began_ > no_round) return false;
    if (top == top_ && free == free_) return true;
    return nearest_to_top_ > tags_between(top_, top) && nearest_to_free_ > tags_between(free_, free);
  }

  enum class walked { undisturbed, overtaken, endless };  // endless: lists as no stack leaves them

  // Calls visit(node, link) for the nodes of the lists whose heads are given, one of each in turn, until it
  // returns false. In turn, because the nearer to a head the sooner a node is put anew.
  template <std::size_t N, class Visit>
  walked walk(std::array<std::uint64_t, N> const& heads, Visit visit) {
    constexpr std::uint64_t nodes_between_looks = 64;
    std::array<std::uint32_t, N> nodes{};
    std::ranges::transform(heads, nodes.begin(), node_in);
    auto const is_node = [this](std::uint32_t node) { return node < stack_.capacity(); };
    for (std::uint64_t steps = 0; std::ranges::any_of(nodes, is_node); ++steps) {
      if (steps == stack_.capacity()) return is_undisturbed() ? walked::endless : walked::overtaken;
      for (auto& node : nodes) {
        if (!is_node(node)) continue;
        auto const link = stack_.at(node).link.load(std::memory_order_acquire);  // A2 <- R2 (I4)
        note(link);
        if (!visit(node, link)) return verdict();
        node = node_in(link);
      }
      if (steps % nodes_between_looks == nodes_between_looks - 1 && !is_undisturbed()) return walked::overtaken;
    }
    return verdict();
  }

 private:
  walked verdict() const noexcept { return is_undisturbed() ? walked::undisturbed : walked::overtaken; }
  static std::uint64_t tags_between(std::uint64_t from, std::uint64_t to) noexcept {
    return (tag_in(to) - tag_in(from)) & link_tag_mask;
  }

  stack_bytes const& stack_;
  steady::time_point began_ = steady::now();
  std::uint64_t top_ = 0;
  std::uint64_t free_ = 0;
  bool is_had_ = false;
  // How far behind the first tag that was given out since, of the tags noted.
  std::uint64_t nearest_to_top_ = link_tag_mask;
  std::uint64_t nearest_to_free_ = link_tag_mask;
};

// Attempts to find a moment. Those that are overtaken are so early, near the head of a list.
constexpr int most_moments = 100;

}  // namespace

// Whether somebody who lives may own the node.
bool stack_bytes::is_spoken_for(attachment& owner, std::uint32_t node, lane const& except) const {
  known_lives lives{owner};
  for (auto& each : owner.map().used_lanes()) {
    if (&each == &except) continue;
    auto const held = read_name(each.intent, tag_);
    if (!held || held->ticket != node) continue;
    if (lives.is_alive(each.owner.load(std::memory_order_acquire))) return true;  // lanes.cpp:R1
  }
  return false;
}

// A node that is in neither list at one moment is owned; who lives and owns it names it until he has put it,
// and a node that was put has a new link. So the lanes need not be looked at in that same moment.
stack_bytes::whereabouts stack_bytes::locate(attachment& owner, std::uint32_t node, lane const& where) const {
  if (is_spoken_for(owner, node, where)) return whereabouts::unknown;  // slow is not dead; spares the walks
  for (int attempt = 0; attempt < most_moments; ++attempt) {
    stack_moment moment{*this};
    bool is_found = false;
    auto const is_another = [&](std::uint32_t each, std::uint64_t) { return !(is_found = each == node); };
    auto const walked = moment.walk(std::array{moment.top(), moment.free()}, is_another);
    if (walked == stack_moment::walked::endless) return whereabouts::unknown;
    if (walked == stack_moment::walked::overtaken) continue;
    if (is_found) return whereabouts::listed;
    if (is_spoken_for(owner, node, where)) return whereabouts::unknown;
    moment.note(at(node).link.load(std::memory_order_acquire));  // A2 <- R2 (I4)
    if (moment.is_undisturbed()) return whereabouts::orphaned;
  }
  return whereabouts::unknown;
}

void stack_bytes::settle_name(attachment& owner, lane& where, lane_name& name) const {
  auto const dead = read_name(name, tag_);
  if (!dead) return;
  if (dead->ticket < capacity_) {  // else nothing that a stack writes
    auto const node = static_cast<std::uint32_t>(dead->ticket);
    auto const found = locate(owner, node, where);
    if (found == whereabouts::unknown) return;
    // Nobody else puts it: this lane names it and its owner lives. Dying from here on, it is in the list or not.
    if (found == whereabouts::orphaned) put_free(node, layout_.node_bytes);
  }
  forget(name);
  wake(header().pushers);
}

void stack_bytes::settle(attachment& owner) const {
  owner.settle_lanes(tag_, [&](lane& dead) {
    // seq_cst: forbids that two who took over two dead lanes that name the same node each see the other's
    // lane as still the dead one's, and both put the node.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for_each_name(dead, [&](lane_name& name) { settle_name(owner, dead, name); });
  });
}

bool stack_bytes::visit_elements(function_ref<void(std::span<std::byte const>)> visit) const {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> elements;
  auto walked = stack_moment::walked::overtaken;
  for (int attempt = 0; attempt < most_moments && walked == stack_moment::walked::overtaken; ++attempt) {
    elements.clear();
    stack_moment moment{*this};
    walked = moment.walk(std::array{moment.top()}, [&](std::uint32_t node, std::uint64_t link) {
      elements.emplace_back(node, link);
      return true;
    });
  }
  if (walked != stack_moment::walked::undisturbed) return false;
  std::vector<std::byte> copy(layout_.payload_bytes);
  for (auto const& [node, link] : elements) {
    load_words(copy.data(), payload(node, layout_), copy.size());
    // A3 <- R3: whoever saw a word of the next payload sees that the link has changed (I5).
    std::atomic_thread_fence(std::memory_order_acquire);
    if (at(node).link.load(std::memory_order_relaxed) == link) visit(copy);
  }
  return true;
}

}  // namespace stoa
