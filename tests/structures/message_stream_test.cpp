// What is larger than a message comes whole, in order and once, or is told not to have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "elements.hpp"
#include "message_ring_actor.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// The end of each stream and how many of its bytes came.
using seen_streams = std::vector<std::pair<stream_end, std::size_t>>;

std::vector<std::byte> text_of(std::uint64_t number, std::size_t size) { return numbered_message(number, size); }

class message_streams : public ::testing::Test {
 protected:
  message_stream_writer writer(std::uint32_t type = 0) const { return message_stream_writer{ring, type}; }
  seen_streams ended() {
    seen_streams out;
    while (auto const each = reader.try_receive()) out.emplace_back(each->end, each->bytes.size());
    return out;
  }

  two_views views;
  message_ring ring = views.first.publish<message_ring>("m", 4096, options_of_scene());
  message_ring other = views.second.attach<message_ring>("m");
  message_stream_reader<message_consumer> reader{other.consumer()};
};

TEST_F(message_streams, AStreamComesWholeWithItsTypeAndId) {
  auto one = writer(7);
  auto const bytes = text_of(1, 1500);
  EXPECT_EQ(one.chunk_bytes(), 4096u / 8 - 32);
  EXPECT_EQ(one.try_write(bytes), bytes.size());
  EXPECT_FALSE(reader.try_receive());
  EXPECT_TRUE(one.try_finish());
  auto const got = reader.try_receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->bytes, bytes);
  EXPECT_EQ(got->type, 7u);
  EXPECT_EQ(got->id, one.id());
  EXPECT_EQ(got->end, stream_end::finished);
  EXPECT_FALSE(reader.try_receive());
}

TEST_F(message_streams, AnEmptyStreamIsOne) {
  EXPECT_TRUE(writer().try_finish());
  EXPECT_THAT(ended(), ElementsAre(std::pair{stream_end::finished, 0u}));
}

TEST_F(message_streams, OneThatWasNeverBegunIsNone) {
  { auto const one = writer(); }
  EXPECT_EQ(ring.size(), 0u);
}

TEST_F(message_streams, EveryNumberOfBytesAndChunks) {
  for (std::size_t chunk : {1u, 7u, 64u}) {
    for (std::size_t size = 0; size < 20; ++size) {
      message_stream_writer one{ring, 0, chunk};
      auto const bytes = text_of(size, size);
      ASSERT_EQ(one.try_write(bytes), size);
      ASSERT_EQ(one.written(), size);
      ASSERT_TRUE(one.try_finish());
      auto const got = reader.try_receive();
      ASSERT_TRUE(got);
      ASSERT_EQ(got->bytes, bytes);
    }
  }
}

TEST_F(message_streams, WritesWhatThereIsRoomFor) {
  auto one = writer();
  std::vector<std::byte> const bytes = text_of(3, 20'000);
  auto const first = one.try_write(bytes);
  EXPECT_GT(first, 2000u);
  EXPECT_LT(first, 4096u);
  EXPECT_EQ(one.try_write(std::span{bytes}.subspan(first)), 0u);
  EXPECT_EQ(one.write_for(std::span{bytes}.subspan(first), 1ms), 0u);
  EXPECT_FALSE(one.finish_until(deadline::after(1ms)));
  std::thread rest{[&] {
    one.write(std::span{bytes}.subspan(first));
    one.finish();
  }};
  auto const got = reader.receive();
  rest.join();
  EXPECT_EQ(got.bytes, bytes);
}

TEST_F(message_streams, SeveralWritersAtOnce) {
  auto first = writer(1);
  auto second = message_stream_writer{other, 2};
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(first.try_write(text_of(1, 100)), 100u);
    ASSERT_EQ(second.try_write(text_of(2, 50)), 50u);
  }
  std::vector<std::uint64_t> offsets;
  reader.poll([&](message_chunk const& each) {
    EXPECT_EQ(each.stream, each.type == 1 ? first.id() : second.id());
    offsets.push_back(each.offset);
  });
  EXPECT_THAT(offsets, ElementsAre(0, 0, 100, 50, 200, 100));
  ASSERT_TRUE(second.try_finish());
  ASSERT_TRUE(first.try_abort());
  std::vector<std::pair<std::uint32_t, stream_end>> ends;
  reader.poll([&](message_chunk const& each) { ends.emplace_back(each.type, each.end); });
  EXPECT_THAT(ends, ElementsAre(std::pair{2u, stream_end::finished}, std::pair{1u, stream_end::aborted}));
}

