// A participant that may only read: neither its descriptor nor its mapping can write.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <stoa/stoa.hpp>
#include <vector>

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
      demand(rights_of_mappings(path.string()) == std::multiset<std::string>{"r--s"}, "one mapping, which cannot either");
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

}  // namespace
}  // namespace stoa::testing
