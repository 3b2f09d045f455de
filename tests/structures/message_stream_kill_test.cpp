// A writer of a stream is killed after every instruction: what the reader is told to be finished is whole, everything
// else is told not to be, and what others write comes.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stoa/message_stream_reader.hpp>
#include <stoa/message_stream_writer.hpp>
#include <utility>
#include <vector>

#include "message_ring_scene.hpp"

namespace stoa::testing {
namespace {

constexpr std::size_t stream_bytes = 100;

std::vector<std::byte> bytes_of_stream() { return numbered_message(50, stream_bytes); }
void write_stream(actor& self) {
  message_stream_writer one{*self.attached, 1, 40};
  one.write(bytes_of_stream());
  one.finish();
}

using stream_reader = message_stream_reader<message_consumer>;

// Whether the victim's stream came whole. `early` is what had come before its death.
effect judge(scene const& where, stream_reader& reader, std::optional<message_stream> early) {
  where.ring.recover();
  bool const is_begun = where.ring.statistics().received + where.ring.size() != 0;
  message_stream_writer other{where.ring, 2, 40};
  other.write(bytes_of_stream());
  other.finish();
  std::size_t of_others = 0;
  bool is_whole = false;
  for (std::size_t left = is_begun ? 2 : 1; left > 0; --left) {
    auto const got = early ? std::exchange(early, std::nullopt) : reader.receive_for(std::chrono::seconds{30});
    if (!got) {
      ADD_FAILURE() << "an end is not told";
      break;
    }
    auto const whole = bytes_of_stream();
    bool const is_finished = got->end == stream_end::finished;
    if (got->type == 2) {
      ++of_others;
      EXPECT_TRUE(is_finished);
    } else {
      is_whole = is_finished;
      EXPECT_TRUE(is_finished || got->end == stream_end::broken);
      EXPECT_TRUE(std::ranges::equal(got->bytes, std::span{whole}.first(std::min(got->bytes.size(), whole.size()))));
    }
    EXPECT_TRUE(!is_finished || got->bytes == whole) << "not whole, and said to be finished";
  }
  EXPECT_EQ(of_others, 1u);
  EXPECT_FALSE(reader.try_receive()) << "each end is told once";
  EXPECT_TRUE(is_whole || !where.reported.get()->is_done) << "finished, and not told";
  return is_whole ? effect::whole : effect::none;
}

TEST(message_stream_writer, KilledAfterAnyInstructionLeavesAStreamThatIsWholeOrToldToBeBroken) {
  auto const trace_once = [] {
    scene where;
    return stepped_child{ready(where, write_stream)}.trace();
  };
  for_each_instruction(trace_once, [](cut const& here) {
    scene where;
    stream_reader reader{where.ring.consumer()};
    std::optional<message_stream> early;
    {
      stepped_child killed{ready(where, write_stream)};
      here.lead(killed);
      if (here.after % 2 == 0) early = reader.try_receive();  // it has begun to read what there is
    }
    auto const found = judge(where, reader, std::move(early));
    expect_all_room(where.ring);
    expect_all_lanes(where);
    return found;
  });
}

// The reader has some of it, and then its writer dies: that it is broken is told, once, and nothing else.
TEST(message_stream_writer, KilledHalfWayIsToldOnceAndStoppedIsNot) {
  scene where;
  stream_reader reader{where.ring.consumer()};
  stepped_child victim{ready(where, write_stream)};
  ASSERT_TRUE(victim.step_until([&] { return where.ring.size() == 2; }));
  EXPECT_FALSE(reader.receive_for(std::chrono::milliseconds{30})) << "slow is not dead";
  victim.kill();
  auto const got = reader.receive_for(std::chrono::seconds{30});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->end, stream_end::broken);
  EXPECT_EQ(got->bytes.size(), 80u);
  EXPECT_FALSE(reader.receive_for(std::chrono::milliseconds{20}));
}

// It has taken the first chunk when it dies, and has told nobody of it: who comes after it gets the whole stream.
TEST(message_stream_reader, WhoTakesADeadOnesPlaceGetsWhatThatOneHadTakenFirst) {
  scene where;
  message_stream_writer one{where.ring, 1, 40};
  one.write(bytes_of_stream());
  one.finish();
  {
    stepped_child victim{ready(where, receive)};
    ASSERT_TRUE(victim.step_until([&] { return where.ring.statistics().received != 0; }));
  }
  stream_reader reader{where.ring.consumer()};
  auto const got = reader.try_receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->end, stream_end::finished);
  EXPECT_EQ(got->bytes, bytes_of_stream());
  EXPECT_FALSE(reader.try_receive());
}

}  // namespace
}  // namespace stoa::testing
