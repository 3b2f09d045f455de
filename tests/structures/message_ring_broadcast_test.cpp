// Every reader gets every message: where producers wait for readers all of them, else with exact counts of the lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "child.hpp"
#include "elements.hpp"
#include "message_ring_actor.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using counters = stoa::array<std::uint64_t>;

message_ring_options broadcast(when_full full, std::uint32_t readers = 4) {
  return {.checksum = true,
          .delivery = delivery::broadcast,
          .when_full = full,
          .max_readers = readers,
          .first_position = position_before_wrap};
}
contents read_by(message_reader& reader) {
  contents out;
  reader.poll([&](message_view const& each) {
    EXPECT_TRUE(is_numbered_message(each.data()));
    out.push_back(number_in(each.data()));
  });
  return out;
}
contents counted_from(std::uint64_t first, std::uint64_t end) {
  contents out;
  for (; first != end; ++first) out.push_back(first);
  return out;
}

class waiting_broadcast : public ::testing::Test {
 protected:
  std::uint64_t send_until_full(std::uint64_t first) const {
    while (send_number(ring, first)) ++first;
    return first;
  }
  two_views views;
  message_ring ring = views.first.publish<message_ring>("m", ring_bytes_of_scene, broadcast(when_full::wait));
  message_ring other = views.second.attach<message_ring>("m");
};

TEST_F(waiting_broadcast, EachReaderGetsEachMessage) {
  auto first = ring.reader();
  auto second = other.reader();
  for (std::uint64_t n = 0; n < 100; ++n) {
    ASSERT_TRUE(send_number(ring, n)) << n;
    EXPECT_THAT(read_by(first), ElementsAre(n));
    if (n % 3 == 2) {
      EXPECT_THAT(read_by(second), ElementsAre(n - 2, n - 1, n));
    }
  }
  EXPECT_EQ(first.lost(), 0u);
  EXPECT_EQ(first.sequence(), 100u);
}

TEST_F(waiting_broadcast, AMessageSaysWhatWasSaidOfIt) {
  auto reader = other.reader();
  ASSERT_TRUE(ring.try_send(numbered_message(5), 77));
  auto const got = reader.try_receive();
  ASSERT_TRUE(got);
  EXPECT_TRUE(is_numbered_message(got->data()));
  EXPECT_EQ(got->type(), 77u);
  EXPECT_EQ(got->sequence(), 0u);
  EXPECT_NE(got->timestamp(), 0u);
}

TEST_F(waiting_broadcast, TheSlowestReaderHoldsProducersUp) {
  auto fast = other.reader();
  std::optional<message_reader> slow{other.reader()};
  auto const sent = send_until_full(0);
  EXPECT_EQ(read_by(fast), counted_from(0, sent));
  EXPECT_FALSE(send_number(ring, sent)) << "the slow one has read nothing";
  auto const got = slow->try_receive();
  EXPECT_FALSE(ring.try_send(std::vector<std::byte>(200))) << "and what it looks at is held";
  EXPECT_EQ(number_in(got->data()), 0u);
  slow.reset();
  EXPECT_TRUE(send_number(ring, sent)) << "it left";
  EXPECT_EQ(read_by(fast), contents{sent});
}

TEST_F(waiting_broadcast, DoneLetsGoOfTheLastMessage) {
  auto reader = other.reader();
  auto const sent = send_until_full(0);
  for (std::uint64_t n = 0; n < sent; ++n) ASSERT_TRUE(reader.try_receive());
  auto const more = send_until_full(3 * sent) - 3 * sent;
  EXPECT_GT(more, 0u);
  EXPECT_FALSE(ring.try_send({}));
  reader.done();
  EXPECT_TRUE(ring.try_send({}));
  EXPECT_EQ(reader.poll([](auto const&) {}), more + 1);
}

