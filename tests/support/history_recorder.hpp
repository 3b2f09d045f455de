// history_recorder.hpp: writes down who called what when, for linearizability.hpp.
//
//   history_recorder<operation> recorder{3};          // three threads, or processes forked from here on
//   recorder.record(1, [&] { return operation{...}; });  // by number 1: calls, and keeps what is returned
//   is_linearizable<model>(recorder.collect());
//
// The clock is one counter that everybody increments, not the time: on x86 a store that has "returned"
// may still be on its way to the others, and by a clock its operation would seem over before it was. The
// increment waits for it. (So the recorder asks what a program sees that orders itself by synchronising.)
#pragma once
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "linearizability.hpp"

namespace stoa::testing {

template <class Operation>
class history_recorder {
 public:
  static_assert(std::is_trivially_copyable_v<Operation>);
  static constexpr std::size_t most_each = 64;

  explicit history_recorder(std::size_t members)
      : members_{members},
        memory_{::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)} {
    if (memory_ == MAP_FAILED) throw std::runtime_error{"mmap failed"};
    ::new (memory_) std::atomic<std::uint64_t>{1};
    for (std::size_t i = 0; i < members_; ++i) ::new (&page(i)) page_type{};
  }
  history_recorder(history_recorder const&) = delete;
  history_recorder& operator=(history_recorder const&) = delete;
  ~history_recorder() { ::munmap(memory_, bytes()); }

  // Not more than most_each times by each member. A member that dies in `call` leaves an operation that never
  // returned, as `assumed` says.
  template <class Call>
  void record(std::size_t member, Call call, Operation const& assumed = {}) {
    auto& mine = page(member);
    auto& entry = mine.entries.at(mine.count);
    entry.what = assumed;
    entry.returned = never_returned;
    entry.called = clock().fetch_add(1, std::memory_order_seq_cst);
    ++mine.count;
    entry.what = call();
    entry.returned = clock().fetch_add(1, std::memory_order_seq_cst);
  }

  // When all have ended.
  history<Operation> collect() const {
    history<Operation> out;
    for (std::size_t i = 0; i < members_; ++i)
      out.insert(out.end(), page(i).entries.begin(),
                 page(i).entries.begin() + static_cast<std::ptrdiff_t>(page(i).count));
    return out;
  }
  void clear() {
    for (std::size_t i = 0; i < members_; ++i) page(i).count = 0;
  }

 private:
  struct alignas(128) page_type {
    std::size_t count = 0;
    std::array<recorded<Operation>, most_each> entries{};
  };
  static constexpr std::size_t clock_bytes = 128;

  std::size_t bytes() const { return clock_bytes + members_ * sizeof(page_type); }
  std::atomic<std::uint64_t>& clock() const { return *static_cast<std::atomic<std::uint64_t>*>(memory_); }
  page_type& page(std::size_t member) const {
    return reinterpret_cast<page_type*>(static_cast<std::byte*>(memory_) + clock_bytes)[member];
  }

  std::size_t members_;
  void* memory_;
};

}  // namespace stoa::testing
