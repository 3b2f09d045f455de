// Files that are not, or not any more, segments: each has an error of its own, and none does harm.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <stoa/stoa.hpp>

#include "child.hpp"
#include "header_check.hpp"
#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using ::testing::AllOf;
using testing::child;
using testing::child_arguments;
using testing::child_program;
using ::testing::HasSubstr;
using testing::scratch_name;

void write_file(std::filesystem::path const& path, std::string const& bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc}.write(bytes.data(), std::ssize(bytes));
}

// The bytes of a segment with a little in it.
std::string bytes_of_a_segment() {
  scratch_name const name;
  segment_options options;
  options.max_entries = 4;
  auto const made = segment::create(name, 4096, options);
  made.publish<value<int>>("v").store(1);
  auto const* const base = reinterpret_cast<char const*>(made.attachment().map().base());
  return {base, base + made.size()};
}

std::string with_header(std::string bytes, std::function<void(segment_header&)> const& change) {
  alignas(segment_header) std::array<std::byte, sizeof(segment_header)> copy;
  std::memcpy(copy.data(), bytes.data(), copy.size());
  auto& header = *reinterpret_cast<segment_header*>(copy.data());
  change(header);
  std::memcpy(bytes.data(), copy.data(), copy.size());
  return bytes;
}

// Nothing, if it is no file, and leads to none.
std::string bytes_in(std::filesystem::path const& path) {
  if (!is_regular_file(path)) return {};
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// What open() says; open_read_only() and open_or_create() must say the same, and write nothing to it.
failure refusal(scratch_name const& name) {
  auto const before = bytes_in(name.path());
  auto const opened = segment::try_open(name);
  auto const read_only = segment::try_open_read_only(name);
  auto const either = segment::try_open_or_create(name, 4096);
  EXPECT_TRUE(bytes_in(name.path()) == before) << "it was none of ours";
  if (opened || read_only || either) return {};
  EXPECT_EQ(opened.error().code(), read_only.error().code());
  EXPECT_EQ(opened.error().code(), either.error().code());
  EXPECT_THAT(opened.error().message(), HasSubstr(name.str()));
  return opened.error();
}

TEST(segment_file, ACopyOfASegmentIsASegment) {
  scratch_name const name;
  write_file(name.path(), bytes_of_a_segment());
  auto const opened = segment::try_open(name);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->attach<value<int>>("v").load(), 1);
  EXPECT_EQ(opened->reference_count(), 1u);
}

TEST(segment_file, AnEmptyFileIsSaidToBeEmpty) {
  scratch_name const name;
  write_file(name.path(), "");
  auto const said = refusal(name);
  EXPECT_EQ(said.code(), errc::empty_file);
  EXPECT_THAT(said.message(),
              AllOf(HasSubstr("expected a stoa segment"), HasSubstr("an empty file")));
}

