// stoa: map, stack and object_pool.
#include <stoa/stoa.hpp>

#include "../cases/pairs.hpp"
#include "../cases/table.hpp"

using namespace stoa::literals;

namespace stoa::benchmarks::stoa_tables_subject {
namespace {

using shared_map = map<std::uint64_t, std::uint64_t>;

struct map_peer {
  map_peer(std::string const& name, std::uint64_t elements)
      : home{segment::create(name, shared_map::bytes_for(shared_map::shape(elements)).value() + 1_MiB)},
        table{home.publish<shared_map>("map", elements)} {}
  bool insert(std::uint64_t key, std::uint64_t value) const { return table.insert(key, value); }
  std::optional<std::uint64_t> find(std::uint64_t key) const { return table.find(key); }
  bool increment(std::uint64_t key) const {
    return table.update(key, [](std::uint64_t& value) { ++value; });
  }
  bool erase(std::uint64_t key) const { return table.erase(key); }
  std::uint64_t bytes() const { return home.entries().begin()->bytes(); }
  segment home;
  shared_map table;
};

constexpr std::uint64_t room = 1000;

struct stack_peer {
  struct worker_end {
    stack<std::uint64_t> shared;
    std::uint64_t pair(std::uint64_t value) const {
      while (!shared.try_push(value)) {
      }
      for (;;)
        if (auto const got = shared.try_pop()) return *got;
    }
  };
  explicit stack_peer(std::string const& name)
      : home{segment::create(name, 1_MiB)}, shared{home.publish<stack<std::uint64_t>>("stack", room)} {}
  worker_end worker(unsigned) const { return {segment::open(home.name()).attach<stack<std::uint64_t>>("stack")}; }
  segment home;
  stack<std::uint64_t> shared;
};

struct block {
  std::uint64_t words[8];
};

struct pool_peer {
  struct worker_end {
    object_pool<block> shared;
    std::uint64_t pair(std::uint64_t value) const {
      auto const mine = shared.acquire();
      if (!mine) throw std::runtime_error{"the pool is empty"};
      auto& held = *shared.get(mine);
      held.words[0] = value;
      auto const out = held.words[0];
      shared.release(mine);
      return out;
    }
  };
  explicit pool_peer(std::string const& name)
      : home{segment::create(name, 1_MiB)}, shared{home.publish<object_pool<block>>("pool", room)} {}
  worker_end worker(unsigned) const { return {segment::open(home.name()).attach<object_pool<block>>("pool")}; }
  segment home;
  object_pool<block> shared;
};

bool const entered = enter_table<map_peer>("stoa") && enter_pairs<stack_peer>("stack", "stoa") &&
                     enter_pairs<pool_peer>("pool", "stoa");

}  // namespace
}  // namespace stoa::benchmarks::stoa_tables_subject