TEST_F(waiting_broadcast, WithoutReadersNobodyWaits) {
  for (std::uint64_t n = 0; n < 200; ++n) ASSERT_TRUE(send_number(ring, n)) << n;
  auto late = other.reader();
  auto const got = read_by(late);
  ASSERT_FALSE(got.empty());
  EXPECT_EQ(got, counted_from(200 - got.size(), 200)) << "what is still held";
  EXPECT_EQ(late.sequence(), 200u);
}

TEST_F(waiting_broadcast, AReaderMayStartWithWhatComesNext) {
  ASSERT_TRUE(send_number(ring, 1));
  ASSERT_TRUE(ring.claim(8));  // aborted
  ASSERT_TRUE(send_number(ring, 2));
  auto reader = other.reader(message_start::next);
  EXPECT_FALSE(reader.try_receive());
  ASSERT_TRUE(send_number(ring, 3));
  auto const got = reader.try_receive();
  EXPECT_EQ(number_in(got->data()), 3u);
  EXPECT_EQ(got->sequence(), 2u);
}

TEST_F(waiting_broadcast, PlacesForReadersAreCountedAndComeBack) {
  for (int round = 0; round < 3; ++round) {
    std::vector<message_reader> readers;
    for (int i = 0; i < 4; ++i) readers.push_back(other.reader());
    EXPECT_EQ(refusal([&] { static_cast<void>(ring.reader()); }), errc::no_space);
    auto moved = std::move(readers.back());
    readers.pop_back();
    EXPECT_EQ(refusal([&] { static_cast<void>(ring.reader()); }), errc::no_space);
  }
}

TEST_F(waiting_broadcast, EachDeliveryHasItsOwn) {
  EXPECT_EQ(refusal([&] { static_cast<void>(ring.consumer()); }), errc::invalid_argument);
  auto const group = views.first.publish<message_ring>("g", 1024);
  EXPECT_EQ(refusal([&] { static_cast<void>(group.reader()); }), errc::invalid_argument);
  auto const seen = segment::open_read_only(views.name()).attach<message_ring>("m");
  EXPECT_EQ(refusal([&] { static_cast<void>(seen.reader()); }), errc::read_only);
}

TEST_F(waiting_broadcast, AbortedClaimsTakeNoRoomForGood) {
  auto reader = other.reader();
  for (std::uint64_t n = 0; n < 100; ++n) {
    ASSERT_TRUE(ring.claim(150)) << n;  // aborted
    ASSERT_TRUE(send_number(ring, n)) << n;
    ASSERT_EQ(read_by(reader), contents{n});
  }
  EXPECT_EQ(reader.sequence(), 100u);
}

TEST_F(waiting_broadcast, ADamagedMessageIsAnErrorAndPassedOver) {
  auto reader = other.reader();
  for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(send_number(ring, n));
  auto const bytes = views.first.attachment().entries().at(0).body;
  auto const second = numbered_message(2);
  auto const found = std::search(bytes.begin(), bytes.end(), second.begin(), second.end());
  ASSERT_NE(found, bytes.end());
  found[60] ^= std::byte{4};
  EXPECT_TRUE(reader.try_receive());
  EXPECT_EQ(refusal([&] { static_cast<void>(reader.try_receive()); }), errc::corrupt_structure);
  EXPECT_THAT(read_by(reader), ElementsAre(3));
}

// --- overwriting ---

class overwriting_broadcast : public ::testing::Test {
 protected:
  two_views views;
  message_ring ring = views.first.publish<message_ring>("m", ring_bytes_of_scene, broadcast(when_full::overwrite));
  segment looked_at = segment::open_read_only(views.name());
  message_ring other = looked_at.attach<message_ring>("m");
};

