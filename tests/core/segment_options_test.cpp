#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <stoa/stoa.hpp>
#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using ::testing::HasSubstr;
using testing::scratch_directory;
using testing::scratch_name;

segment_options with(std::uint32_t entries, std::uint32_t participants, std::uint32_t lanes) {
  segment_options made;
  made.max_entries = entries;
  made.max_participants = participants;
  made.max_lanes = lanes;
  return made;
}

errc code_of_create(std::uint64_t bytes, segment_options const& options) {
  scratch_name const name;
  auto const made = segment::try_create(name, bytes, options);
  return made ? errc{} : made.error().code();
}

TEST(segment_options, EachLimitIsOneToWhatTheFormatCanNumber) {
  EXPECT_EQ(code_of_create(4096, with(0, 2, 2)), errc::invalid_argument);
  EXPECT_EQ(code_of_create(4096, with(2, 0, 2)), errc::invalid_argument);
  EXPECT_EQ(code_of_create(4096, with(2, 2, 0)), errc::invalid_argument);
  EXPECT_EQ(code_of_create(4096, with(most_entries + 1, 2, 2)), errc::invalid_argument);
  EXPECT_EQ(code_of_create(4096, with(2, most_participants + 1, 2)), errc::invalid_argument);
  EXPECT_EQ(code_of_create(4096, with(2, 2, most_lanes + 1)), errc::invalid_argument);
  EXPECT_EQ(code_of_create(4096, with(1, 1, 1)), errc{});
  EXPECT_EQ(code_of_create(4096, with(1, most_participants, most_lanes)), errc{});
}

TEST(segment_options, TheMessageOfALimitNamesWhatWasAskedAndWhatIsPossible) {
  scratch_name const name;
  auto const made = segment::try_create(name, 4096, with(2, most_participants + 1, 2));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr(name.str()));
  EXPECT_THAT(made.error().message(), HasSubstr(std::to_string(most_participants + 1)));
  EXPECT_THAT(made.error().message(), HasSubstr(std::to_string(most_participants) + ")"));
}

TEST(segment_options, SizesThatNobodyHasAreRefused) {
  EXPECT_EQ(code_of_create(0, {}), errc::invalid_argument);
  EXPECT_EQ(code_of_create(~std::uint64_t{0}, {}), errc::invalid_argument);
  EXPECT_EQ(code_of_create((std::uint64_t{1} << 62) + 1, {}), errc::invalid_argument);
}

TEST(segment_options, ASizeBeyondTheFileSystemIsNoSpaceOrRefused) {
  for (auto const bytes : {std::uint64_t{1} << 62, std::uint64_t{1} << 56}) {
    auto const code = code_of_create(bytes, {});
    EXPECT_TRUE(code == errc::no_space || code == errc::invalid_argument)
        << make_error_code(code).message() << " for " << bytes;
  }
}

TEST(segment_options, OneByteIsASegmentToo) {
  scratch_name const name;
  auto const made = segment::create(name, 1, with(1, 1, 1));
  EXPECT_GE(made.free_bytes(), 1u);
}

TEST(segment_options, ParticipantsBeyondTheLimitAreRefused) {
  scratch_name const name;
  auto const first = segment::create(name, 4096, with(1, 2, 1));
  auto second = segment::try_open(name);
  ASSERT_TRUE(second);
  auto const third = segment::try_open(name);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code(), errc::too_many_participants);
  EXPECT_THAT(third.error().message(), HasSubstr("2"));
  EXPECT_TRUE(segment::try_open_read_only(name)) << "who only reads needs no place";
  second = failure{};
  EXPECT_TRUE(segment::try_open(name)) << "the place of one who left is free";
}

// What a place's record says of a process is a hint to who looks for a place: its lock decides.
TEST(segment_options, APlaceIsFoundWhateverTheRecordsSayOfProcesses) {
  for (std::uint64_t const pid : {0u, 1u}) {
    scratch_name const name;
    auto const first = segment::create(name, 4096, with(1, 3, 1));
    auto const second = segment::open(name);
    auto& map = first.attachment().map();
    for (std::uint32_t place = 0; place < 3; ++place) map.participant(place).pid.store(pid);
    auto const third = segment::try_open(name);
    ASSERT_TRUE(third) << pid;
    EXPECT_EQ(first.attachment().reference_count(), 3u) << pid;
    EXPECT_FALSE(segment::try_open(name)) << pid;
  }
}

TEST(segment_options, EntriesBeyondTheLimitAreRefused) {
  scratch_name const name;
  auto const made = segment::create(name, 1_MiB, with(3, 1, 1));
  for (auto const* each : {"a", "b", "c"}) made.publish<array<int>>(each, 1);
  auto const fourth = made.try_publish<array<int>>("d", 1);
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().code(), errc::too_many_entries);
  EXPECT_THAT(fourth.error().message(), HasSubstr(name.str()));
  EXPECT_TRUE(made.erase("b"));
  EXPECT_TRUE((made.try_publish<array<int>>("d", 1)));
}

