// Who changes something that nobody sleeps for pays nothing for sleepers: no system call, no fence, and no locked
// instruction but those of the algorithm. Each instruction that one operation goes through is looked at.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <ostream>
#include <stoa/stoa.hpp>
#include <string>
#include <vector>

#include "scratch.hpp"
#include "stepped_child.hpp"

namespace stoa::testing {
namespace {

struct cost {
  std::size_t instructions = 0;
  int system_calls = 0;
  int fences = 0;
  int locked = 0;

  // The child is a fork: its code lies where ours does.
  void add(std::uintptr_t address) {
    std::array<unsigned char, 3> code;
    std::memcpy(code.data(), reinterpret_cast<void const*>(address), code.size());
    ++instructions;
    system_calls += code[0] == 0x0F && code[1] == 0x05;                       // syscall
    fences += code[0] == 0x0F && code[1] == 0xAE && (code[2] & 0xF8) == 0xF0;  // mfence
    locked += code[0] == 0xF0;
    // xchg with memory locks without a prefix, perhaps behind one for its width.
    bool const has_width = (code[0] & 0xF0) == 0x40;
    locked += (code[has_width ? 1 : 0] | 1) == 0x87 && (code[has_width ? 2 : 1] & 0xC0) != 0xC0;
  }
};
template <class Prepare>
cost cost_of_all(Prepare prepare) {
  cost all;
  for (auto const address : stepped_child{prepare}.trace()) all.add(address);
  return all;
}
// Less what the child does to say that it is at the beginning, and at the end.
template <class Prepare>
cost cost_of(Prepare prepare) {
  static cost const nothing = cost_of_all([] { return [] {}; });
  auto const all = cost_of_all(prepare);
  return {all.instructions - nothing.instructions, all.system_calls - nothing.system_calls, all.fences - nothing.fences,
          all.locked - nothing.locked};
}
std::ostream& operator<<(std::ostream& out, cost const& of) {
  return out << of.instructions << " instructions, " << of.system_calls << " system calls, " << of.fences << " fences, "
             << of.locked << " locked";
}

using operation = std::function<void()>;
struct publisher {
  std::string name;
  operation (*prepare)(segment const&);
  int locked;  // by its algorithm
};
void PrintTo(publisher const& each, std::ostream* out) { *out << each.name; }

// Once before, so that the thread has its lane, and the pages are there.
operation warm(operation run) {
  run();
  return run;
}
template <class Noun, class Run>
operation on(segment const& in, Run run) {
  auto const noun = in.publish<Noun>("it", 64);
  return warm([=] { run(noun); });
}
operation send(segment const& in, message_ring_options const& with) {
  auto const ring = in.publish<message_ring>("it", 8192, with);
  return warm([=] { ring.try_send(std::as_bytes(std::span{"sixteen bytes..."})); });
}
constexpr auto push = [](auto const& noun) { static_cast<void>(noun.try_push(1)); };

std::vector<publisher> publishers() {
  return {
      {"Queue", [](segment const& in) { return on<queue<std::uint64_t>>(in, push); }, 1},
      {"SpscQueue", [](segment const& in) { return on<spsc_queue<std::uint64_t>>(in, push); }, 0},
      {"Stack", [](segment const& in) { return on<stack<std::uint64_t>>(in, push); }, 2},
      {"Ring", [](segment const& in) { return on<ring<std::uint64_t>>(in, [](auto const& r) { r.push(1); }); }, 0},
      {"MessageRing", [](segment const& in) { return send(in, {}); }, 1},
      {"MessageRingWithChecksum", [](segment const& in) { return send(in, {.checksum = true}); }, 1},
      {"Broadcast", [](segment const& in) { return send(in, {.delivery = delivery::broadcast}); }, 1},
  };
}

class publisher_cost : public ::testing::TestWithParam<publisher> {};

TEST_P(publisher_cost, IsNoSystemCallAndNoFence) {
#ifndef __x86_64__
  GTEST_SKIP() << "NOT TESTED: knows the instructions of x86-64 only";
#endif
  scratch_name const name;
  auto const all = cost_of([&] {
    auto const home = segment::create(name, 1u << 20);
    return [home, run = GetParam().prepare(home)] { run(); };
  });
  RecordProperty("instructions", static_cast<int>(all.instructions));
  EXPECT_GT(all.instructions, 5u);
  EXPECT_EQ(all.system_calls, 0) << all;
  EXPECT_EQ(all.fences, 0) << all;
  EXPECT_EQ(all.locked, GetParam().locked) << all;
}

INSTANTIATE_TEST_SUITE_P(each, publisher_cost, ::testing::ValuesIn(publishers()),
                         [](auto const& each) { return each.param.name; });

// What is looked for is seen where it is.
TEST(publisher_cost, OfSomebodyWhoseSleeperIsThereIsASystemCall) {
#ifndef __x86_64__
  GTEST_SKIP() << "NOT TESTED: knows the instructions of x86-64 only";
#endif
  auto const all = cost_of([] {
    return [] {
      static wait_flag flag;
      static std::atomic<int> word;
      flag.sleepers.store(1);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      word.exchange(1);
      wake(flag);
    };
  });
  EXPECT_EQ(all.system_calls, 1) << all;
  EXPECT_GE(all.fences + all.locked, 3) << all;
}

}  // namespace
}  // namespace stoa::testing
