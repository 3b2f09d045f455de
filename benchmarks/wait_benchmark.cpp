// What waiting in the kernel costs, and how long it takes to wake up: for a message, and when a process dies.
//
//   wait_benchmark [--messages N] [--deaths N] [--seconds N] [--awake]
//
// Two processes, each on a core of its own. The receiver sleeps for a message, 1 ms at least, then the sender sends
// the time: what has passed when the receiver has the message is the wake-up. A raw futex of the same kind (a word
// between two processes, nothing else) is measured beside it, in the same rounds: less is not to be had. So is a
// waitable_fd, from the send to the end of epoll_wait.
// --awake: something of the lowest priority runs on the receiver's core, so that the time does not depend on how
// long the machine takes to wake up a core that has halted.
#include <linux/futex.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stoa/stoa.hpp>
#include <string>
#include <thread>
#include <vector>

#include "two_processes.hpp"

using namespace stoa::literals;
using namespace std::chrono_literals;

namespace stoa::benchmarks {
namespace {

using clock_type = std::chrono::steady_clock;  // one for all processes
using microseconds = std::chrono::duration<double, std::micro>;

struct settings {
  unsigned messages = 2000;
  unsigned deaths = 50;
  unsigned seconds = 10;
  bool awake = false;
};

std::string distribution(std::vector<double> const& of) {
  return fmt::format("median {:.1f}, 90 % {:.1f}, 99 % {:.1f}, worst {:.1f} us", median(of), at_part(of, .9),
                     at_part(of, .99), at_part(of, 1));
}

// Keeps core 1 from halting while it exists, and gives way to everybody.
class busy_core {
 public:
  explicit busy_core(bool is_wanted) {
    if (!is_wanted) return;
    child_ = in_child([] {
      pin(1);
      sched_param const none{};
      ::sched_setscheduler(0, SCHED_IDLE, &none);
      for (;;) std::atomic_signal_fence(std::memory_order_seq_cst);
    });
  }
  busy_core(busy_core const&) = delete;
  busy_core& operator=(busy_core const&) = delete;
  ~busy_core() {
    if (child_ == 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  pid_t child_ = 0;
};

// What the two processes share beside the segment.
struct bare_futex {
  std::atomic<std::uint32_t> word{0};
  std::atomic<std::int64_t> sent{0};
  std::atomic<std::uint32_t> rounds_done{0};

  void sleep() {
    while (word.load(std::memory_order_acquire) == 0)
      ::syscall(SYS_futex, &word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
    word.store(0, std::memory_order_relaxed);
  }
  void wake() {
    word.store(1, std::memory_order_release);
    ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  }
};

std::int64_t now() { return clock_type::now().time_since_epoch().count(); }
double since(std::int64_t when) { return microseconds{std::chrono::nanoseconds{now() - when}}.count(); }

struct event_loop {
  event_loop() {
    epoll_event event{EPOLLIN, {}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, ready.get(), &event);
  }
  event_loop(event_loop const&) = delete;
  event_loop& operator=(event_loop const&) = delete;
  ~event_loop() { ::close(epoll); }
  bool wait(int milliseconds) const {
    epoll_event event{};
    return ::epoll_wait(epoll, &event, 1, milliseconds) == 1;
  }

  stoa::waitable_fd ready;
  int epoll = ::epoll_create1(EPOLL_CLOEXEC);
};

void receive(std::string const& name, bare_futex& bare, unsigned messages) {
  pin(1);
  auto const consumer = stoa::segment::open(name).attach<stoa::message_ring>("ring").consumer();
  std::vector<double> ours, floor, in_loop;
  event_loop loop;
  auto const take = [&](std::vector<double>& to, std::optional<stoa::message> got) {
    std::int64_t sent = 0;
    std::memcpy(&sent, got.value().data().data(), sizeof(sent));
    to.push_back(since(sent));
    got->commit();
  };
  for (unsigned i = 0; i < messages; ++i) {
    take(ours, consumer.receive_for(10s, stoa::wait_strategy::sleep));
    bare.rounds_done.store(3 * i + 1, std::memory_order_release);
    bare.sleep();
    floor.push_back(since(bare.sent.load(std::memory_order_relaxed)));
    bare.rounds_done.store(3 * i + 2, std::memory_order_release);
    loop.ready.watch(consumer);
    loop.wait(10'000);
    take(in_loop, consumer.try_receive());
    loop.ready.stop();
    bare.rounds_done.store(3 * i + 3, std::memory_order_release);
  }
  fmt::print("wake-up for a message        {}\n", distribution(ours));
  fmt::print("wake-up by a bare futex      {}\n", distribution(floor));
  fmt::print("wake-up of an epoll loop     {}\n", distribution(in_loop));
  std::fflush(stdout);
}

void measure_wake_ups(std::string const& name, stoa::segment const& segment, unsigned messages) {
  auto const ring = segment.publish<stoa::message_ring>("ring", 64_KiB);
  auto& bare = shared_with_children<bare_futex>();
  auto const receiver = in_child([&] { receive(name, bare, messages); });
  pin(0);
  // Long enough for the other to fall asleep, and for this core to have done something else.
  auto const pause = [&](unsigned done) {
    while (bare.rounds_done.load(std::memory_order_acquire) < done) std::this_thread::sleep_for(50us);
    std::this_thread::sleep_for(1ms);
  };
  for (unsigned i = 0; i < messages; ++i) {
    auto const send = [&](unsigned done) {
      pause(done);
      auto const sent = now();
      ring.try_send(std::as_bytes(std::span{&sent, 1}));
    };
    send(3 * i);
    pause(3 * i + 1);
    bare.sent.store(now(), std::memory_order_relaxed);
    bare.wake();
    send(3 * i + 2);
  }
  expect_success(receiver);
}

double seconds_of(timeval const& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; }

// A process that does nothing but sleep for a message that does not come: `idle` does, and says whether it came.
template <class Idle>
void measure_idling(std::string const& name, char const* how, unsigned seconds, Idle idle) {
  expect_success(in_child([&] {
    auto const consumer = stoa::segment::open(name).attach<stoa::message_ring>("ring").consumer();
    rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    if (idle(consumer)) throw std::runtime_error{"a message out of nothing"};
    ::getrusage(RUSAGE_SELF, &after);
    auto const spent = seconds_of(after.ru_utime) + seconds_of(after.ru_stime) - seconds_of(before.ru_utime) -
                       seconds_of(before.ru_stime);
    fmt::print("asleep for {} s, {}  {:.2f} % of a core\n", seconds, how, 100 * spent / seconds);
    std::fflush(stdout);
  }));
}

// From SIGKILL to the answer that one gets who waits for what the dead process had promised.
void measure_deaths(std::string const& name, stoa::segment const& segment, unsigned deaths) {
  std::vector<double> all;
  for (unsigned i = 0; i < deaths; ++i) {
    auto const answer = segment.publish<stoa::future<std::uint64_t>>("answer");
    auto const promised = segment.publish<stoa::event>("promised");
    auto const child = in_child([&] {
      auto const mine = stoa::segment::open(name);
      auto const promise = mine.attach<stoa::future<std::uint64_t>>("answer").promise();
      mine.attach<stoa::event>("promised").set();
      for (;;) ::pause();
    });
    promised.wait();
    std::int64_t killed = 0;
    std::thread killer{[&] {
      std::this_thread::sleep_for(std::chrono::microseconds{5000 + i * 373 % 4000});  // anywhere in a slice
      killed = now();
      ::kill(child, SIGKILL);
    }};
    while (!answer.wait_for(1s, stoa::wait_strategy::sleep)) {
    }
    auto const learned = now();
    killer.join();
    all.push_back(microseconds{std::chrono::nanoseconds{learned - killed}}.count());
    ::waitpid(child, nullptr, 0);
    segment.erase("answer");
    segment.erase("promised");
  }
  fmt::print("told of a death              {}\n", distribution(all));
}

void run(settings const& with) {
  busy_core const awake{with.awake};
  auto const name = fmt::format("wait-benchmark-{}", ::getpid());
  auto const segment = stoa::segment::create(name, 1_MiB);
  measure_wake_ups(name, segment, with.messages);
  measure_idling(name, "in receive   ", with.seconds, [&](message_consumer const& consumer) {
    return consumer.receive_for(std::chrono::seconds{with.seconds}).has_value();
  });
  measure_idling(name, "in epoll_wait", with.seconds, [&](message_consumer const& consumer) {
    event_loop loop;
    loop.ready.watch(consumer);
    return loop.wait(static_cast<int>(with.seconds) * 1000);
  });
  measure_deaths(name, segment, with.deaths);
}

}  // namespace
}  // namespace stoa::benchmarks

int main(int argc, char** argv) {
  stoa::benchmarks::settings with;
  CLI::App app{"Measures wake-ups, the cost of sleeping, and how soon a death is told"};
  app.add_option("--messages", with.messages, "wake-ups of each kind")->capture_default_str();
  app.add_option("--deaths", with.deaths, "processes killed")->capture_default_str();
  app.add_option("--seconds", with.seconds, "of idling")->capture_default_str();
  app.add_flag("--awake", with.awake, "keep the receiver's core from halting");
  CLI11_PARSE(app, argc, argv);
  return stoa::benchmarks::status_of([&] { stoa::benchmarks::run(with); });
}
