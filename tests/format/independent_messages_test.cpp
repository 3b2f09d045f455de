// What a reader written from docs/format.md alone finds in message_rings and synchronisation objects is what the
// library put there.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "golden_messages.hpp"
#include "independent_sync.hpp"
#include "rendered.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using ::testing::ElementsAre;

struct seen {
  std::uint64_t sequence;
  std::uint32_t type;
  std::string text;
  friend bool operator==(seen const&, seen const&) = default;
};
std::vector<seen> read_messages(independent::entry const& from) {
  std::vector<seen> out;
  for (auto const& each : independent::messages_of(from))
    out.push_back({each.sequence, each.type,
                   std::string{reinterpret_cast<char const*>(each.content.data()), each.content.size()}});
  return out;
}

TEST(independent_messages, ReadsWhatAGroupHasNotTaken) {
  auto const file = golden("messages_v1.hex");
  auto const jobs = *independent::segment{file}.find("jobs");
  EXPECT_THAT(read_messages(jobs), ElementsAre(seen{1, 2, golden_text(2, 50)}, seen{2, 3, golden_text(3, 200)},
                                               seen{3, 4, golden_text(4, 0)}));
  auto const messages = independent::messages_of(jobs);
  EXPECT_FALSE(messages[0].is_in_block);
  EXPECT_TRUE(messages[1].is_in_block);
}

TEST(independent_messages, ReadsWhatABroadcastRingHolds) {
  auto const file = golden("messages_v1.hex");
  independent::segment const found{file};
  EXPECT_THAT(read_messages(*found.find("news")),
              ElementsAre(seen{0, 1, golden_text(1, 40)}, seen{1, 2, golden_text(2, 80)},
                          seen{2, 3, golden_text(3, 120)}));
  auto const last = read_messages(*found.find("ticker"));
  ASSERT_GE(last.size(), 5u);
  for (std::size_t i = 0; i < last.size(); ++i) {
    auto const number = 9 - last.size() + i + 1;
    EXPECT_EQ(last[i], (seen{number - 1, static_cast<std::uint32_t>(number), golden_text(number, 30)}));
  }
}

TEST(independent_messages, AChangedByteIsNotOfItsChecksum) {
  auto file = golden("messages_v1.hex");
  auto const jobs = [&] { return *independent::segment{file}.find("jobs"); };
  first_of(golden_text(2, 50), file) ^= std::byte{1};
  EXPECT_THROW(independent::messages_of(jobs()), independent::format_error);
}

// Messages of all lengths, received, given back, aborted, in records and blocks.
TEST(independent_messages, FindsWhatTheLibraryFindsWhileItChanges) {
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  message_ring_options how{.checksum = true, .large = {.blocks = 3, .block_bytes = 1024, .above = 300}};
  auto const jobs = made.publish<message_ring>("jobs", 4096, how);
  how.delivery = delivery::broadcast;
  how.when_full = when_full::overwrite;
  how.first_position = golden_first_position;
  auto const news = made.publish<message_ring>("news", 4096, how);
  auto const consumer = jobs.consumer();
  std::mt19937 chance{4};
  for (std::uint64_t number = 1; number <= 3000; ++number) {
    auto const size = chance() % (chance() % 4 == 0 ? 900 : 150);
    send_text(news, number, size);
    send_text(jobs, number, size);
    if (chance() % 5 == 0) news.claim(size).abort();
    for (auto left = chance() % 3; left > 0; --left)
      if (auto got = consumer.try_receive(); got && chance() % 4 != 0) got->commit();
    if (number % 60 != 0) continue;
    auto const file = read_file(name.path());
    independent::segment const found{file};
    std::vector<seen> all;
    auto reader = news.reader();
    reader.poll([&](auto const& each) {
      all.push_back({each.sequence(), each.type(),
                     std::string{reinterpret_cast<char const*>(each.data().data()), each.size()}});
    });
    EXPECT_EQ(read_messages(*found.find("news")), all);
    std::vector<seen> waiting;
    std::vector<message> held;
    while (auto got = consumer.try_receive()) {
      waiting.push_back({got->sequence(), got->type(),
                         std::string{reinterpret_cast<char const*>(got->data().data()), got->size()}});
      held.push_back(std::move(*got));
    }
    EXPECT_EQ(read_messages(*found.find("jobs")), waiting);
  }
}