TEST_F(overwriting_broadcast, ReadersWorkOnAReadOnlyMappingAndCountWhatTheyLost) {
  auto often = other.reader();
  auto seldom = other.reader();
  contents seen;
  std::uint64_t lost = 0;
  for (std::uint64_t n = 0; n < 500; ++n) {
    ASSERT_TRUE(send_number(ring, n));
    ASSERT_EQ(read_by(often), contents{n});
    if (n % 50 != 49) continue;
    auto const got = read_by(seldom);
    lost = seldom.lost();
    seen.insert(seen.end(), got.begin(), got.end());
    ASSERT_EQ(seen.size() + lost, n + 1) << "exactly";
    ASSERT_EQ(got.back(), n);
    ASSERT_EQ(got, counted_from(n + 1 - got.size(), n + 1));
  }
  EXPECT_EQ(often.lost(), 0u);
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(seldom.sequence(), 500u);
}

TEST_F(overwriting_broadcast, HoldsMostOfItsCapacity) {
  for (std::uint64_t n = 0; n < 300; ++n) {
    ASSERT_TRUE(send_number(ring, 3 * n));  // one unit each
    auto reader = other.reader();
    EXPECT_GE(read_by(reader).size(), std::min<std::uint64_t>(n + 1, ring_units - 3));
  }
}

TEST_F(overwriting_broadcast, ClaimsAreWrittenAsWell) {
  auto reader = other.reader();
  for (std::uint64_t n = 0; n < 100; ++n) {
    auto const bytes = numbered_message(n);
    auto slot = ring.claim(bytes.size(), 3);
    std::memcpy(slot.data(), bytes.data(), bytes.size());
    if (n % 2 == 0) slot.commit();
    slot.abort();
    EXPECT_EQ(read_by(reader).size(), n % 2 == 0 ? 1u : 0u);
  }
  EXPECT_EQ(reader.lost(), 0u);
  ASSERT_TRUE(ring.try_send({}));
  EXPECT_EQ(reader.try_receive()->size(), 0u);
}

TEST_F(overwriting_broadcast, AnOpenClaimIsNotOverwritten) {
  auto const slot = ring.claim(8);
  std::uint64_t sent = 0;
  while (send_number(ring, 3 * sent)) ++sent;
  EXPECT_EQ(sent, room_of_scene - 1);
}

// --- threads ---

struct crew {
  std::string name;
  when_full full;
  std::uint64_t producers;
  std::uint64_t readers;
};
void PrintTo(crew const& each, std::ostream* out) { *out << each.name; }

class broadcast_threads : public ::testing::TestWithParam<crew> {};