TEST(segment_file, AFileOfZerosIsSaidToBeOne) {
  scratch_name const name;
  for (std::size_t const bytes : {1u, 100u, 256u, 5000u, 100'000u}) {
    write_file(name.path(), std::string(bytes, '\0'));
    auto const said = refusal(name);
    EXPECT_EQ(said.code(), errc::empty_file) << bytes;
    EXPECT_THAT(said.message(), HasSubstr("zero bytes"));
  }
}

TEST(segment_file, AForeignFileIsForeign) {
  scratch_name const name;
  for (std::string const& bytes :
       {std::string{"x"}, std::string(256, 'x'), std::string(100'000, 'x'), std::string{"stoa"},
        std::string{"STOASEG\0", 8} + std::string(300, '\0')}) {
    write_file(name.path(), bytes);
    EXPECT_EQ(refusal(name).code(), errc::foreign_file) << bytes.size();
  }
}

TEST(segment_file, ATruncatedSegmentIsSaidToBeTruncated) {
  auto const whole = bytes_of_a_segment();
  scratch_name const name;
  for (std::size_t const bytes :
       {std::size_t{8}, std::size_t{127}, std::size_t{255}, std::size_t{256}, std::size_t{4095},
        std::size_t{4096}, whole.size() / 2, whole.size() - 4096, whole.size() - 1}) {
    write_file(name.path(), whole.substr(0, bytes));
    auto const said = refusal(name);
    EXPECT_EQ(said.code(), errc::truncated) << bytes;
    EXPECT_THAT(said.message(),
                AllOf(HasSubstr("expected"), HasSubstr("found " + std::to_string(bytes))));
  }
}

TEST(segment_file, AnUnknownVersionIsNamed) {
  scratch_name const name;
  auto const bytes = with_header(bytes_of_a_segment(), [](auto& header) { header.version = 77; });
  write_file(name.path(), bytes);
  auto const said = refusal(name);
  EXPECT_EQ(said.code(), errc::unsupported_version);
  EXPECT_THAT(said.message(), AllOf(HasSubstr("expected format version 1"), HasSubstr("found 77")));
}

TEST(segment_file, AnUnknownFeatureIsAnUnknownVersion) {
  scratch_name const name;
  write_file(name.path(), with_header(bytes_of_a_segment(), [](auto& header) {
               header.features = 8;
               header.checksum = header_checksum(header);
             }));
  auto const said = refusal(name);
  EXPECT_EQ(said.code(), errc::unsupported_version);
  EXPECT_THAT(said.message(), HasSubstr("0x8"));
}

TEST(segment_file, AnotherByteOrderIsNamed) {
  scratch_name const name;
  write_file(name.path(), with_header(bytes_of_a_segment(),
                                      [](auto& header) { header.byte_order = 0x04030201; }));
  EXPECT_EQ(refusal(name).code(), errc::wrong_byte_order);
}

TEST(segment_file, AHeaderWithAWrongChecksumIsDamaged) {
  scratch_name const name;
  write_file(name.path(),
             with_header(bytes_of_a_segment(), [](auto& header) { ++header.max_lanes; }));
  auto const said = refusal(name);
  EXPECT_EQ(said.code(), errc::corrupt_segment);
  EXPECT_THAT(said.message(), AllOf(HasSubstr("expected"), HasSubstr("found")));
}

// A checksum proves nothing: whoever can write a header can write its checksum.
TEST(segment_file, AHeaderThatContradictsItselfIsDamagedWhateverItsChecksum) {
  std::function<void(segment_header&)> const changes[] = {
      [](auto& h) { h.max_entries = 0; },
      [](auto& h) { h.max_entries = most_entries + 1; },
      [](auto& h) { h.max_participants += 1000; },
      [](auto& h) { h.max_participants = ~0u; },
      [](auto& h) { h.max_lanes = 0; },
      [](auto& h) { h.name_slots *= 2; },
      [](auto& h) { h.name_slots = 0; },
      [](auto& h) { h.participants_offset += 128; },
      [](auto& h) { h.attachments_offset = ~0ull; },
      [](auto& h) { h.lanes_offset -= 128; },
      [](auto& h) { h.name_words_offset = 0; },
      [](auto& h) { h.entries_offset += 8; },
      [](auto& h) { h.extents_offset = h.total_bytes + 4096; },
      [](auto& h) { h.extents_offset = 0; },
      [](auto& h) { h.total_bytes = 0; },
      [](auto& h) { h.total_bytes -= 1; },
      [](auto& h) { h.total_bytes = ~0ull; },
  };
  scratch_name const name;
  auto const good = bytes_of_a_segment();
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    write_file(name.path(), with_header(good, [&](auto& header) {
                 changes[i](header);
                 header.checksum = header_checksum(header);
               }));
    EXPECT_EQ(refusal(name).code(), errc::corrupt_segment) << "change " << i;
  }
}

TEST(segment_file, AHeaderThatPromisesMoreThanTheFileHasIsTruncated) {
  scratch_name const name;
  for (auto const more : {std::uint64_t{4096}, std::uint64_t{1} << 50}) {
    write_file(name.path(), with_header(bytes_of_a_segment(), [&](auto& header) {
                 header.total_bytes += more;
                 header.checksum = header_checksum(header);
               }));
    EXPECT_EQ(refusal(name).code(), errc::truncated) << more;
  }
}

TEST(segment_file, ADirectoryIsForeign) {
  scratch_name const name;
  std::filesystem::create_directory(name.path());
  EXPECT_EQ(refusal(name).code(), errc::foreign_file);
  auto const removed = segment::try_remove(name);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code(), errc::foreign_file);
  EXPECT_TRUE(exists(name.path()));
}

TEST(segment_file, AFifoIsForeignAndHoldsNobodyUp) {
  scratch_name const name;
  ASSERT_EQ(::mkfifo(name.path().c_str(), 0600), 0);
  EXPECT_EQ(refusal(name).code(), errc::foreign_file);
}

TEST(segment_file, ASocketIsForeign) {
  scratch_name const name;
  int const socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.path().string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr const*>(&address), sizeof(address)), 0);
  EXPECT_EQ(refusal(name).code(), errc::foreign_file);
  ::close(socket);
}

TEST(segment_file, ASymbolicLinkIsNotFollowed) {
  scratch_name const name;
  scratch_name const target;
  std::filesystem::create_symlink(target.path(), name.path());
  EXPECT_EQ(refusal(name).code(), errc::foreign_file) << "to nothing";
  EXPECT_FALSE(exists(target.path())) << "nothing may be created where it points";
  auto const made = segment::create(target, 4096);
  EXPECT_EQ(refusal(name).code(), errc::foreign_file) << "to a segment";
}

TEST(segment_file, WhatNeverWasASegmentIsNotRemoved) {
  scratch_name const name;
  std::string const foreign(5000, 'x');
  write_file(name.path(), foreign);
  for (auto const& removed : {segment::try_remove(name), segment::try_remove_unused(name)}) {
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code(), errc::foreign_file);
  }
  EXPECT_TRUE(bytes_in(name.path()) == foreign);
}

