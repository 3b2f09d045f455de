#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <stoa/stoa.hpp>
#include <thread>

#include "child.hpp"
#include "sanitizers.hpp"
#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using testing::child;
using testing::child_arguments;
using testing::child_program;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::scratch_name;
using ::testing::UnorderedElementsAre;

// Attaches the entry named by the second argument and stays until it is killed.
child_program const guest{"guest", [](child_arguments const& a) {
                            auto const opened = segment::open(a.at(0));
                            auto const numbers = opened.attach<array<int>>(a.at(1));
                            numbers.atomic(0).store(1);
                            for (;;) ::pause();
                            return 0;
                          }};

TEST(segment, CreateRefusesANameThatIsTaken) {
  scratch_name const name;
  auto const first = segment::create(name, 4096);
  auto const second = segment::try_create(name, 4096);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), errc::already_exists);
  EXPECT_THAT(second.error().message(), HasSubstr(name.str()));
  EXPECT_EQ(first.reference_count(), 1u);
}

TEST(segment, CreateOverALiveSegmentLeavesItsUsersAlone) {
  scratch_name const name;
  auto const first = segment::create(name, 64_KiB);
  auto const numbers = first.publish<array<int>>("numbers", 100);
  numbers.fill(7);
  EXPECT_THROW(segment::create(name, 4096), error);
  EXPECT_EQ(segment::open(name).attach<array<int>>("numbers")[99], 7);
  EXPECT_EQ(first.size(), std::filesystem::file_size(name.path()));
}

TEST(segment, OpenOfNothingIsNotFound) {
  scratch_name const name;
  auto const opened = segment::try_open(name);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), errc::not_found);
  EXPECT_THAT(opened.error().message(), HasSubstr(name.str()));
  EXPECT_EQ(segment::try_open_read_only(name).error().code(), errc::not_found);
  EXPECT_THROW(segment::open(name), error);
}

TEST(segment, OpenOrCreateOpensWhatIsThere) {
  scratch_name const name;
  auto const first = segment::open_or_create(name, 64_KiB);
  auto const second = segment::open_or_create(name, 64_KiB);
  EXPECT_EQ(first.attachment().map().header().segment_id,
            second.attachment().map().header().segment_id);
  EXPECT_EQ(first.reference_count(), 2u);
}

TEST(segment, CopiesAreOneParticipantAndOpensAreTwo) {
  scratch_name const name;
  auto const first = segment::create(name, 4096);
  auto const copy = first;
  EXPECT_EQ(first.reference_count(), 1u);
  {
    auto const second = segment::open(name);
    EXPECT_EQ(first.reference_count(), 2u);
    EXPECT_EQ(second.reference_count(), 2u);
  }
  EXPECT_EQ(copy.reference_count(), 1u);
}

TEST(segment, RemoveTakesTheNameFromUsersWhoGoOn) {
  scratch_name const name;
  auto const first = segment::create(name, 64_KiB);
  auto const numbers = first.publish<array<int>>("numbers", 4);
  EXPECT_TRUE(segment::remove(name));
  EXPECT_FALSE(exists(name.path()));
  numbers[3] = 4;
  EXPECT_EQ(first.attach<array<int>>("numbers")[3], 4);
}

TEST(segment, WhoLeavesARemovedSegmentLeavesItsSuccessorAlone) {
  scratch_name const name;
  auto old = segment::try_create(name, 4096);
  ASSERT_TRUE(segment::remove(name));
  auto const successor = segment::create(name, 4096);
  old = failure{};
  EXPECT_TRUE(exists(name.path()));
  EXPECT_EQ(successor.reference_count(), 1u);
}

TEST(segment, RemoveUnusedSparesWhatIsInUse) {
  scratch_name const name;
  segment_options options;
  options.lifetime = lifetime::persistent;
  {
    auto const made = segment::create(name, 4096, options);
    EXPECT_FALSE(segment::remove_unused(name));
    EXPECT_TRUE(exists(name.path()));
  }
  EXPECT_TRUE(segment::remove_unused(name));
  EXPECT_FALSE(exists(name.path()));
  EXPECT_FALSE(segment::remove_unused(name)) << "there is none";
}

TEST(segment, AReaderDoesNotCountAndCannotKeepASegment) {
  scratch_name const name;
  auto made = segment::try_create(name, 4096);
  auto const reader = segment::open_read_only(name);
  EXPECT_TRUE(reader.is_read_only());
  EXPECT_FALSE(made->is_read_only());
  EXPECT_EQ(made->reference_count(), 1u);
  EXPECT_EQ(reader.reference_count(), 1u);
  EXPECT_EQ(made->participants().size(), 1u);
  made = failure{};
  EXPECT_FALSE(exists(name.path()));
  EXPECT_EQ(reader.reference_count(), 0u);
  EXPECT_TRUE(reader.entries().empty()) << "its mapping stays";
}

