// victim.hpp: what a process did before it was cut off in the middle of an operation, and where that was.
#pragma once
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <vector>

#include "stepped_child.hpp"

namespace stoa::testing {

// What a victim did before it was cut off, in memory that it shares with its parent.
struct report {
  std::array<std::uint64_t, 16> pushed{};
  std::array<std::uint64_t, 16> popped{};
  std::uint64_t pushes = 0;
  std::uint64_t pops = 0;
  bool is_done = false;  // the operation returned: what it said is true

  void note_push(std::uint64_t number) { pushed[pushes++] = number; }
  void note_pop(std::uint64_t number) { popped[pops++] = number; }
};

class shared_report {
 public:
  shared_report()
      : page_{::mmap(nullptr, sizeof(report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                     -1, 0)} {
    if (page_ == MAP_FAILED) throw std::runtime_error{"mmap failed"};
    ::new (page_) report{};
  }
  shared_report(shared_report const&) = delete;
  shared_report& operator=(shared_report const&) = delete;
  ~shared_report() { ::munmap(page_, sizeof(report)); }
  report* get() const noexcept { return static_cast<report*>(page_); }

 private:
  void* page_;
};

// Whether the operation took effect: all that an observer may find.
enum class effect { none, whole, undecided };

// Where to cut off: after how many of the instructions that a first victim went through.
struct cut {
  std::vector<std::uintptr_t> const& trace;
  std::size_t after;
  bool is_counted = false;         // go there by counting, whatever way the victim takes
  mutable bool is_missed = false;  // the victim went another way and came to its end

  void lead(stepped_child& victim) const {
    is_missed = !(is_counted ? victim.step(after) : victim.step_to(trace, after));
  }
};

}  // namespace stoa::testing
