// A descriptor is readable when there is something, for every structure that can be waited for, and is not when there
// is nothing; nothing is missed, also when a peer dies; whoever goes while the thread sleeps leaves nothing behind.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "child.hpp"
#include "elements.hpp"
#include "message_ring_actor.hpp"
#include "refusal.hpp"
#include "sanitizers.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

bool is_readable(waitable_fd const& fd, std::chrono::milliseconds most = 0ms) {
  pollfd what{fd.get(), POLLIN, 0};
  return ::poll(&what, 1, static_cast<int>(most.count())) == 1;
}
constexpr auto for_ever = 30'000ms;

// One who sends numbers, and one who receives and waits for them.
struct way {
  std::function<void(std::uint64_t)> send;
  std::function<std::optional<std::uint64_t>()> receive;
  std::function<void(waitable_fd&)> watch;
};
struct kind {
  std::string name;
  way (*make)(two_views const&);
};

way through_queue(two_views const& views) {
  auto const in = views.first.publish<queue<std::uint64_t>>("q", 64);
  auto const out = views.second.attach<queue<std::uint64_t>>("q");
  return {[=](std::uint64_t n) { in.push(n); }, [=] { return out.try_pop(); }, [=](waitable_fd& fd) { fd.watch(out); }};
}
way through_spsc_queue(two_views const& views) {
  auto const in = views.first.publish<spsc_queue<std::uint64_t>>("q", 64);
  auto const out = views.second.attach<spsc_queue<std::uint64_t>>("q");
  return {[=](std::uint64_t n) { in.push(n); }, [=] { return out.try_pop(); }, [=](waitable_fd& fd) { fd.watch(out); }};
}
way through_group(two_views const& views) {
  auto const in = views.first.publish<message_ring>("q", 4096, options_of_scene());
  auto const out = views.second.attach<message_ring>("q").consumer();
  return {[=](std::uint64_t n) { in.send(numbered_message(n)); },
          [=]() -> std::optional<std::uint64_t> {
            auto got = out.try_receive();
            if (!got) return std::nullopt;
            auto const number = number_in(got->data());
            got->commit();
            return number;
          },
          [=](waitable_fd& fd) { fd.watch(out); }};
}
way through_reader(message_ring const& in, std::shared_ptr<message_reader> const& out) {
  return {[=](std::uint64_t n) { in.send(numbered_message(n)); },
          [=]() -> std::optional<std::uint64_t> {
            auto const got = out->try_receive();
            if (!got) out->done();
            return got ? std::optional{number_in(got->data())} : std::nullopt;
          },
          [=](waitable_fd& fd) { fd.watch(*out); }};
}
way through_broadcast(two_views const& views) {
  auto const in = views.first.publish<message_ring>(
      "q", 4096, message_ring_options{.delivery = delivery::broadcast, .first_position = position_before_wrap});
  return through_reader(in, std::make_shared<message_reader>(views.second.attach<message_ring>("q").reader()));
}
// Nobody can announce that he sleeps.
way through_read_only(two_views const& views) {
  auto const in = views.first.publish<message_ring>(
      "q", 1u << 19, message_ring_options{.delivery = delivery::broadcast, .when_full = when_full::overwrite});
  auto const looker = segment::open_read_only(views.name());
  return through_reader(in, std::make_shared<message_reader>(looker.attach<message_ring>("q").reader()));
}
way through_ring(two_views const& views) {
  auto const in = views.first.publish<ring<std::uint64_t>>("q", 1u << 15);
  auto const out = std::make_shared<ring_reader<std::uint64_t>>(views.second.attach<ring<std::uint64_t>>("q").reader());
  return {[=](std::uint64_t n) { in.push(n); }, [=] { return out->try_read(); },
          [=](waitable_fd& fd) { fd.watch(*out); }};
}

struct kind_and_kernel {
  kind what;
  bool sleeps_on_several;
};

class waitable : public ::testing::TestWithParam<kind_and_kernel> {
 protected:
  waitable() { internal::may_sleep_on_several = GetParam().sleeps_on_several; }
  ~waitable() override { internal::may_sleep_on_several = true; }

  two_views views;
  way one = GetParam().what.make(views);
  waitable_fd fd;
};