TEST(segment_options, AllEntriesOfATableCanBePublishedAndFound) {
  for (std::uint32_t const entries : {1u, 2u, 46u, 47u, 48u, 49u, 95u, 96u, 97u}) {
    scratch_name const name;
    auto const made = segment::create(name, 1_MiB, with(entries, 1, 1));
    for (std::uint32_t i = 0; i < entries; ++i)
      made.publish<array<std::uint32_t>>("e" + std::to_string(i), 1)[0] = i;
    for (std::uint32_t i = 0; i < entries; ++i)
      EXPECT_EQ(made.attach<array<std::uint32_t>>("e" + std::to_string(i))[0], i);
    EXPECT_EQ(made.entries().size(), entries);
  }
}

TEST(segment_options, PermissionsAreThoseAskedForWhateverTheUmask) {
  for (auto const mask : {0000u, 0022u, 0077u, 0777u})
    for (auto const permissions : {0600u, 0640u, 0644u, 0660u, 0666u}) {
      scratch_name const name;
      auto const before = ::umask(mask);
      segment_options options;
      options.permissions = permissions;
      auto const made = segment::try_create(name, 4096, options);
      ::umask(before);
      ASSERT_TRUE(made) << made.error().message();
      struct stat status {};
      ASSERT_EQ(::stat(name.path().c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 07777, permissions) << std::oct << "umask " << mask;
    }
}

TEST(segment_options, TheOpenersLimitsDoNotMatter) {
  scratch_name const name;
  auto const made = segment::create(name, 64_KiB, with(3, 2, 2));
  auto const opened = segment::open_or_create(name, 10_MiB, with(100, 100, 100));
  EXPECT_EQ(opened.size(), made.size());
  EXPECT_EQ(opened.attachment().map().limits().max_entries, 3u);
}

TEST(segment_options, AReferenceCountedSegmentGoesWithItsLastUser) {
  scratch_name const name;
  {
    auto const first = segment::create(name, 4096);
    EXPECT_EQ(first.lifetime(), lifetime::reference_counted);
    { auto const second = segment::open(name); }
    EXPECT_TRUE(exists(name.path()));
  }
  EXPECT_FALSE(exists(name.path()));
}

TEST(segment_options, AHandleAloneKeepsTheSegment) {
  scratch_name const name;
  {
    auto const numbers = segment::create(name, 4096).publish<array<int>>("numbers", 2);
    EXPECT_TRUE(exists(name.path()));
    numbers[1] = 5;
    EXPECT_EQ(segment::open(name).attach<array<int>>("numbers")[1], 5);
  }
  EXPECT_FALSE(exists(name.path()));
}

TEST(segment_options, APersistentSegmentStaysUntilItIsRemoved) {
  scratch_name const name;
  segment_options options;
  options.lifetime = lifetime::persistent;
  segment::create(name, 4096, options).publish<array<int>>("numbers", 2)[0] = 9;
  ASSERT_TRUE(exists(name.path()));
  {
    auto const opened = segment::open(name);
    EXPECT_EQ(opened.lifetime(), lifetime::persistent);
    EXPECT_EQ(opened.attach<array<int>>("numbers")[0], 9);
    EXPECT_EQ(opened.reference_count(), 1u);
  }
  ASSERT_TRUE(exists(name.path()));
  EXPECT_TRUE(segment::remove(name));
  EXPECT_FALSE(exists(name.path()));
  EXPECT_FALSE(segment::remove(name));
}

TEST(segment_options, ADirectoryBacksSegmentsWithItsFiles) {
  scratch_directory const directory;
  auto const where = backing::directory(directory.path());
  segment_options options;
  options.backing = where;
  options.lifetime = lifetime::persistent;
  auto const opened = segment::try_open_or_create("on-disk", 64_KiB, options);
  if (!opened && opened.error().code() == errc::not_supported)
    GTEST_SKIP() << "NOT TESTED: the temporary directory's file system knows no O_TMPFILE: "
                 << opened.error().message();
  ASSERT_TRUE(opened) << opened.error().message();
  opened->publish<value<double>>("pi").store(3.14);
  EXPECT_TRUE(exists(directory.path() / "on-disk"));
  EXPECT_EQ(segment::list(where), std::vector<std::string>{"on-disk"});
  EXPECT_EQ(segment::try_open("on-disk").error().code(), errc::not_found) << "not in shared memory";
  EXPECT_EQ(segment::open("on-disk", where).attach<value<double>>("pi").load(), 3.14);
  EXPECT_EQ(segment::open_read_only("on-disk", where).attach<value<double>>("pi").load(), 3.14);
  EXPECT_FALSE(segment::remove_unused("on-disk", where)) << "it is in use";
  EXPECT_TRUE(segment::remove("on-disk", where));
}

TEST(segment_options, APathThatIsTooLongIsAnInvalidName) {
  auto const where = backing::directory("/tmp/" + std::string(5000, 'x'));
  EXPECT_EQ(segment::try_open("x", where).error().code(), errc::invalid_name);
  segment_options options;
  options.backing = where;
  EXPECT_EQ(segment::try_create("x", 4096, options).error().code(), errc::invalid_name);
}

TEST(segment_options, ADirectoryThatIsNotThereHasNoSegments) {
  scratch_directory const directory;
  auto const where = backing::directory(directory.path() / "none");
  segment_options options;
  options.backing = where;
  EXPECT_EQ(segment::try_open("x", where).error().code(), errc::not_found);
  EXPECT_FALSE(segment::try_open_or_create("x", 4096, options));
  EXPECT_TRUE(segment::list(where).empty());
}

}  // namespace
}  // namespace stoa
