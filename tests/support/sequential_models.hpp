// sequential_models.hpp: what the structures are if only one thread uses them, for linearizability.hpp.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "linearizability.hpp"

namespace stoa::testing {

// One number. update adds `argument` to what it finds and answers the sum.
struct register_model {
  enum class kind : std::uint8_t { load, store, update };
  struct operation {
    kind what{};
    std::uint64_t argument = 0;
    std::uint64_t answer = 0;
  };
  std::uint64_t value = 0;

  bool apply(operation const& next) {
    switch (next.what) {
      case kind::load: return next.answer == value;
      case kind::store: value = next.argument; return true;
      case kind::update: value += next.argument; return next.answer == value;
    }
    return false;
  }
  bool operator==(register_model const&) const = default;
  std::size_t hash() const { return mixed(1, value); }
};

// What queues and stacks have in common: numbers go in and come out.
struct transfer {
  bool is_push = false;
  bool is_refusal = false;  // full, or empty
  std::uint64_t number = 0;
};

// The order in which they come out is the difference.
enum class order { fifo, lifo };

template <order Order>
struct sequence_model {
  using operation = transfer;
  std::uint64_t capacity = 4;
  std::vector<std::uint64_t> elements{};

  bool apply(transfer const& next) {
    if (next.is_refusal) return next.is_push ? elements.size() == capacity : elements.empty();
    if (next.is_push) {
      elements.push_back(next.number);
      return elements.size() <= capacity;
    }
    auto const first = Order == order::fifo ? elements.begin() : elements.end() - (elements.empty() ? 0 : 1);
    if (first == elements.end() || *first != next.number) return false;
    elements.erase(first);
    return true;
  }
  bool operator==(sequence_model const&) const = default;
  std::size_t hash() const {
    std::size_t out = elements.size();
    for (auto const each : elements) out = mixed(out, each);
    return out;
  }
};
using fifo_model = sequence_model<order::fifo>;
using lifo_model = sequence_model<order::lifo>;

// Without the refusals that were given while an operation of the other side was under way: "full" and "empty"
// promise only that there was nothing that could be done at once, so they need an explanation where nothing
// else was going on.
inline history<transfer> without_excused_refusals(history<transfer> const& all) {
  history<transfer> out;
  for (auto const& each : all) {
    bool is_excused = false;
    for (auto const& other : all)
      is_excused |= each.what.is_refusal && !other.what.is_refusal && other.what.is_push != each.what.is_push &&
                    each.overlaps(other);
    if (!is_excused) out.push_back(each);
  }
  return out;
}

// A LIFO whose nodes have a way to go: a push first takes a free node, then puts it on top; a pop first takes
// the node on top, then puts it with the free ones. So "full" says that no node is free, be it that another
// push has one in hand, and needs no excuse.
struct pooled_lifo_model {
  enum class step : std::uint8_t { take_free, put_element, take_element, put_free, find_full, find_empty };
  struct operation {
    step what{};
    std::uint64_t number = 0;
  };
  std::uint64_t capacity = 4;
  std::vector<std::uint64_t> elements{};
  std::vector<std::uint64_t> in_hand{};  // ascending

  bool apply(operation const& next) {
    auto const free = capacity - elements.size() - in_hand.size();
    switch (next.what) {
      case step::take_free: return free > 0 && take_in_hand(next.number);
      case step::put_element: elements.push_back(next.number); return put_down(next.number);
      case step::take_element:
        if (elements.empty() || elements.back() != next.number) return false;
        elements.pop_back();
        return take_in_hand(next.number);
      case step::put_free: return put_down(next.number);
      case step::find_full: return free == 0;
      case step::find_empty: return elements.empty();
    }
    return false;
  }
  bool operator==(pooled_lifo_model const&) const = default;
  std::size_t hash() const {
    std::size_t out = elements.size();
    for (auto const each : elements) out = mixed(out, each);
    for (auto const each : in_hand) out = mixed(out, each);
    return out;
  }

 private:
  bool take_in_hand(std::uint64_t number) {
    in_hand.insert(std::ranges::lower_bound(in_hand, number), number);
    return true;
  }
  bool put_down(std::uint64_t number) {
    auto const at = std::ranges::find(in_hand, number);
    if (at == in_hand.end()) return false;
    in_hand.erase(at);
    return true;
  }
};

// Each transfer as the steps it consists of: any time between its call and its return.
inline history<pooled_lifo_model::operation> in_steps(history<transfer> const& all) {
  using step = pooled_lifo_model::step;
  history<pooled_lifo_model::operation> out;
  for (auto const& each : all) {
    auto const add = [&](step what) { out.push_back({{what, each.what.number}, each.called, each.returned}); };
    if (each.what.is_refusal) {
      add(each.what.is_push ? step::find_full : step::find_empty);
    } else {
      add(each.what.is_push ? step::take_free : step::take_element);
      add(each.what.is_push ? step::put_element : step::put_free);
    }
  }
  return out;
}

// Numbers under a few keys. `answer` is what was found, or whether it happened.
struct keyed_model {
  static constexpr std::size_t keys = 3;
  enum class kind : std::uint8_t { find, insert, assign, update, erase };
  struct operation {
    kind what{};
    std::uint64_t key = 0;
    std::uint64_t argument = 0;
    std::uint64_t answer = 0;
    bool is_there = false;  // before: what all but assign say
  };
  std::array<std::optional<std::uint64_t>, keys> values{};

  bool apply(operation const& next) {
    auto& value = values.at(next.key);
    if (next.what == kind::assign) {
      value = next.argument;
      return true;
    }
    if (value.has_value() != next.is_there) return false;
    switch (next.what) {
      case kind::find: return !value || *value == next.answer;
      case kind::insert:
        if (!value) value = next.argument;
        return true;
      case kind::update:
        if (value) *value += next.argument;
        return true;
      case kind::erase: value.reset(); return true;
      case kind::assign: break;
    }
    return false;
  }
  bool operator==(keyed_model const&) const = default;
  std::size_t hash() const {
    std::size_t out = 1;
    for (auto const& each : values) out = mixed(out, each ? *each + 1 : 0);
    return out;
  }
};

}  // namespace stoa::testing
