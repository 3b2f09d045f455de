#include "text_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ranges>

namespace logs {
namespace {

namespace fs = std::filesystem;

bool is_text(std::span<char const> beginning) {
  return !beginning.empty() && std::ranges::find(beginning, '\0') == beginning.end();
}

void add_file(fs::path const& path, std::vector<text_source>& to) {
  std::error_code ignored;
  text_source one{fs::file_size(path, ignored), examples::to_text<sizeof(text_source::path)>(path.native())};
  if (ignored || path.native().size() >= one.path.size()) return;
  std::array<char, 4096> beginning;
  auto const got = text_file{one}.read(0, beginning).bytes;
  if (is_text(std::span{beginning}.first(got))) to.push_back(one);
}

void add_directory(fs::path const& path, std::vector<text_source>& to) {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator at{path, fs::directory_options::skip_permission_denied, ignored}, end;
       at != end; at.increment(ignored)) {
    if (at->is_regular_file(ignored) && !at->is_symlink(ignored)) found.push_back(at->path());
    if (ignored) ignored.clear();
  }
  std::ranges::sort(found);
  for (auto const& each : found) add_file(each, to);
}

}  // namespace

std::size_t chunk_length(std::string_view window) {
  auto const line_break = window.rfind('\n');
  if (line_break != window.npos) return line_break + 1;
  auto const at = std::find_if_not(window.rbegin(), window.rend(), is_letter);
  return static_cast<std::size_t>(window.rend() - at);
}

std::vector<text_source> find_text(std::vector<std::string> const& paths) {
  std::vector<text_source> out;
  for (fs::path const each : paths) {
    std::error_code ignored;
    if (fs::is_directory(each, ignored)) {
      add_directory(each, out);
    } else {
      add_file(each, out);
    }
  }
  return out;
}

text_file::text_file(text_source const& what)
    : file_{::open(std::string{examples::view_of(what.path)}.c_str(), O_RDONLY | O_CLOEXEC)}, bytes_{what.bytes} {}

text_file::~text_file() {
  if (file_ >= 0) ::close(file_);
}

// Up to where the file ended when it was found. Less than asked for only at its end, which is also where it cannot be
// read.
std::size_t text_file::read_some(std::uint64_t offset, std::span<char> into) const {
  into = into.first(std::min<std::size_t>(into.size(), bytes_ - std::min(bytes_, offset)));
  std::size_t done = 0;
  while (done < into.size()) {
    auto const got = ::pread(file_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::uint64_t text_file::end_of_word(std::uint64_t offset) const {
  std::array<char, 4096> text;
  for (;;) {
    auto const got = std::span{text}.first(read_some(offset, text));
    auto const end = std::ranges::find_if_not(got, is_letter);
    offset += static_cast<std::uint64_t>(end - got.begin());
    if (end != got.end() || got.empty()) return offset;
  }
}

text_file::chunk text_file::read(std::uint64_t offset, std::span<char> into) const {
  auto const got = read_some(offset, into);
  if (got < into.size() || offset + got == bytes_) return {got, offset + got};
  auto const length = chunk_length({into.data(), got});
  // One word that is longer than a chunk: of which only the beginning counts.
  if (length == 0) return {got, end_of_word(offset + got)};
  return {length, offset + length};
}

}  // namespace logs