TEST_F(message_streams, WhatIsGivenUpIsToldToBe) {
  auto one = writer();
  ASSERT_EQ(one.try_write(text_of(1, 10)), 10u);
  ASSERT_TRUE(one.try_abort());
  {
    auto forgotten = writer();
    ASSERT_EQ(forgotten.try_write(text_of(1, 20)), 20u);
    auto moved = std::move(forgotten);
  }
  EXPECT_THAT(ended(), ElementsAre(std::pair{stream_end::aborted, 10u}, std::pair{stream_end::aborted, 20u}));
}

TEST_F(message_streams, AfterTheEndNothingIsWritten) {
  auto one = writer();
  one.finish();
  EXPECT_EQ(refusal([&] { static_cast<void>(one.try_write(text_of(1, 1))); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { one.finish(); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { one.abort(); }), errc::invalid_argument);
  EXPECT_EQ(ring.size(), 1u);
}

TEST_F(message_streams, ChunksThatDoNotFitAreAnError) {
  auto const largest = ring.largest_message() - sizeof(chunk_header);
  EXPECT_EQ(refusal([&] { message_stream_writer(ring, 0, largest + 1); }), errc::invalid_argument);
  EXPECT_EQ(refusal([&] { message_stream_writer(ring, 0, ~std::size_t{0}); }), errc::invalid_argument);
  EXPECT_NO_THROW(message_stream_writer(ring, 0, largest));
  auto const tiny = views.first.publish<message_ring>("t", 256);
  message_stream_writer one{tiny};
  EXPECT_EQ(one.try_write(text_of(1, 32)), 32u);
}

TEST_F(message_streams, ChunksOfABlockWhereThereAreBlocks) {
  auto const large = views.first.publish<message_ring>(
      "l", 4096, message_ring_options{.large = {.blocks = 3, .block_bytes = 16'384}});
  message_stream_writer one{large};
  EXPECT_EQ(one.chunk_bytes(), 16'384u - 32);
  message_stream_reader<message_consumer> from{large.consumer()};
  auto const bytes = text_of(1, 200'000);
  std::thread writing{[&] {
    one.write(bytes);
    one.finish();
  }};
  auto const got = from.receive();
  writing.join();
  EXPECT_EQ(got.bytes, bytes);
  EXPECT_EQ(large.statistics().blocks_used, 0u);
}

TEST_F(message_streams, OtherMessagesArePassedOver) {
  auto one = writer();
  ASSERT_TRUE(ring.try_send({}));
  ASSERT_EQ(one.try_write(text_of(1, 10)), 10u);
  ASSERT_TRUE(ring.try_send(text_of(1, 100)));
  ASSERT_TRUE(one.try_finish());
  EXPECT_THAT(ended(), ElementsAre(std::pair{stream_end::finished, 10u}));
  EXPECT_EQ(reader.foreign(), 2u);
}

TEST_F(message_streams, ThrownAtAChunkComesAgain) {
  auto one = writer();
  ASSERT_EQ(one.try_write(text_of(1, 10)), 10u);
  ASSERT_TRUE(one.try_finish());
  for (int i = 0; i < 3; ++i)
    EXPECT_THROW(reader.poll([](message_chunk const&) { throw std::runtime_error{"no"}; }), std::runtime_error);
  EXPECT_THAT(ended(), ElementsAre(std::pair{stream_end::finished, 10u}));
}

TEST_F(message_streams, OfWhichSomethingIsMissingIsBrokenAndToldOnce) {
  auto one = writer();
  auto two = writer();
  ASSERT_EQ(one.try_write(text_of(1, 10)), 10u);
  EXPECT_EQ(reader.poll([](auto const&) {}), 1u);
  ASSERT_EQ(one.try_write(text_of(1, 10)), 10u);
  other.consumer().try_receive()->commit();  // somebody else took it
  ASSERT_EQ(two.try_write(text_of(1, 10)), 10u);
  ASSERT_EQ(one.try_write(text_of(1, 10)), 10u);
  ASSERT_TRUE(one.try_finish());
  ASSERT_TRUE(two.try_finish());
  std::vector<std::pair<message_stream_id, stream_end>> ends;
  reader.poll([&](message_chunk const& each) {
    if (each.end != stream_end::none) ends.emplace_back(each.stream, each.end);
  });
  EXPECT_THAT(ends, ElementsAre(std::pair{one.id(), stream_end::broken}, std::pair{two.id(), stream_end::finished}));
}

TEST_F(message_streams, WhoComesInTheMiddleIsToldThatItIsBroken) {
  auto one = writer();
  ASSERT_EQ(one.try_write(text_of(1, 10)), 10u);
  other.consumer().try_receive()->commit();
  ASSERT_EQ(one.try_write(text_of(1, 10)), 10u);
  EXPECT_THAT(ended(), ElementsAre(std::pair{stream_end::broken, 0u}));
  ASSERT_EQ(one.try_write(text_of(1, 10)), 10u);
  ASSERT_TRUE(one.try_finish());
  EXPECT_THAT(ended(), ElementsAre());
}

// Whatever a chunk says: an end is told once for each stream that was told of, and nothing is finished that is not.
TEST_F(message_streams, HostileChunksAreNeverTakenForAWholeStream) {
  std::minstd_rand chance{3};
  for (int round = 0; round < 20'000; ++round) {
    chunk_header const header{chance() % 3, chance() % 2, chance() % 3 == 0 ? chance() : chance() % 3,
                              static_cast<std::uint32_t>(chance() % 5), chance() % 8 == 0 ? 0 : chunk_magic};
    std::vector<std::byte> bytes(chance() % 40);
    if (!bytes.empty()) std::memcpy(bytes.data(), &header, std::min(bytes.size(), sizeof(header)));
    ASSERT_TRUE(ring.try_send(bytes));
    while (auto const got = reader.try_receive()) {
      ASSERT_NE(got->end, stream_end::none);
      ASSERT_LE(got->bytes.size(), 10'000u);
    }
  }
}

TEST_F(message_streams, EachReaderOfABroadcastGetsAll) {
  auto const all = views.first.publish<message_ring>("b", 4096, message_ring_options{.delivery = delivery::broadcast});
  message_stream_reader<message_reader> alice{all.reader()};
  message_stream_reader<message_reader> bob{all.reader()};
  message_stream_writer one{all};
  auto const bytes = text_of(5, 2000);
  ASSERT_EQ(one.try_write(bytes), bytes.size());
  ASSERT_TRUE(one.try_finish());
  for (auto* each : {&alice, &bob}) {
    auto const got = each->receive_for(0s);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->bytes, bytes);
  }
}

TEST_F(message_streams, WhatWasOverwrittenIsMissing) {
  auto const over = views.first.publish<message_ring>(
      "o", 4096, message_ring_options{.delivery = delivery::broadcast, .when_full = when_full::overwrite});
  auto const looker = segment::open_read_only(views.name());
  message_stream_reader<message_reader> from{looker.attach<message_ring>("o").reader()};
  message_stream_writer one{over};
  ASSERT_EQ(one.try_write(text_of(1, 500)), 500u);
  EXPECT_FALSE(from.try_receive());
  one.write(text_of(2, 10'000));
  one.finish();
  message_stream_writer two{over};
  two.write(text_of(3, 1000));
  two.finish();
  auto const first = from.receive_for(10s);
  auto const second = from.receive_for(10s);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->end, stream_end::broken);
  EXPECT_EQ(second->end, stream_end::finished);
  EXPECT_EQ(second->bytes, text_of(3, 1000));
}

class stream_threads : public ::testing::TestWithParam<wait_strategy> {};

TEST_P(stream_threads, EveryStreamOfEveryWriterComesWhole) {
  two_views const views;
  auto const ring = views.first.publish<message_ring>(
      "m", 8192, message_ring_options{.checksum = true, .large = {.blocks = 3, .block_bytes = 2048}});
  constexpr std::uint64_t writers = 3;
  constexpr std::uint64_t streams = 30;
  std::vector<std::thread> threads;
  for (std::uint64_t w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      for (std::uint64_t n = 0; n < streams; ++n) {
        message_stream_writer one{ring, static_cast<std::uint32_t>(w), std::size_t{n % 2 * 300}};
        one.write(text_of(w << 32 | n, 8 + n * 777), GetParam());
        one.finish(GetParam());
      }
    });
  message_stream_reader<message_consumer> reader{views.second.attach<message_ring>("m").consumer()};
  std::vector<std::uint64_t> next(writers);
  for (std::uint64_t i = 0; i < writers * streams; ++i) {
    auto const got = reader.receive(GetParam());
    ASSERT_EQ(got.end, stream_end::finished);
    auto const number = number_in(got.bytes);
    ASSERT_EQ(number & 0xFFFF'FFFF, next[got.type]++);
    ASSERT_EQ(got.bytes, text_of(number, 8 + (number & 0xFFFF'FFFF) * 777));
  }
  for (auto& each : threads) each.join();
}

INSTANTIATE_TEST_SUITE_P(each, stream_threads, ::testing::Values(wait_strategy::adaptive, wait_strategy::sleep),
                         [](auto const& each) { return name_of(each.param); });

}  // namespace
}  // namespace stoa::testing
