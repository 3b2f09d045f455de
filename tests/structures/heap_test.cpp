#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/container/map.hpp>
#include <boost/container/string.hpp>
#include <boost/container/vector.hpp>
#include <chrono>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "child.hpp"
#include "elements.hpp"
#include "refusal.hpp"

#include <stoa/heap.hpp>

namespace stoa::testing {
namespace {

using text = boost::container::basic_string<char, std::char_traits<char>, heap_allocator<char>>;
using numbers = boost::container::vector<std::uint64_t, heap_allocator<std::uint64_t>>;
using names = boost::container::map<int, text, std::less<int>, heap_allocator<std::pair<int const, text>>>;

using namespace std::chrono_literals;
constexpr int some_bytes = 1 << 18;

TEST(heap, ContainersMadeByOneAreUsedByAnother) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  auto* const list = heap.construct<numbers>("list", heap.allocator<std::uint64_t>());
  ASSERT_NE(list, nullptr);
  for (std::uint64_t n = 0; n < 1000; ++n) list->push_back(n * n);
  auto const there = views.second.attach<stoa::heap>("h");
  auto* const found = there.find<numbers>("list");
  ASSERT_NE(found, nullptr);
  EXPECT_NE(found, list) << "at another address";
  ASSERT_EQ(found->size(), 1000u);
  EXPECT_EQ((*found)[999], 999u * 999u);
  found->push_back(5);  // grows through the other mapping
  EXPECT_EQ(list->back(), 5u);
}

TEST(heap, NodesAndNestedContainers) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  auto const there = views.second.attach<stoa::heap>("h");
  auto* const map = heap.construct<names>("names", std::less<int>{}, heap.allocator<std::pair<int const, text>>());
  for (int n = 0; n < 200; ++n)
    map->emplace(n, text(std::string(static_cast<std::size_t>(n), 'x').c_str(), heap.allocator<char>()));
  auto* const same = there.find<names>("names");
  ASSERT_NE(same, nullptr);
  for (int n = 0; n < 200; ++n) EXPECT_EQ(same->at(n).size(), static_cast<std::size_t>(n));
  EXPECT_TRUE(there.is_sane());
}

TEST(heap, NamesAreTakenOnceAndGivenBack) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  auto const before = heap.free_bytes();
  EXPECT_NE(heap.construct<std::uint64_t>("n", 7u), nullptr);
  EXPECT_EQ(heap.construct<std::uint64_t>("n", 8u), nullptr);
  EXPECT_EQ(*heap.find_or_construct<std::uint64_t>("n", 9u), 7u);
  EXPECT_EQ(heap.find<std::uint64_t>("other"), nullptr);
  EXPECT_TRUE(heap.destroy<std::uint64_t>("n"));
  EXPECT_FALSE(heap.destroy<std::uint64_t>("n"));
  EXPECT_EQ(heap.free_bytes(), before);
}

TEST(heap, WhatIsFreedIsThereAgain) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  auto const before = heap.free_bytes();
  for (int round = 0; round < 50; ++round) {
    numbers list{heap.allocator<std::uint64_t>()};  // the vector here, its elements there
    list.resize(20000);
    EXPECT_LT(heap.free_bytes(), before);
  }
  EXPECT_EQ(heap.free_bytes(), before);
}

TEST(heap, NoRoomIsBadAlloc) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  numbers list{heap.allocator<std::uint64_t>()};
  EXPECT_THROW(list.resize(some_bytes), std::bad_alloc);
  EXPECT_THROW(heap.construct<page>("p") && heap.construct<blob<some_bytes>>("q"), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(heap.allocator<page>().allocate(~std::size_t{0} / 8)), std::bad_alloc);
  EXPECT_TRUE(heap.is_sane());
}

TEST(heap, AlignmentIsKept) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  auto allocator = heap.allocator<two_lines>();
  for (int i = 0; i < 10; ++i) {
    auto const got = allocator.allocate(3);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got.get()) % alignof(two_lines), 0u);
  }
}

TEST(heap, ThreadsAllocateAtTheSameTime) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  auto const there = views.second.attach<stoa::heap>("h");
  auto const before = heap.free_bytes();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      auto const& mine = i % 2 == 0 ? heap : there;
      for (std::size_t n = 1; n < 500; ++n) {
        numbers list{mine.allocator<std::uint64_t>()};
        list.resize(n, i);
        for (auto const each : list) ASSERT_EQ(each, i);
      }
    });
  for (auto& each : threads) each.join();
  EXPECT_EQ(heap.free_bytes(), before);
  EXPECT_TRUE(heap.is_sane());
}

// Adds to a counter that many processes share; each counts what it allocated and gave back.
int run_allocator(child_arguments const& a) {
  auto const heap = segment::open(a.at(0)).attach<stoa::heap>("h");
  auto* const count = heap.find_or_construct<std::atomic<std::uint64_t>>("count", 0u);
  for (std::size_t n = 1; n <= 300; ++n) {
    numbers list{heap.allocator<std::uint64_t>()};
    list.resize(n % 100 + 1, n);
    count->fetch_add(1);
  }
  return 0;
}
child_program const allocator_program{"allocator", run_allocator};

