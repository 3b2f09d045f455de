// The main of a fuzz target that is no fuzzer: feeds it the files it is given, and all files of directories, once each.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
extern "C" [[gnu::weak]] int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

constexpr unsigned most_seconds = 20;  // generous, as the machine may be busy; a hang lasts for ever

void replay(std::filesystem::path const& file) {
  std::ifstream from{file, std::ios::binary};
  std::vector<char> const bytes{std::istreambuf_iterator<char>{from}, {}};
  std::printf("%s\n", file.c_str());
  std::fflush(stdout);  // if it is the last line, that one did it
  ::alarm(most_seconds);
  LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::set<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) files.insert(argv[i]);
    else
      for (auto const& each : std::filesystem::directory_iterator{argv[i]}) files.insert(each.path());
  }
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  for (auto const& each : files) replay(each);
  ::alarm(0);
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
