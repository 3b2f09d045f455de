#include "seeds.hpp"

#include <filesystem>
#include <set>
#include <stoa/heap.hpp>

#include "golden_file.hpp"
#include "scratch.hpp"

namespace stoa::fuzz {
namespace {

using namespace testing;

seed seed_of(std::string const& name, subject const& what) {
  seed out{name, &what, specimen_with(what), 0};
  out.structure_end = out.whole.parts("structure").at(0).end;
  // Boost's bytes are trusted by who uses a heap.
  if (name == "heap")
    for (auto& each : out.whole.ranges)
      if (each.part == "structure") each.end = each.begin + sizeof(heap_header);
  return out;
}

seed golden_seed(std::string const& file) {
  scratch_name const name;
  write_file(name.path(), read_golden(std::filesystem::path{STOA_GOLDEN_DIRECTORY} / file));
  return {file, nullptr, specimen_of(segment::open_read_only(name)), 0};
}

std::vector<seed> made() {
  std::vector<seed> out;
  for (auto const& [name, what] : subjects()) out.push_back(seed_of(name, what));
  std::set<std::string> golden;
  for (auto const& each : std::filesystem::directory_iterator{STOA_GOLDEN_DIRECTORY})
    golden.insert(each.path().filename().string());
  for (auto const& file : golden) out.push_back(golden_seed(file));
  return out;
}

}  // namespace

std::vector<seed> const& seeds() {
  static std::vector<seed> const all = made();
  return all;
}
std::size_t structure_seeds() {
  return testing::subjects().size();
}

}  // namespace stoa::fuzz