TEST(independent_locks, AreReadAsTheyWereLeft) {
  auto const file = golden("locks_v1.hex");
  independent::segment const found{file};
  auto const at = [&](char const* name) { return *found.find(name); };
  EXPECT_FALSE(independent::state_of_mutex(at("mutex")).by.is_somebody);
  EXPECT_TRUE(independent::state_of_event(at("event")).is_set);
  EXPECT_EQ(independent::state_of_event(at("event")).sets, 2u);
  EXPECT_EQ(independent::state_of_semaphore(at("permits")).max, 5u);
  EXPECT_EQ(independent::state_of_semaphore(at("permits")).count, 3u);
  EXPECT_EQ(independent::notifications_of(at("condition")), 1u);
  auto const shared = independent::state_of_shared_mutex(at("shared"));
  EXPECT_EQ(shared.readers.size(), 3u);
  EXPECT_TRUE(std::ranges::none_of(shared.readers, &independent::holder::is_somebody));
  EXPECT_FALSE(shared.writer.is_somebody);
  EXPECT_EQ(independent::state_of_latch(at("latch")).expected, 3u);
  EXPECT_EQ(independent::state_of_latch(at("latch")).count, 1u);
  auto const barrier = independent::state_of_barrier(at("barrier"));
  ASSERT_EQ(barrier.members.size(), 2u);
  EXPECT_TRUE(barrier.members[0].by.is_marked);
  EXPECT_FALSE(barrier.members[1].by.is_marked);
  EXPECT_TRUE(independent::state_of_once(at("once")).is_done);
  EXPECT_EQ(independent::state_of_once(at("once")).attempts, 1u);
  EXPECT_THAT(rendered(at("kept")), ElementsAre("{id:3,price:1.5,venue:\"XPAR\"}"));
  EXPECT_EQ(independent::state_of_future(at("broken")).state, 2u);
  EXPECT_THAT(rendered(at("broken")), ElementsAre());
}

TEST(independent_locks, HoldersAreTheThreadsThatHold) {
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  auto const mutex = made.publish<stoa::mutex>("mutex");
  auto const shared = made.publish<shared_mutex>("shared");
  mutex.lock();
  shared.lock_shared();
  static_cast<void>(made.publish<barrier>("barrier", 2).arrive());
  auto const file = read_file(name.path());
  independent::segment const found{file};
  auto const me = found.participants()[0];
  auto const readers = independent::state_of_shared_mutex(*found.find("shared")).readers;
  auto const reader = std::ranges::find_if(readers, &independent::holder::is_somebody);
  ASSERT_NE(reader, readers.end());
  for (auto const& by : {independent::state_of_mutex(*found.find("mutex")).by, *reader,
                         independent::state_of_barrier(*found.find("barrier")).members[0].by}) {
    EXPECT_TRUE(by.is_somebody);
    EXPECT_EQ(by.place, me.place);
    EXPECT_EQ(by.thread, static_cast<std::uint32_t>(::gettid()));
    EXPECT_EQ(by.generation, me.id >> 16 & 0x7FF'FFFF);
  }
  EXPECT_EQ(independent::state_of_barrier(*found.find("barrier")).members[0].arrived, 1u);
  mutex.unlock();
  shared.unlock_shared();
}

TEST(independent_messages, StaysInsideOfDamagedRings) {
  read_damaged("messages_v1.hex", [](independent::entry const& each) {
    EXPECT_LE(independent::messages_of(each).size(), 8u);
  });
}

}  // namespace
}  // namespace stoa::testing
