// A file that its owner truncates under its users. The kernel answers a touch of what is gone with SIGBUS, and
// nothing can forbid it: what then happens is that, and nothing worse.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <stoa/stoa.hpp>

#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace stoa::testing;
using block = array<std::byte>;

// The file is cut to a.at(1) bytes, and then touched.
child_program const toucher{"toucher", [](child_arguments const& a) {
                              ::signal(SIGBUS, SIG_DFL);  // a sanitizer has its own answer
                              auto const home = segment::open(a.at(0));
                              auto const bytes = home.attach<block>("bytes");
                              demand(bytes[bytes.size() - 1] == std::byte{1}, "it is there");
                              std::filesystem::resize_file(std::filesystem::path{"/dev/shm"} / a.at(0),
                                                           std::stoull(a.at(1)));
                              bytes[bytes.size() - 1] = std::byte{2};
                              return 0;
                            }};

class truncated : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(truncated, EndsWhoTouchesWhatIsGoneAndIsAnErrorToWhoComes) {
  scratch_name const name;
  segment_options options;
  options.lifetime = lifetime::persistent;
  {
    auto const home = segment::create(name, 1_MiB, options);
    home.publish<block>("bytes", 512_KiB).fill(std::byte{1});
  }
  EXPECT_EQ(run_child("toucher", {name, std::to_string(GetParam())}).signal, SIGBUS);
  for (auto const& got : {segment::try_open(name), segment::try_open_read_only(name),
                          segment::try_open_or_create(name, 1_MiB)}) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), GetParam() == 0 ? errc::empty_file : errc::truncated);
  }
  // As large as before again, with zeros where the bytes were.
  std::filesystem::resize_file(name.path(), 2_MiB);
  auto const again = segment::try_open(name);
  if (GetParam() < sizeof(segment_header)) {
    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().code() == errc::empty_file || again.error().code() == errc::corrupt_segment);
  } else {
    ASSERT_TRUE(again) << "its header is whole";
    EXPECT_EQ(again->try_attach<block>("bytes").has_value(), false) << "what was published is gone";
  }
  EXPECT_EQ(segment::try_remove(name).has_value(), GetParam() != 0) << "a file of zeros never was a segment";
}

// Who only looks at what is left of it, the page of the header, sees it as any death.
TEST(truncated_file, IsADeathToTheOthers) {
  scratch_name const name;
  auto const home = segment::create(name, 1_MiB);
  home.publish<block>("bytes", 512_KiB).fill(std::byte{1});
  EXPECT_EQ(run_child("toucher", {name, "4096"}).signal, SIGBUS);
  EXPECT_EQ(home.reference_count(), 1u);
  std::filesystem::resize_file(name.path(), home.size());  // so that this process may leave
}
INSTANTIATE_TEST_SUITE_P(to_so_many_bytes, truncated, ::testing::Values(0, 100, 4096));

}  // namespace
}  // namespace stoa