TEST(segment, AReaderChangesNoByte) {
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB);
  made.publish<array<int>>("a", 3).fill(3);
  made.publish<value<int>>("v").store(5);
  auto const q = made.publish<queue<int>>("q", 4);
  q.push(1);
  auto const* const base = made.attachment().map().base();
  std::vector<std::byte> const before(base, base + made.size());
  {
    auto const reader = segment::open_read_only(name);
    EXPECT_EQ(reader.attach<array<int>>("a")[2], 3);
    EXPECT_EQ(reader.attach<value<int>>("v").load(), 5);
    EXPECT_EQ(reader.attach<queue<int>>("q").size(), 1u);
    EXPECT_EQ(reader.entries().size(), 3u);
    EXPECT_EQ(reader.participants().size(), 1u);
    EXPECT_GT(reader.free_bytes(), 0u);
  }
  EXPECT_TRUE(std::equal(before.begin(), before.end(), base));
}

TEST(segment, AReaderIsRefusedWhatWrites) {
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB);
  made.publish<array<int>>("a", 3);
  made.publish<value<int>>("v");
  made.publish<queue<int>>("q", 4);
  made.publish<spsc_queue<int>>("s", 4);
  auto const reader = segment::open_read_only(name);
  auto const code = [](auto call) {
    try {
      call();
    } catch (error const& refused) {
      return refused.code();
    }
    return std::error_code{};
  };
  EXPECT_EQ(code([&] { reader.publish<array<int>>("b", 1); }), errc::read_only);
  EXPECT_EQ(code([&] { reader.erase("a"); }), errc::read_only);
  EXPECT_EQ(code([&] { reader.attach<array<int>>("a").fill(1); }), errc::read_only);
  EXPECT_EQ(code([&] { reader.attach<value<int>>("v").store(1); }), errc::read_only);
  EXPECT_EQ(code([&] { static_cast<void>(reader.attach<queue<int>>("q").try_push(1)); }),
            errc::read_only);
  EXPECT_EQ(code([&] { static_cast<void>(reader.attach<queue<int>>("q").try_pop()); }),
            errc::read_only);
  EXPECT_EQ(code([&] { static_cast<void>(reader.attach<spsc_queue<int>>("s").try_push(1)); }),
            errc::read_only);
  EXPECT_EQ(code([&] { static_cast<void>(reader.attach<spsc_queue<int>>("s").try_pop()); }),
            errc::read_only);
}

TEST(segmentDeathTest, WritingThroughAReadersArrayIsASegmentationFault) {
#if STOA_TEST_ADDRESS_SANITIZER || STOA_TEST_THREAD_SANITIZER
  GTEST_SKIP() << "NOT TESTED: the sanitizer answers SIGSEGV in its own way";
#else
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB);
  made.publish<array<int>>("a", 3);
  auto const numbers = segment::open_read_only(name).attach<array<int>>("a");
  EXPECT_EXIT(numbers[0] = 1, ::testing::KilledBySignal(SIGSEGV), "");
#endif
}

TEST(segment, ParticipantsSayWhoIsThere) {
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB);
  auto const numbers = made.publish<array<int>>("numbers", 4);
  auto other = child::start("guest", {name, "numbers"});
  ASSERT_TRUE(eventually([&] { return numbers.atomic(0).load() == 1; }));
  auto const both = made.participants();
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].pid, static_cast<std::uint64_t>(::getpid()));
  EXPECT_EQ(both[1].pid, static_cast<std::uint64_t>(other.pid()));
  for (auto const& each : both) {
    EXPECT_TRUE(each.alive);
    EXPECT_GT(each.start_time, 0u);
    EXPECT_GT(each.attached_ns, 0u);
    EXPECT_THAT(each.command, Not(IsEmpty()));
    EXPECT_THAT(each.holds, ElementsAre("numbers"));
  }
  EXPECT_LE(both[0].start_time, both[1].start_time);
}

TEST(segment, TheDeadAreListedUntilTheirPlaceIsUsedAgain) {
  scratch_name const name;
  segment_options two;
  two.max_participants = 2;
  auto const made = segment::create(name, 64_KiB, two);
  auto const numbers = made.publish<array<int>>("numbers", 4);
  auto other = child::start("guest", {name, "numbers"});
  auto const pid = static_cast<std::uint64_t>(other.pid());
  ASSERT_TRUE(eventually([&] { return numbers.atomic(0).load() == 1; }));
  other.kill();
  EXPECT_EQ(made.reference_count(), 1u) << "right at once";
  auto const both = made.participants();
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[1].pid, pid);
  EXPECT_FALSE(both[1].alive);
  auto const successor = segment::open(name);
  auto const after = made.participants();
  ASSERT_EQ(after.size(), 2u);
  EXPECT_TRUE(after[1].alive);
  EXPECT_EQ(after[1].pid, static_cast<std::uint64_t>(::getpid()));
  EXPECT_THAT(after[1].holds, IsEmpty()) << "what the dead one held is not its successor's";
}