TEST(heap, ProcessesAllocateAtTheSameTime) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  std::vector<child> children;
  for (int i = 0; i < 3; ++i) children.push_back(child::start("allocator", {views.name()}));
  for (auto& each : children) EXPECT_TRUE(each.wait().is_success());
  EXPECT_EQ(heap.find<std::atomic<std::uint64_t>>("count")->load(), 900u);
  EXPECT_TRUE(heap.is_sane());
}

// Dies with the mutex in its hands: in the middle of a constructor that runs under it.
struct killer {
  killer() { ::raise(SIGKILL); }
};
int run_suicide(child_arguments const& a) {
  segment::open(a.at(0)).attach<stoa::heap>("h").construct<killer>("killer");
  return 0;
}
child_program const suicide{"suicide", run_suicide};

TEST(heap, AHeapInWhichAProcessDiedIsGivenUpAndHangsNobody) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  numbers list{heap.allocator<std::uint64_t>()};
  list.resize(10);
  EXPECT_EQ(child::start("suicide", {views.name()}).wait().signal, SIGKILL);
  auto const corrupt = make_error_code(errc::corrupt_structure);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(refusal([&] { heap.find<int>("n"); }), corrupt);
  auto const there = views.second.attach<stoa::heap>("h");
  EXPECT_EQ(refusal([&] { there.construct<int>("n", 1); }), corrupt);
  // and `list` goes out of scope without a word
}

// Dies in nobody's way: with nothing of the heap's in its hands.
int run_leaver(child_arguments const& a) {
  segment::open(a.at(0)).attach<stoa::heap>("h").construct<page>("left", element<page>(3));
  ::raise(SIGKILL);
  return 0;
}
child_program const leaver{"leaver", run_leaver};

TEST(heap, WhatADeadProcessAllocatedStaysAllocated) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  auto const before = heap.free_bytes();
  EXPECT_EQ(child::start("leaver", {views.name()}).wait().signal, SIGKILL);
  EXPECT_LE(heap.free_bytes() + sizeof(page), before);
  auto const* const left = heap.find<page>("left");
  ASSERT_NE(left, nullptr);
  EXPECT_TRUE(is_element(*left, 3));
  EXPECT_NE(heap.construct<page>("next", element<page>(4)), nullptr);
  EXPECT_TRUE(is_element(*left, 3)) << "nobody else gets its bytes";
  EXPECT_TRUE(heap.destroy<page>("left") && heap.destroy<page>("next")) << "but whoever wants may free them";
  EXPECT_EQ(heap.free_bytes(), before);
  EXPECT_TRUE(heap.is_sane());
}

// Is stopped with the mutex in its hands.
struct pauser {
  pauser() { ::raise(SIGSTOP); }
};
int run_stopping(child_arguments const& a) {
  segment::open(a.at(0)).attach<stoa::heap>("h").construct<pauser>("pauser");
  return 0;
}
child_program const stopping{"stopping", run_stopping};

TEST(heap, AStoppedHolderOfTheMutexIsWaitedFor) {
  two_views const views;
  auto const heap = views.first.publish<stoa::heap>("h", some_bytes);
  heap.construct<int>("n", 5);
  auto holder = child::start("stopping", {views.name()});
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(holder.pid()), &info, WSTOPPED | WEXITED | WNOWAIT), 0);
  ASSERT_EQ(info.si_code, CLD_STOPPED);
  std::atomic<int const*> found{nullptr};
  std::thread waiter{[&] { found = heap.find<int>("n"); }};
  EXPECT_FALSE(eventually([&] { return found.load() != nullptr; }, 50ms));
  holder.go_on();
  waiter.join();
  EXPECT_EQ(*found.load(), 5);
  EXPECT_TRUE(holder.wait().is_success());
  EXPECT_TRUE(heap.is_sane()) << "it was not given up";
}

TEST(heap, ShapesThatCannotBeAreRefused) {
  two_views const views;
  EXPECT_EQ(views.first.try_publish<stoa::heap>("h", 10).error().code(), errc::invalid_argument);
  EXPECT_EQ(views.first.try_publish<stoa::heap>("h", -1).error().code(), errc::no_space);
  EXPECT_EQ(views.first.try_publish<stoa::heap>("h", 1 << 30).error().code(), errc::no_space);
}

TEST(heap, AReadOnlySegmentsHeapCannotBeAttached) {
  two_views const views;
  views.first.publish<stoa::heap>("h", some_bytes);
  auto const shown = segment::open_read_only(views.name());
  EXPECT_EQ(shown.try_attach<stoa::heap>("h").error().code(), errc::read_only);
}

TEST(heap, ADamagedHeaderIsRefused) {
  two_views const views;
  views.first.publish<stoa::heap>("h", some_bytes);
  auto const body = views.first.attachment().entries().at(0).body;
  for (std::size_t at = 0; at < offsetof(heap_header, pad); at += 4)
    for (auto const value : {0u, ~0u}) {
      std::uint32_t before = 0;
      std::memcpy(&before, body.data() + at, 4);
      if (before == value) continue;
      std::memcpy(body.data() + at, &value, 4);
      EXPECT_FALSE(views.second.try_attach<stoa::heap>("h")) << at;
      std::memcpy(body.data() + at, &before, 4);
    }
  EXPECT_TRUE(views.second.try_attach<stoa::heap>("h"));
}

}  // namespace
}  // namespace stoa::testing