TEST(segment_file, ADamagedSegmentCanBeRemoved) {
  scratch_name const name;
  auto const good = bytes_of_a_segment();
  write_file(name.path(), good.substr(0, good.size() / 2));
  EXPECT_EQ(segment::list().empty(), false);
  EXPECT_TRUE(segment::remove_unused(name));
  write_file(name.path(), with_header(good, [](auto& header) { header.version = 9; }));
  EXPECT_TRUE(segment::remove(name));
  EXPECT_FALSE(exists(name.path()));
}

TEST(segment_file, NamesThatCannotBeFilesAreRefusedAsNames) {
  auto const code = [](std::string_view name) {
    auto const opened = segment::try_open(name);
    auto const made = segment::try_create(name, 4096);
    auto const removed = segment::try_remove(name);
    EXPECT_FALSE(opened || made || removed) << name;
    if (opened || made || removed) return errc{};
    EXPECT_EQ(opened.error().code(), made.error().code());
    EXPECT_EQ(opened.error().code(), removed.error().code());
    EXPECT_EQ(opened.error().code(), segment::try_open_read_only(name).error().code());
    return opened.error().code();
  };
  EXPECT_EQ(code(""), errc::invalid_name);
  EXPECT_EQ(code(std::string(201, 'x')), errc::invalid_name);
  EXPECT_EQ(code(std::string(10'000, 'x')), errc::invalid_name);
  EXPECT_EQ(code("a/b"), errc::invalid_name);
  EXPECT_EQ(code("/a"), errc::invalid_name);
  EXPECT_EQ(code("../dev/shm/a"), errc::invalid_name);
  EXPECT_EQ(code("."), errc::invalid_name);
  EXPECT_EQ(code(".."), errc::invalid_name);
  EXPECT_EQ(code(".hidden"), errc::invalid_name);
  EXPECT_EQ(code({"a\0b", 3}), errc::invalid_name);
}

TEST(segment_file, TheMessageOfALongNameSaysHowLong) {
  auto const opened = segment::try_open(std::string(201, 'x'));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), AllOf(HasSubstr("201 bytes"), HasSubstr("200")));
}

// Runs as nobody: opens and must be refused, then tries to remove, and without the library what needs a descriptor or
// the right to write: to read, lock and truncate. Status 0: refused as expected.
child_program const stranger{
    "stranger", [](child_arguments const& a) {
      if (::geteuid() == 0) {
        auto const* const nobody = ::getpwnam("nobody");
        if (nobody == nullptr || ::setgid(nobody->pw_gid) != 0 || ::setuid(nobody->pw_uid) != 0)
          return 10;
      }
      auto const denied = [](auto const& got) {
        return !got && got.error().code() == errc::permission_denied;
      };
      auto const opened = segment::try_open(a.at(0));
      if (!denied(opened)) return 1;
      if (opened.error().message().find(a.at(0)) == std::string::npos) return 2;
      if (!denied(segment::try_open_read_only(a.at(0)))) return 3;
      if (!denied(segment::try_open_or_create(a.at(0), 4096))) return 4;
      if (!denied(segment::try_remove(a.at(0)))) return 5;
      auto const path = "/dev/shm/" + a.at(0);
      for (int const how : {O_RDONLY, O_WRONLY, O_RDWR})
        if (::open(path.c_str(), how | O_CLOEXEC) >= 0 || errno != EACCES) return 6;
      if (::truncate(path.c_str(), 0) == 0 || errno != EACCES) return 7;
      return 0;
    }};

TEST(segment_file, ASegmentOfAnotherUserIsDenied) {
  scratch_name const name;
  auto const made = segment::create(name, 4096);
  // Who is not root is a stranger to his own file without rights.
  ASSERT_EQ(::chmod(name.path().c_str(), ::geteuid() == 0 ? 0600 : 0), 0);
  auto other = child::start("stranger", {name});
  EXPECT_EQ(other.wait().exit_code, 0);
  EXPECT_TRUE(exists(name.path()));
}

// Runs as nobody on a segment that everybody may read.
child_program const reading_stranger{
    "reading-stranger", [](child_arguments const& a) {
      auto const* const nobody = ::getpwnam("nobody");
      if (nobody == nullptr || ::setgid(nobody->pw_gid) != 0 || ::setuid(nobody->pw_uid) != 0)
        return 10;
      if (segment::try_open(a.at(0))) return 1;
      auto const reader = segment::try_open_read_only(a.at(0));
      if (!reader) return 2;
      if (reader->attach<value<int>>("v").load() != 7) return 3;
      if (reader->reference_count() != 1) return 4;
      return 0;
    }};

TEST(segment_file, WhoMayOnlyReadReads) {
  if (::geteuid() != 0) GTEST_SKIP() << "NOT TESTED: needs root, to become another user";
  scratch_name const name;
  segment_options options;
  options.permissions = 0644;
  auto const made = segment::create(name, 4096, options);
  made.publish<value<int>>("v").store(7);
  auto other = child::start("reading-stranger", {name});
  EXPECT_EQ(other.wait().exit_code, 0);
}

}  // namespace
}  // namespace stoa