// Each reader sees each producer's messages in order; none is missing but those it counts.
TEST_P(broadcast_threads, EachReaderHasAccountOfEachMessage) {
  auto const& with = GetParam();
  auto const count = 6000 / with.producers;
  two_views const views;
  auto const ring = views.first.publish<message_ring>("m", 4096, broadcast(with.full));
  std::vector<std::thread> threads;
  std::vector<std::string> complaints(with.readers);
  for (std::uint64_t i = 0; i < with.readers; ++i)
    threads.emplace_back([&, i, reader = std::make_shared<message_reader>(ring.reader())] {
      std::vector<std::uint64_t> next(with.producers);
      std::uint64_t seen = 0;
      std::uint64_t sequence = 0;
      while (seen + reader->lost() < count * with.producers) {
        auto const got = reader->receive_for(30s);
        if (!got) {
          complaints[i] = "nothing came any more";
          return;
        }
        auto const number = number_in(got->data());
        if (!is_numbered_message(got->data())) complaints[i] = "a torn message";
        if ((number & 0xFFFF'FFFF) < next[number >> 32]) complaints[i] = "out of order";
        if (got->sequence() < sequence) complaints[i] = "a sequence again";
        if (got->sequence() != seen + reader->lost()) complaints[i] = "a sequence that is not the count";
        next[number >> 32] = (number & 0xFFFF'FFFF) + 1;
        sequence = got->sequence() + 1;
        ++seen;
      }
      if (with.full == when_full::wait && reader->lost() != 0) complaints[i] = "messages were lost";
    });
  for (std::uint64_t p = 0; p < with.producers; ++p)
    threads.emplace_back([&, p] {
      for (std::uint64_t n = 0; n < count; ++n) {
        ring.send(numbered_message(p << 32 | n));
        if (n % 7 == 0) static_cast<void>(ring.claim(100));  // aborted
      }
    });
  for (auto& each : threads) each.join();
  for (auto const& each : complaints) EXPECT_EQ(each, "");
}

INSTANTIATE_TEST_SUITE_P(each, broadcast_threads,
                         ::testing::Values(crew{"OneToOne", when_full::wait, 1, 1}, crew{"OneToThree", when_full::wait, 1, 3},
                                           crew{"ThreeToTwo", when_full::wait, 3, 2},
                                           crew{"OverwrittenByOne", when_full::overwrite, 1, 2},
                                           crew{"OverwrittenByThree", when_full::overwrite, 3, 2}),
                         [](auto const& each) { return each.param.name; });

// --- processes ---

// Reads one message, says so in signs[0], and does not go on.
child_program const idle_reader{"idle-reader", [](child_arguments const& a) {
                                  auto const home = segment::open(a.at(0));
                                  auto reader = home.attach<message_ring>("m").reader();
                                  reader.receive();
                                  home.attach<counters>("signs").atomic(0).store(1);
                                  for (;;) ::usleep(1000);
                                  return 0;
                                }};

// Claims room, says so in signs[0], and does not go on.
child_program const idle_claimer{"idle-claimer", [](child_arguments const& a) {
                                   auto const home = segment::open(a.at(0));
                                   auto const slot = home.attach<message_ring>("m").claim(100);
                                   home.attach<counters>("signs").atomic(0).store(1);
                                   for (;;) ::usleep(1000);
                                   return 0;
                                 }};

TEST(message_reader, ThatOnlyTriesGoesPastTheClaimOfADeadProducer) {
  for (auto const full : {when_full::wait, when_full::overwrite}) {
    two_views const views;
    auto const ring = views.first.publish<message_ring>("m", ring_bytes_of_scene, broadcast(full));
    auto const signs = views.first.publish<counters>("signs", 1);
    auto reader = views.second.attach<message_ring>("m").reader();
    auto victim = child::start("idle-claimer", {views.name()});
    ASSERT_TRUE(eventually([&] { return signs.atomic(0).load() == 1; }));
    ASSERT_TRUE(send_number(ring, 1));
    victim.stop();
    EXPECT_FALSE(reader.try_receive()) << "slow is not dead";
    victim.kill();
    EXPECT_TRUE(eventually([&] { return reader.try_receive().has_value(); }));
    EXPECT_EQ(reader.sequence(), 1u);
  }
}

TEST_F(waiting_broadcast, ASlowReaderIsNeverCutOffADeadOneHoldsNobodyUp) {
  auto const signs = views.first.publish<counters>("signs", 1);
  ASSERT_TRUE(send_number(ring, 0));
  auto victim = child::start("idle-reader", {views.name()});
  ASSERT_TRUE(eventually([&] { return signs.atomic(0).load() == 1; }));
  victim.stop();
  auto const sent = send_until_full(1);
  EXPECT_FALSE(ring.send_for(numbered_message(sent), 0, 30ms)) << "slow is not dead";
  victim.kill();
  for (std::uint64_t n = sent; n < sent + 50; ++n) ASSERT_TRUE(ring.send_for(numbered_message(n), 0, 30s));
  std::vector<message_reader> readers;
  for (int i = 0; i < 4; ++i) readers.push_back(other.reader());
}

TEST_F(waiting_broadcast, PlacesOfTheDeadAreTaken) {
  auto const signs = views.first.publish<counters>("signs", 1);
  ASSERT_TRUE(send_number(ring, 0));
  for (int i = 0; i < 4; ++i) {
    auto victim = child::start("idle-reader", {views.name()});
    ASSERT_TRUE(eventually([&] { return signs.atomic(0).load() == 1; }));
    signs.atomic(0).store(0);
    victim.kill();
  }
  std::vector<message_reader> readers;
  for (int i = 0; i < 4; ++i) readers.push_back(other.reader());
}

}  // namespace
}  // namespace stoa::testing
