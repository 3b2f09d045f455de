// Whoever may read a segment's file may hold shared locks on it, and whoever may write, exclusive ones. A shared lock
// makes nobody seem alive or at work; and no lock, whoever holds it, holds anybody up for ever.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <stoa/stoa.hpp>

#include "moved_clock.hpp"
#include "scratch.hpp"
#include "segment_file.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace std::chrono_literals;
using namespace stoa::literals;
using namespace stoa::testing;

// Bytes of the file, locked through a descriptor of its own until it goes.
class held_lock {
 public:
  held_lock(std::filesystem::path const& path, short type, std::uint64_t from, std::uint64_t bytes)
      : descriptor_{::open(path.c_str(), (type == F_RDLCK ? O_RDONLY : O_RDWR) | O_CLOEXEC)} {
    struct flock all {};
    all.l_type = type;
    all.l_whence = SEEK_SET;
    all.l_start = static_cast<off_t>(from);
    all.l_len = static_cast<off_t>(bytes);
    is_held_ = ::fcntl(descriptor_, F_OFD_SETLK, &all) == 0;
  }
  held_lock(held_lock const&) = delete;
  held_lock& operator=(held_lock const&) = delete;
  ~held_lock() { ::close(descriptor_); }
  bool is_held() const noexcept { return is_held_; }

 private:
  int descriptor_;
  bool is_held_;
};

constexpr std::uint64_t to_the_end = 0;

class hostile_locks : public ::testing::Test {
 protected:
  // Ten seconds of patience are a tenth of one.
  hostile_locks() { hurry_steady_clock(100); }
  ~hostile_locks() override { put_clocks_right(); }

  scratch_name name_;
  std::optional<segment> home_ = segment::create(name_, 256_KiB);
  std::optional<queue<int>> line_ = home_->publish<queue<int>>("line", 8);
};

template <class T>
errc code_of(result<T> const& got) {
  return got ? errc{} : got.error().code();
}

child_program const holder{"holder", [](child_arguments const& a) {
                             auto const lease = segment::open(a.at(0)).attach<queue<int>>("line").claim();
                             for (;;) ::pause();
                             return 0;
                           }};

TEST_F(hostile_locks, OfAReaderMakeNoDeadProcessSeemAlive) {
  line_->push(1);
  auto victim = child::start("holder", {name_});
  ASSERT_TRUE(eventually([&] { return home_->reference_count() == 2 && !line_->try_claim(); }));
  victim.kill();
  held_lock const all{name_.path(), F_RDLCK, admin_lock_byte + 2, to_the_end};
  ASSERT_TRUE(all.is_held()) << "all places but our own, which is locked";
  EXPECT_EQ(home_->reference_count(), 1u);
  EXPECT_TRUE(line_->claim_for(30s * 100)) << "what the dead one had goes to the next";
  EXPECT_EQ(segment::open_read_only(name_).reference_count(), 1u);
}

TEST_F(hostile_locks, OfAWriterOnAPlaceIsWhatBeingAliveMeans) {
  {
    held_lock const place{name_.path(), F_WRLCK, place_lock_byte(5), 1};
    ASSERT_TRUE(place.is_held());
    EXPECT_EQ(home_->reference_count(), 2u);
    EXPECT_FALSE(segment::remove_unused(name_));
  }
  EXPECT_EQ(home_->reference_count(), 1u);
}

TEST_F(hostile_locks, OfAReaderHoldUpNobodyWhoIsIn) {
  held_lock const all{name_.path(), F_RDLCK, admin_lock_byte, 1};
  held_lock const others{name_.path(), F_RDLCK, admin_lock_byte + 2, to_the_end};
  ASSERT_TRUE(all.is_held() && others.is_held());
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(line_->try_push(i));
    EXPECT_EQ(line_->try_pop(), i);
  }
  EXPECT_EQ(home_->attach<queue<int>>("line").size(), 0u);
}

TEST_F(hostile_locks, OnTheAdminByteMakeItsUsersFailInsteadOfWaitForEver) {
  for (short const type : {short{F_RDLCK}, short{F_WRLCK}}) {
    held_lock const lock{name_.path(), type, admin_lock_byte, 1};
    ASSERT_TRUE(lock.is_held());
    EXPECT_EQ(code_of(segment::try_open(name_)), errc::held_up);
    EXPECT_EQ(code_of(segment::try_open_or_create(name_, 64_KiB)), errc::held_up);
    EXPECT_EQ(code_of(home_->try_publish<value<int>>("v")), errc::held_up);
    EXPECT_EQ(code_of(home_->try_erase("line")), errc::held_up);
    EXPECT_EQ(code_of(segment::try_remove(name_)), errc::held_up);
    EXPECT_EQ(code_of(segment::try_remove_unused(name_)), errc::held_up);
    EXPECT_TRUE(segment::try_open_read_only(name_)) << "who only looks takes no lock";
    EXPECT_TRUE(line_->try_push(1));
    EXPECT_EQ(line_->try_pop(), 1);
  }
  EXPECT_TRUE(segment::try_open(name_)) << "all is well when it is gone";
  EXPECT_TRUE(home_->try_publish<value<int>>("v"));
  EXPECT_TRUE(home_->erase("v"));
}

// Publishing needs the lock of the entry's slot: without it others would take the publisher for dead.
TEST_F(hostile_locks, OnTheSlotsOfNamesMakePublishingFail) {
  {
    held_lock const slots{name_.path(), F_RDLCK, builder_lock_byte(0), to_the_end};
    ASSERT_TRUE(slots.is_held());
    EXPECT_EQ(code_of(home_->try_publish<value<int>>("v")), errc::held_up);
    EXPECT_EQ(code_of(home_->try_attach<value<int>>("v")), errc::no_such_name) << "nothing is left in part";
    EXPECT_EQ(line_->size(), 0u);
  }
  EXPECT_TRUE(home_->try_publish<value<int>>("v"));
}

TEST_F(hostile_locks, OnThePlacesMakeOpeningFail) {
  {
    held_lock const places{name_.path(), F_RDLCK, place_lock_byte(1), 1u << 16};
    ASSERT_TRUE(places.is_held());
    EXPECT_EQ(code_of(segment::try_open(name_)), errc::too_many_participants);
  }
  EXPECT_TRUE(segment::try_open(name_));
}

TEST_F(hostile_locks, DoNotKeepAnybodyFromLeaving) {
  {
    held_lock const lock{name_.path(), F_RDLCK, admin_lock_byte, 1};
    line_.reset();
    home_.reset();
    EXPECT_TRUE(exists(name_.path())) << "nobody knows whether he is the last";
  }
  EXPECT_TRUE(segment::remove_unused(name_)) << "the name is for gc";
}

}  // namespace
}  // namespace stoa