TEST_P(waitable, IsReadableAsLongAsThereIsSomething) {
  one.watch(fd);
  EXPECT_FALSE(is_readable(fd));
  EXPECT_FALSE(is_readable(fd, 20ms));
  for (std::uint64_t n = 1; n < 20; ++n) {
    one.send(2 * n);
    ASSERT_TRUE(is_readable(fd, for_ever)) << n;
    one.send(2 * n + 1);
    for (auto const expected : {2 * n, 2 * n + 1}) {
      one.watch(fd);
      ASSERT_TRUE(is_readable(fd)) << "there is still something";
      ASSERT_EQ(one.receive(), expected);
    }
    ASSERT_FALSE(one.receive());
    EXPECT_TRUE(is_readable(fd)) << "until it watches again";
    one.watch(fd);
    EXPECT_FALSE(is_readable(fd));
  }
}

TEST_P(waitable, StopsWhenItIsTold) {
  one.watch(fd);
  fd.stop();
  one.send(1);
  EXPECT_FALSE(is_readable(fd, 20ms));
  one.watch(fd);
  EXPECT_TRUE(is_readable(fd));
  fd.stop();
  EXPECT_FALSE(is_readable(fd));
  fd.stop();
}

TEST_P(waitable, ALoopReceivesAll) {
  constexpr std::uint64_t count = 3000;  // as many as the smallest ring that overwrites can hold
  std::thread sender{[&] {
    for (std::uint64_t n = 0; n < count; ++n) {
      one.send(n);
      if (n % 64 == 0) std::this_thread::yield();
    }
  }};
  auto const loop = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{EPOLLIN, {}};
  ASSERT_EQ(::epoll_ctl(loop, EPOLL_CTL_ADD, fd.get(), &event), 0);
  one.watch(fd);
  for (std::uint64_t next = 0; next < count;) {
    if (::epoll_wait(loop, &event, 1, static_cast<int>(for_ever.count())) != 1) {
      ADD_FAILURE() << "a wake-up was lost before " << next;
      break;
    }
    while (auto const got = one.receive()) EXPECT_EQ(*got, next++);
    one.watch(fd);
  }
  ::close(loop);
  sender.join();
}

// There and back, each waiting for the other with a descriptor: a wake-up that is lost is found by the thread's own
// looks, which are counted.
TEST_P(waitable, NoWakeIsLost) {
  constexpr std::uint64_t rounds = 3000;
  auto const back = views.first.publish<queue<std::uint64_t>>("back", 4);
  auto const before = internal::found_without_wake.load();
  std::thread sender{[&] {
    waitable_fd answer;
    for (std::uint64_t n = 0; n < rounds; ++n) {
      one.send(n);
      answer.watch(back);
      if (!is_readable(answer, for_ever)) break;
      EXPECT_EQ(back.try_pop(), n);
    }
  }};
  for (std::uint64_t n = 0; n < rounds; ++n) {
    one.watch(fd);
    if (!is_readable(fd, for_ever)) {
      ADD_FAILURE() << "lost at " << n;
      break;
    }
    EXPECT_EQ(one.receive(), n);
    back.push(n);
  }
  sender.join();
  if (GetParam().sleeps_on_several) {
    EXPECT_LT(internal::found_without_wake.load() - before, rounds / 10);
  }
}

TEST_P(waitable, WhoGoesWhileItIsWatchedLeavesNothing) {
  std::atomic<bool> is_over{false};
  std::thread others{[&] {
    waitable_fd mine;
    auto const other = views.second.publish<queue<std::uint64_t>>("other", 4);
    while (!is_over) {
      mine.watch(other);
      other.push(1);
      EXPECT_TRUE(is_readable(mine, for_ever));
      EXPECT_EQ(other.try_pop(), 1u);
    }
  }};
  for (std::uint64_t n = 0; n < 200; ++n) {
    waitable_fd each;
    one.watch(each);
    auto moved = std::move(each);
    EXPECT_EQ(each.get(), -1);
    if (n % 3 == 0) {
      one.send(n);
      EXPECT_TRUE(is_readable(moved, for_ever));
      while (one.receive()) {}
    }
    if (n % 5 == 0) moved = waitable_fd{};
  }
  is_over = true;
  others.join();
}

std::vector<kind_and_kernel> kinds() {
  std::vector<kind_and_kernel> out;
  for (auto const& each : {kind{"Queue", through_queue}, kind{"SpscQueue", through_spsc_queue},
                           kind{"MessageGroup", through_group}, kind{"MessageBroadcast", through_broadcast},
                           kind{"MessageBroadcastReadOnly", through_read_only}, kind{"Ring", through_ring}})
    for (bool const several : {true, false})
      if (!several || each.name != "MessageBroadcastReadOnly") out.push_back({each, several});
  return out;
}
INSTANTIATE_TEST_SUITE_P(each, waitable, ::testing::ValuesIn(kinds()), [](auto const& each) {
  return each.param.what.name + (each.param.sleeps_on_several ? "" : "InSlices");
});

