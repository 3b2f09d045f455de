// In a forked child nobody can be asked whether he lives: so nobody is taken for dead.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <map>
#include <stdexcept>
#include <stoa/stoa.hpp>
#include <thread>
#include <vector>

#include "in_child.hpp"
#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;

// A number that parent and child share, and that lies in no segment.
class shared_number {
 public:
  shared_number()
      : page_{::mmap(nullptr, sizeof(number), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)} {
    if (page_ == MAP_FAILED) throw std::runtime_error{"mmap failed"};
    ::new (page_) number{0};
  }
  shared_number(shared_number const&) = delete;
  shared_number& operator=(shared_number const&) = delete;
  ~shared_number() { ::munmap(page_, sizeof(number)); }
  void become(int to) const { static_cast<number*>(page_)->store(to); }
  bool await(int expected) const {
    return eventually([&] { return static_cast<number*>(page_)->load() == expected; });
  }

 private:
  using number = std::atomic<int>;
  void* page_;
};

std::vector<std::byte> bytes_of(segment const& whole) {
  auto const& map = whole.attachment().map();
  return {map.base(), map.base() + map.layout().total_bytes};
}

class settling_in_a_child : public ::testing::Test {
 protected:
  static constexpr auto longer_than_between_looks = std::chrono::milliseconds{20};

  explicit settling_in_a_child(message_ring_options const& with = {.delivery = delivery::broadcast})
      : ring_{segment_.publish<message_ring>("m", 4_KiB, with)} {}

  scratch_name name_;
  segment segment_ = segment::create(name_, 64_KiB);
  segment other_ = segment::open(name_);
  message_ring ring_;
  message_ring theirs_ = other_.attach<message_ring>("m");
  message_stream_writer writer_{theirs_, 5};
  std::vector<std::byte> const part_ = std::vector<std::byte>(100, std::byte{7});
};

// Where producers wait for readers a child is refused; here it may read.
struct settling_as_a_reader : settling_in_a_child {
  settling_as_a_reader() : settling_in_a_child{{.delivery = delivery::broadcast, .when_full = when_full::overwrite}} {}
};

TEST_F(settling_as_a_reader, OfStreamsBreaksAndSettlesNothing) {
  message_stream_reader<message_reader> reader{ring_.reader()};
  auto second = theirs_.reader();
  std::map<stream_end, std::size_t> told;
  auto const tell = [&](message_chunk const& each) { ++told[each.end]; };
  ASSERT_EQ(writer_.try_write(part_), part_.size());
  ASSERT_EQ(reader.poll(tell), 1u);
  ASSERT_EQ(writer_.try_write(part_), part_.size());
  shared_number turn;
  auto const child = start_in_child([&] {
    std::this_thread::sleep_for(longer_than_between_looks);
    if (reader.poll(tell, 1) != 1) return 1;
    turn.become(1);
    if (!turn.await(2)) return 2;
    return reader.poll(tell) == 0 && told.size() == 1 ? 0 : 3;
  });
  ASSERT_TRUE(turn.await(1));
  auto slot = theirs_.claim(8, 1);
  auto const before = bytes_of(segment_);
  turn.become(2);
  EXPECT_EQ(status_of(child), 0);
  EXPECT_TRUE(bytes_of(segment_) == before);
  EXPECT_TRUE(segment_.verify().is_clean());
  slot.commit();
  ASSERT_TRUE(writer_.try_finish());
  reader.poll(tell);
  EXPECT_EQ(told, (std::map<stream_end, std::size_t>{{stream_end::none, 2}, {stream_end::finished, 1}}));
  EXPECT_EQ(reader.foreign(), 1u) << "what was claimed";
  EXPECT_EQ(second.poll([](auto const&) {}), 4u);
}

TEST_F(settling_in_a_child, WhoSettlesFindsNobodyDead) {
  auto const mine = ring_.reader();
  auto const second = theirs_.reader();
  auto slot = theirs_.claim(8, 1);
  auto const before = bytes_of(segment_);
  EXPECT_EQ(0, in_child([&] {
              auto& owner = segment_.attachment();
              auto const entry = segment_.entries().front().view();
              int settled = 0;
              owner.settle_lanes(entry.tag(), [&](lane&) { ++settled; });
              message_ring_bytes::adopt(entry)->settle(owner);
              return settled;
            }));
  EXPECT_TRUE(bytes_of(segment_) == before);
  EXPECT_TRUE(segment_.verify().is_clean());
}

struct settling_as_a_consumer : settling_in_a_child {
  settling_as_a_consumer() : settling_in_a_child{{.delivery = delivery::group}} {}
};

TEST_F(settling_as_a_consumer, IsRefusedBeforeAnythingIsSettled) {
  ASSERT_TRUE(theirs_.try_send(part_));
  auto held = theirs_.consumer().try_receive();
  message_stream_reader<message_consumer> reader{ring_.consumer()};
  ASSERT_EQ(writer_.try_write(part_), part_.size());
  ASSERT_FALSE(reader.try_receive());
  auto const before = bytes_of(segment_);
  EXPECT_EQ(0, in_child([&] {
              std::this_thread::sleep_for(longer_than_between_looks);
              if (!is_forked([&] { static_cast<void>(reader.try_receive()); })) return 1;
              if (!is_forked([&] { static_cast<void>(reader.receive()); })) return 2;
              message_stream_reader<message_consumer> another{ring_.consumer()};
              return is_forked([&] { static_cast<void>(another.try_receive()); }) ? 0 : 3;
            }));
  EXPECT_TRUE(bytes_of(segment_) == before);
  held->commit();
  ASSERT_TRUE(writer_.try_finish());
  auto const whole = reader.try_receive();
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->end, stream_end::finished);
  EXPECT_EQ(whole->bytes, part_);
}

}  // namespace
}  // namespace stoa