TEST(segment, WhoTakesThePlaceOfTheDeadIsNotTakenForThem) {
  scratch_name const name;
  auto const home = segment::create(name, 4096);
  auto const& looker = home.attachment();
  auto const id_of_one = [&] {
    auto const one = segment::open(name);
    EXPECT_TRUE(looker.is_alive(one.attachment().self()));
    return one.attachment().self();
  };
  auto const gone = id_of_one();
  EXPECT_FALSE(looker.is_alive(gone));
  auto const next = segment::open(name);
  ASSERT_EQ(place_of(next.attachment().self()), place_of(gone));
  EXPECT_TRUE(looker.is_alive(next.attachment().self()));
  EXPECT_FALSE(looker.is_alive(gone)) << "another has its place";
}

TEST(segment, AStoppedProcessIsAliveAndKeepsItsPlace) {
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB);
  auto const numbers = made.publish<array<int>>("numbers", 4);
  auto other = child::start("guest", {name, "numbers"});
  ASSERT_TRUE(eventually([&] { return numbers.atomic(0).load() == 1; }));
  other.stop();
  EXPECT_EQ(made.reference_count(), 2u);
  EXPECT_TRUE(made.participants()[1].alive);
  auto const third = segment::open(name);
  EXPECT_EQ(made.reference_count(), 3u) << "nobody takes the place of one who is merely slow";
}

TEST(segment, WhoLeavesInOrderIsNotListed) {
  scratch_name const name;
  auto const made = segment::create(name, 4096);
  { auto const other = segment::open(name); }
  EXPECT_EQ(made.participants().size(), 1u);
}

TEST(segment, ThreadsWithLanesAreCounted) {
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB);
  auto const numbers = made.publish<queue<int>>("numbers", 4);
  EXPECT_EQ(made.participants()[0].lanes, 0u);
  numbers.push(1);
  EXPECT_EQ(made.participants()[0].lanes, 1u);
  auto lease = numbers.claim();
  EXPECT_EQ(made.participants()[0].leases, 1u);
  std::thread{[&] { numbers.push(2); }}.join();
  EXPECT_EQ(made.participants()[0].lanes, 2u);
  lease.commit();
  EXPECT_EQ(made.participants()[0].leases, 0u);
}

TEST(segment, ListNamesSegmentsAndDamagedOnesAndNothingElse) {
  testing::scratch_directory const directory;
  auto const where = backing::directory(directory.path());
  segment_options options;
  options.backing = where;
  auto const made = segment::try_create("good", 4096, options);
  if (!made) GTEST_SKIP() << "NOT TESTED: " << made.error().message();
  auto const write = [&](char const* file, std::string const& bytes) {
    std::FILE* const out = std::fopen((directory.path() / file).c_str(), "w");
    ASSERT_NE(out, nullptr);
    std::fwrite(bytes.data(), 1, bytes.size(), out);
    std::fclose(out);
  };
  write("text", std::string(5000, 'x'));
  write("empty", "");
  write("zeros", std::string(5000, '\0'));
  write("cut", std::string{"stoaseg"} + '\0' + "rest");
  std::filesystem::create_directory(directory.path() / "directory");
  EXPECT_THAT(segment::list(where), ElementsAre("cut", "good"));
}

TEST(segment, SizeIsThatOfTheFile) {
  scratch_name const name;
  auto const made = segment::create(name, 100'000);
  EXPECT_EQ(made.size(), std::filesystem::file_size(name.path()));
  EXPECT_GE(made.free_bytes(), 100'000u);
  EXPECT_LT(made.free_bytes(), made.size());
  EXPECT_EQ(made.name(), name.str());
}

TEST(segment, OpeningAndLeavingForEverUsesNothingUp) {
  scratch_name const name;
  segment_options options;
  options.max_participants = 2;
  auto const made = segment::create(name, 4096, options);
  for (int i = 0; i < 200; ++i) {
    auto const opened = segment::try_open(name);
    ASSERT_TRUE(opened) << i << ": " << opened.error().message();
  }
  EXPECT_EQ(made.reference_count(), 1u);
}

}  // namespace
}  // namespace stoa
