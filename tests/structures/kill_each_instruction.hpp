// kill_each_instruction.hpp: one operation, cut off after every instruction in turn.
//
// Each time everything is made anew, so that a failure says after how many instructions it happens:
// a trial makes segment and structure, starts the victim, cuts it off, and judges what is left.
#pragma once
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
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

// Lets a victim go through its operation once, then runs trial(cut) for every instruction, or every
// n-th. A trial returns what took effect. There is one instruction before which nothing did, and
// after which all did.
template <class Trace, class Trial>
void for_each_instruction(Trace trace_once, Trial trial) {
  std::vector<std::uintptr_t> const trace = trace_once();
  auto const stride = kill_stride(trace.size());
  bool is_whole = false;
  for (std::size_t k = 0; k < trace.size() && !::testing::Test::HasFailure(); k += stride) {
    SCOPED_TRACE(::testing::Message()
                 << "after " << k << " of " << trace.size() << " instructions");
    cut const here{trace, k};
    auto found = trial(here);
    // Victims are alike but for the time and the heap they find: rarely one takes another way. Its
    // instructions are counted then, and say nothing about those of the others.
    if (here.is_missed) {
      trial(cut{trace, k, true});
      found = effect::undecided;
    }
    EXPECT_FALSE(found == effect::none && is_whole) << "an effect that was there is gone";
    is_whole |= found == effect::whole;
  }
  ::testing::Test::RecordProperty("instructions", static_cast<int>(trace.size()));
  EXPECT_GT(trace.size(), 20u) << "the operation was not stepped through";
}

}  // namespace stoa::testing
