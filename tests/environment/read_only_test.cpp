// A participant that may only read: neither its descriptor nor its mapping can write, and no call of any structure
// changes a byte, those that would are refused.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stoa/stoa.hpp>
#include <vector>

#include "hostile_subjects.hpp"
#include "scratch.hpp"
#include "surroundings.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;

// The flags of all descriptors that refer to the file.
std::vector<int> flags_of_descriptors(std::filesystem::path const& path) {
  std::vector<int> out;
  std::error_code gone;
  for (auto const& each : std::filesystem::directory_iterator{"/proc/self/fd"})
    if (std::filesystem::read_symlink(each.path(), gone) == path)
      out.push_back(::fcntl(std::stoi(each.path().filename().string()), F_GETFL) & O_ACCMODE);
  return out;
}

// In a process of its own: its mappings are those of the reader alone.
child_program const reader{
    "reader", [](child_arguments const& a) {
      auto const path = std::filesystem::path{"/dev/shm"} / a.at(0);
      auto const in = segment::open_read_only(a.at(0));
      auto const numbers = in.attach<array<int const>>("numbers");
      demand(numbers[0] == 7, "it reads");
      demand(flags_of_descriptors(path) == std::vector<int>{O_RDONLY}, "one descriptor, which cannot write");
      demand(rights_of_mappings(path.string()) == std::multiset<std::string>{"r--s"}, "one mapping, which cannot");
      auto const& map = in.attachment().map();
      demand(::mprotect(map.base(), map.layout().total_bytes, PROT_READ | PROT_WRITE) != 0 && errno == EACCES,
             "the kernel does not let it become writable");
      return 0;
    }};

TEST(read_only, MappingAndDescriptorHaveNoRightToWrite) {
  scratch_name const name;
  auto const home = segment::create(name, 64_KiB);
  home.publish<array<int>>("numbers", 4).fill(7);
  EXPECT_EQ(run_child("reader", {name}).exit_code, 0);
}

class read_only : public ::testing::TestWithParam<std::string> {};

// In a process of its own: what writes where it may not ends it.
child_program const tries_everything{"tries-everything", [](child_arguments const& a) {
                                       auto const in = segment::open_read_only(a.at(0));
                                       auto const& it = subjects().at(a.at(1));
                                       look_at_entries(in);
                                       tolerate([&] {
                                         auto const all = it.attach(in);
                                         for (auto const& each : all.looking) tolerate(each);
                                         // A client and a server of an exchange are refused as such.
                                         if (a.at(1) != "exchange")
                                           for (auto const& each : all.changing) tolerate(each);
                                       });
                                       static_cast<void>(in.participants().size());
                                       demand(!in.try_publish<value<int>>("new"), "publishing is refused");
                                       demand(!in.try_erase("it"), "erasing is refused");
                                       return 0;
                                     }};

TEST_P(read_only, NoCallOfAnyStructureChangesAByte) {
  scratch_name const name;
  auto const home = segment::create(name, 256_KiB);
  subjects().at(GetParam()).publish(home);
  auto const* const base = home.attachment().map().base();
  std::vector<std::byte> const before(base, base + home.size());
  EXPECT_EQ(run_child("tries-everything", {name, GetParam()}).exit_code, 0);
  EXPECT_TRUE(std::ranges::equal(before, std::span{base, home.size()}));
  EXPECT_EQ(home.reference_count(), 1u);
}

TEST(read_only_exchange, HasNeitherClientNorServer) {
  scratch_name const name;
  auto const home = segment::create(name, 256_KiB);
  home.publish<exchange>("it", 3, 50);
  auto const it = segment::open_read_only(name).attach<exchange>("it");
  EXPECT_THROW(static_cast<void>(it.client()), error);
  EXPECT_THROW(static_cast<void>(it.server()), error);
}

std::vector<std::string> all_subjects() {
  std::vector<std::string> out;
  for (auto const& [name, what] : subjects())
    if (name != "array") out.push_back(name);  // plain memory: to write to it is SIGSEGV, as to any constant memory
  return out;
}
INSTANTIATE_TEST_SUITE_P(of, read_only, ::testing::ValuesIn(all_subjects()));

}  // namespace
}  // namespace stoa::testing
