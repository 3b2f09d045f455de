// Boost.Unordered in one process; in shared memory by Boost.Interprocess, behind its mutex; Boost.Lockfree stack in
// shared memory; and Boost.Interprocess' allocation as a pool.
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/managed_shared_memory.hpp>
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>
#include <boost/lockfree/stack.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered_map.hpp>

#include "../cases/alone.hpp"
#include "../cases/pairs.hpp"
#include "../cases/table.hpp"
#include "../harness/shared_object.hpp"

namespace stoa::benchmarks::boost_tables_subject {
namespace {

namespace ipc = boost::interprocess;
constexpr auto interprocess = "Boost.Interprocess";

struct memory {
  memory(std::string const& with, std::size_t bytes) : name{with}, bytes_there{ipc::create_only, name.c_str(), bytes} {}
  memory(memory const&) = delete;
  memory& operator=(memory const&) = delete;
  ~memory() { ipc::shared_memory_object::remove(name.c_str()); }
  std::string name;
  ipc::managed_shared_memory bytes_there;
};

using pair_type = std::pair<std::uint64_t const, std::uint64_t>;
using pair_allocator = ipc::allocator<pair_type, ipc::managed_shared_memory::segment_manager>;
using shared_map = boost::unordered_map<std::uint64_t, std::uint64_t, boost::hash<std::uint64_t>,
                                        std::equal_to<std::uint64_t>, pair_allocator>;

struct shared_map_peer {
  shared_map_peer(std::string const& name, std::uint64_t elements)
      : home{name, elements * 96 + (1 << 20)},
        before{home.bytes_there.get_free_memory()},
        mutex{*home.bytes_there.construct<ipc::interprocess_mutex>("mutex")()},
        table{*home.bytes_there.construct<shared_map>("map")(elements, boost::hash<std::uint64_t>{},
                                                             std::equal_to<std::uint64_t>{},
                                                             home.bytes_there.get_segment_manager())} {}
  using lock = ipc::scoped_lock<ipc::interprocess_mutex>;
  bool insert(std::uint64_t key, std::uint64_t value) {
    lock const held{mutex};
    return table.emplace(key, value).second;
  }
  std::optional<std::uint64_t> find(std::uint64_t key) {
    lock const held{mutex};
    auto const at = table.find(key);
    return at == table.end() ? std::nullopt : std::optional{at->second};
  }
  bool increment(std::uint64_t key) {
    lock const held{mutex};
    auto const at = table.find(key);
    if (at == table.end()) return false;
    ++at->second;
    return true;
  }
  bool erase(std::uint64_t key) {
    lock const held{mutex};
    return table.erase(key) == 1;
  }
  std::uint64_t bytes() const { return before - home.bytes_there.get_free_memory(); }
  memory home;
  std::size_t before;
  ipc::interprocess_mutex& mutex;
  shared_map& table;
};

// Its allocator counts, and does nothing else.
std::uint64_t counted_bytes = 0;
template <class T>
struct counting : std::allocator<T> {
  using value_type = T;
  counting() = default;
  template <class U>
  counting(counting<U> const&) noexcept {}
  template <class U>
  struct rebind {
    using other = counting<U>;
  };
  T* allocate(std::size_t n) {
    counted_bytes += n * sizeof(T);
    return std::allocator<T>::allocate(n);
  }
  void deallocate(T* at, std::size_t n) {
    counted_bytes -= n * sizeof(T);
    std::allocator<T>::deallocate(at, n);
  }
};

struct flat_map_peer {
  flat_map_peer(std::string const&, std::uint64_t elements) { table.reserve(elements); }
  bool insert(std::uint64_t key, std::uint64_t value) { return table.emplace(key, value).second; }
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    auto const at = table.find(key);
    return at == table.end() ? std::nullopt : std::optional{at->second};
  }
  bool increment(std::uint64_t key) {
    auto const at = table.find(key);
    if (at == table.end()) return false;
    ++at->second;
    return true;
  }
  bool erase(std::uint64_t key) { return table.erase(key) == 1; }
  std::uint64_t bytes() const { return counted_bytes; }
  boost::unordered_flat_map<std::uint64_t, std::uint64_t, boost::hash<std::uint64_t>, std::equal_to<std::uint64_t>,
                            counting<pair_type>>
      table;
};

struct stack_peer {
  using queue = boost::lockfree::stack<std::uint64_t, boost::lockfree::capacity<1000>>;
  struct worker_end {
    queue& shared;
    std::uint64_t pair(std::uint64_t value) {
      while (!shared.bounded_push(value)) {
      }
      std::uint64_t out = 0;
      while (!shared.pop(out)) {
      }
      return out;
    }
  };
  explicit stack_peer(std::string const&) {}
  worker_end worker(unsigned) { return {*shared}; }
  shared_object<queue> shared;
};

struct pool_peer {
  struct worker_end {
    ipc::managed_shared_memory home;
    std::uint64_t pair(std::uint64_t value) {
      auto* const mine = home.allocate(64);
      std::memcpy(mine, &value, sizeof(value));
      std::uint64_t out;
      std::memcpy(&out, mine, sizeof(out));
      home.deallocate(mine);
      return out;
    }
  };
  explicit pool_peer(std::string const& name) : home{name, 1 << 20} {}
  worker_end worker(unsigned) const { return {ipc::managed_shared_memory{ipc::open_only, home.name.c_str()}}; }
  memory home;
};

void open(measure_operation const& measure) {
  memory const home{fresh_name() + "-open", 64 << 20};
  measure([&] { ipc::managed_shared_memory{ipc::open_only, home.name.c_str()}; });
}
void find_among_256(measure_operation const& measure) {
  memory home{fresh_name() + "-find", 1 << 20};
  std::vector<std::string> names;
  for (int i = 0; i < 256; ++i) {
    names.push_back(fmt::format("instrument/{}", i));
    home.bytes_there.construct<std::uint64_t>(names.back().c_str())(0u);
  }
  std::size_t next = 0;
  measure([&] {
    if (home.bytes_there.find<std::uint64_t>(names[next++ % names.size()].c_str()).first == nullptr)
      throw std::runtime_error{"a name is gone"};
  });
}

bool const entered = enter_table<flat_map_peer>("unordered_flat_map (one process)") &&
                     enter_table<shared_map_peer>(interprocess) && enter_pairs<stack_peer>("stack", "Boost.Lockfree") &&
                     enter_pairs<pool_peer>("pool", interprocess) &&
                     enter_alone("opening", {"open and leave a segment"}, interprocess, open) &&
                     enter_alone("opening", {"find one name among 256"}, interprocess, find_among_256);

}  // namespace
}  // namespace stoa::benchmarks::boost_tables_subject
