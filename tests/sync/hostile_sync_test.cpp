// Every byte of what stoa/sync keeps in a segment is set to 0x00, 0xff and something else; then everything is called.
// Each call ends in a value or an error, soon: who waits does so with a timeout, as a word may name a live process.
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <random>
#include <string>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

void tolerate(std::function<void()> const& call) {
  try {
    call();
  } catch (error const&) {
    // an error is an answer
  }
}

struct noun {
  char const* kind;
  void (*publish)(segment const&);
  void (*use)(segment const&);
};
void PrintTo(noun const& each, std::ostream* out) { *out << each.kind; }

void use_mutex(segment const& home) {
  auto const mutex = home.attach<stoa::mutex>("x");
  tolerate([&] {
    if (mutex.try_lock_for(1ms)) mutex.unlock();
  });
  tolerate([&] {
    if (mutex.try_lock()) mutex.unlock();
  });
  tolerate([&] { mutex.unlock(); });
  tolerate([&] { mutex.make_consistent(); });
  static_cast<void>(mutex.is_consistent());
}

void use_event(segment const& home) {
  auto const event = home.attach<stoa::event>("x");
  tolerate([&] { event.wait_for(1us); });
  tolerate([&] { event.set(); });
  tolerate([&] { event.reset(); });
  static_cast<void>(event.is_set());
}

void use_counting_semaphore(segment const& home) {
  auto const permits = home.attach<stoa::counting_semaphore>("x");
  tolerate([&] { static_cast<void>(permits.try_acquire_for(1us)); });
  tolerate([&] { permits.release(); });
  tolerate([&] { static_cast<void>(permits.try_acquire()); });
}

void use_condition_variable(segment const& home) {
  auto const changed = home.attach<stoa::condition_variable>("x");
  std::mutex mutex;
  std::unique_lock lock{mutex};
  tolerate([&] { changed.wait_for(lock, 1us); });
  tolerate([&] { changed.notify_all(); });
}

void use_latch(segment const& home) {
  auto const latch = home.attach<stoa::latch>("x");
  tolerate([&] { latch.wait_for(1us); });
  tolerate([&] { latch.count_down(); });
  static_cast<void>(latch.try_wait());
}

// A word that names a live process is believed, and call() waits for it: here such a word cannot come about, as the
// only process there is has place 0 and thread numbers of more than a byte.
void use_once_flag(segment const& home) {
  auto const once = home.attach<stoa::once_flag>("x");
  tolerate([&] { once.call([] {}); });
  static_cast<void>(once.is_done());
}

void use_shared_mutex(segment const& home) {
  auto const mutex = home.attach<stoa::shared_mutex>("x");
  tolerate([&] {
    if (mutex.try_lock_shared_for(1us)) mutex.unlock_shared();
  });
  tolerate([&] {
    if (mutex.try_lock_for(1us)) mutex.unlock();
  });
  tolerate([&] { mutex.unlock_shared(); });
  tolerate([&] { mutex.make_consistent(); });
  static_cast<void>(mutex.is_consistent());
}

void use_barrier(segment const& home) {
  auto const barrier = home.attach<stoa::barrier>("x");
  tolerate([&] { barrier.wait_for(barrier.arrive(), 1us); });
  tolerate([&] { barrier.arrive_and_drop(); });
}

void use_future(segment const& home) {
  auto const future = home.attach<stoa::future<sealed>>("x");
  tolerate([&] { future.wait_for(1us); });
  tolerate([&] { future.promise().set_value(sealed{1}); });
  tolerate([&] { static_cast<void>(future.try_get()); });
}

std::vector<noun> nouns() {
  return {
      {"mutex", [](segment const& home) { home.publish<stoa::mutex>("x"); }, use_mutex},
      {"event", [](segment const& home) { home.publish<stoa::event>("x"); }, use_event},
      {"semaphore", [](segment const& home) { home.publish<stoa::counting_semaphore>("x", 1, 3); },
       use_counting_semaphore},
      {"condition", [](segment const& home) { home.publish<stoa::condition_variable>("x"); }, use_condition_variable},
      {"shared_mutex", [](segment const& home) { home.publish<stoa::shared_mutex>("x", 9); }, use_shared_mutex},
      {"barrier", [](segment const& home) { home.publish<stoa::barrier>("x", 2); }, use_barrier},
      {"future", [](segment const& home) { home.publish<stoa::future<sealed>>("x"); }, use_future},
      {"latch", [](segment const& home) { home.publish<stoa::latch>("x", 1); }, use_latch},
      {"once_flag", [](segment const& home) { home.publish<stoa::once_flag>("x"); }, use_once_flag},
  };
}

class hostile_sync : public ::testing::TestWithParam<noun> {
 protected:
  scratch_name name;
  segment home = segment::create(name, 1u << 18, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
};

TEST_P(hostile_sync, EachCallEndsWhateverAByteSays) {
  std::mt19937_64 random{7};
  GetParam().publish(home);
  auto const bytes = home.entries().begin()->view().record.body_bytes;
  ASSERT_TRUE(home.erase("x"));
  for (std::uint64_t at = 0; at < bytes; ++at)
    for (auto const with : {0x00u, 0xFFu, static_cast<unsigned>(random() & 0xFF)}) {
      SCOPED_TRACE(::testing::Message() << "byte " << at << " = " << with);
      GetParam().publish(home);
      auto const entry = home.attachment().entries().at(0);
      entry.body[at] = std::byte(with);
      tolerate([&] { GetParam().use(home); });
      static_cast<void>(find_kind(entry.kind())->statistics(entry));
      static_cast<void>(find_kind(entry.kind())->elements(entry, [](auto) {}));
      ASSERT_TRUE(home.erase("x"));
    }
}

TEST_P(hostile_sync, AnExtentThatIsTooSmallIsRefused) {
  GetParam().publish(home);
  auto entry = home.attachment().entries().at(0);
  for (auto const bytes : {0u, 8u, 120u}) {
    entry.body = entry.body.first(bytes);
    EXPECT_FALSE(find_kind(entry.kind())->statistics(entry));
    entry = home.attachment().entries().at(0);
  }
}

INSTANTIATE_TEST_SUITE_P(each, hostile_sync, ::testing::ValuesIn(nouns()),
                         [](auto const& each) { return std::string{each.param.kind}; });

}  // namespace
}  // namespace stoa::testing