// --- segments that go, forks, many, the dead ---

TEST(waitable_fd, TheSegmentIsLeftWhenItsHandlesAndDescriptorsAre) {
  scratch_name const name;
  for (int i = 0; i < 50; ++i) {
    {
      auto const home = segment::create(name, 1u << 18);
      waitable_fd fd{home.publish<queue<std::uint64_t>>("q", 4)};
      EXPECT_FALSE(is_readable(fd));
    }
    ASSERT_FALSE(segment::try_open(name)) << "the last to leave removes it";
  }
}

TEST(waitable_fd, AForkedChildInheritsNoneAndMayMakeItsOwn) {
#if STOA_TEST_THREAD_SANITIZER
  GTEST_SKIP() << "NOT TESTED: ThreadSanitizer has no threads in the child of a process that has some";
#endif
  two_views const views;
  auto const numbers = views.first.publish<queue<std::uint64_t>>("q", 4);
  waitable_fd fd{numbers};
  auto const pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    bool is_right = fd.get() == -1 && refusal([&] { fd.watch(numbers); }) == errc::forked;
    fd.stop();
    auto const own = segment::open(views.name()).attach<queue<std::uint64_t>>("q");
    waitable_fd mine{own};
    is_right = is_right && !is_readable(mine);
    own.push(1);
    is_right = is_right && is_readable(mine, for_ever) && refusal([&] { mine.watch(numbers); }) == errc::forked;
    ::_exit(is_right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(is_readable(fd, for_ever)) << "what the child pushed";
}

TEST(waitable_fd, MoreThanTheKernelCanSleepOn) {
  two_views const views;
  auto const numbers = views.first.publish<queue<std::uint64_t>>("q", 4);
  auto const others = views.first.publish<queue<std::uint64_t>>("r", 4);
  std::vector<waitable_fd> all;
  for (int i = 0; i < 300; ++i) all.emplace_back(i % 2 == 0 ? numbers : others);
  for (int round = 0; round < 3; ++round) {
    others.push(1);
    for (std::size_t i = 1; i < all.size(); i += 2) ASSERT_TRUE(is_readable(all[i], for_ever)) << i;
    for (std::size_t i = 0; i < all.size(); i += 2) ASSERT_FALSE(is_readable(all[i])) << i;
    EXPECT_EQ(others.try_pop(), 1u);
    for (std::size_t i = 1; i < all.size(); i += 2) all[i].watch(others);
    if (round == 0) all.resize(120);  // now it can
  }
}

TEST(waitable_fd, RefusesWhatCannotBeWaitedFor) {
  two_views const views;
  views.first.publish<queue<std::uint64_t>>("q", 4);
  auto const looker = segment::open_read_only(views.name());
  EXPECT_EQ(refusal([&] { waitable_fd{looker.attach<queue<std::uint64_t>>("q")}; }), errc::read_only);
}

// Takes what there is, says so, and holds it.
child_program const fd_holder{"fd holder", [](child_arguments const& a) {
                                auto const home = segment::open(a.at(0));
                                auto const message = home.attach<message_ring>("m").consumer().receive();
                                auto const element = home.attach<queue<std::uint64_t>>("q").try_claim();
                                home.attach<queue<std::uint64_t>>("signs").push(1);
                                for (;;) ::usleep(1000);
                                return 0;
                              }};

TEST(waitable_fd, IsReadableWhenAPeerDies) {
  scratch_name const name;
  auto const home = segment::create(name, 1u << 20);
  auto const ring = home.publish<message_ring>("m", 4096);
  auto const elements = home.publish<queue<std::uint64_t>>("q", 4);
  auto const signs = home.publish<queue<std::uint64_t>>("signs", 4);
  auto const consumer = ring.consumer();
  for (int round = 0; round < 3; ++round) {
    ring.send(numbered_message(5));
    elements.push(6);
    auto victim = child::start("fd holder", {name.str()});
    EXPECT_TRUE(signs.pop_for(30s));
    waitable_fd message_is_there{consumer};
    waitable_fd element_is_there{elements};
    victim.stop();
    EXPECT_FALSE(is_readable(message_is_there, 30ms)) << "slow is not dead";
    EXPECT_FALSE(is_readable(element_is_there));
    victim.kill();
    EXPECT_TRUE(is_readable(message_is_there, for_ever));
    EXPECT_TRUE(is_readable(element_is_there, for_ever));
    auto got = consumer.try_receive();
    ASSERT_TRUE(got);
    got->commit();
    EXPECT_EQ(elements.try_pop(), 6u);
  }
}

}  // namespace
}  // namespace stoa::testing
