// linearizability.hpp: whether what several threads or processes saw of an object has one explanation:
// every operation happening at one moment between its call and its return, in an order that the
// object's sequential model allows.
//
// The search is that of J. Wing and C. Gong, "Testing and verifying concurrent objects" (J. Parallel
// Distrib. Comput. 17, 1993), with the memory of G. Lowe, "Testing for linearizability" (Concurrency and
// Computation 29(4), 2017): a pair {which operations are done, state of the model} that led nowhere once
// is not gone into again.
//
// A model is a sequential object that can be copied and compared, knows its hash, and says whether an
// operation, with the answer that was given, can be the next one:
//
//   struct counter {
//     struct operation { bool is_add; std::uint64_t answer; };
//     std::uint64_t value = 0;
//     bool apply(operation const& next);        // false: not with this answer. May have changed itself then
//     bool operator==(counter const&) const = default;
//     std::size_t hash() const;
//   };
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <vector>

namespace stoa::testing {

inline constexpr std::uint64_t never_returned = ~std::uint64_t{0};

// An operation, and when it was called and returned: moments of one order that all who record share.
template <class Operation>
struct recorded {
  Operation what{};
  std::uint64_t called = 0;
  std::uint64_t returned = never_returned;  // such an operation may have happened, at any later time, or not

  bool is_before(recorded const& other) const { return returned < other.called; }
  bool overlaps(recorded const& other) const { return !is_before(other) && !other.is_before(*this); }
};

template <class Operation>
using history = std::vector<recorded<Operation>>;

inline std::size_t mixed(std::size_t hash, std::uint64_t more) {
  return (hash ^ more) * 0x9E37'79B9'7F4A'7C15 + (hash >> 29);
}

template <class Model>
class linearizability {
 public:
  using operation = typename Model::operation;
  static constexpr std::size_t longest = 64;  // one bit for each operation

  explicit linearizability(history<operation> of) : history_{std::move(of)} {
    if (history_.size() > longest) throw std::invalid_argument{"a history of more than 64 operations"};
    std::ranges::sort(history_, {}, &recorded<operation>::called);
    for (std::size_t i = 0; i < history_.size(); ++i)
      if (history_[i].returned != never_returned) must_happen_ |= bit(i);
  }

  // Whether it can be explained from `start`.
  bool holds(Model const& start = {}) {
    seen_.clear();
    return explain(0, start);
  }
  // How many pairs of {done, state} the search went into.
  std::size_t looked_at() const noexcept { return seen_.size(); }

 private:
  struct place {
    std::uint64_t done;
    Model state;
    bool operator==(place const&) const = default;
  };
  struct place_hash {
    std::size_t operator()(place const& each) const { return mixed(each.state.hash(), each.done); }
  };
  static std::uint64_t bit(std::size_t i) { return std::uint64_t{1} << i; }

  bool explain(std::uint64_t done, Model const& state) {
    if ((must_happen_ & ~done) == 0) return true;
    if (!seen_.insert({done, state}).second) return false;
    // Next can only be one that was called before every other that is left had returned.
    std::uint64_t first_return = never_returned;
    for (std::size_t i = 0; i < history_.size(); ++i)
      if ((done & bit(i)) == 0) first_return = std::min(first_return, history_[i].returned);
    for (std::size_t i = 0; i < history_.size() && history_[i].called <= first_return; ++i) {
      if ((done & bit(i)) != 0) continue;
      Model next = state;
      if (next.apply(history_[i].what) && explain(done | bit(i), next)) return true;
    }
    return false;
  }

  history<operation> history_;  // by the time of the call
  std::uint64_t must_happen_ = 0;
  std::unordered_set<place, place_hash> seen_;
};

template <class Model>
bool is_linearizable(history<typename Model::operation> of, Model const& start = {}) {
  return linearizability<Model>{std::move(of)}.holds(start);
}

}  // namespace stoa::testing
