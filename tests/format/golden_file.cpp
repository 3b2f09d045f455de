#include "golden_file.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace stoa::testing {
namespace {

constexpr std::size_t line_bytes = 16;

void append_line(std::string& out, golden_bytes const& bytes, std::size_t offset) {
  char text[32];
  std::snprintf(text, sizeof(text), "%08zx ", offset);
  out += text;
  for (auto i = offset; i < std::min(offset + line_bytes, bytes.size()); ++i) {
    std::snprintf(text, sizeof(text), " %02x", std::to_integer<unsigned>(bytes[i]));
    out += text;
  }
  out += '\n';
}

}  // namespace

std::string read_text(std::filesystem::path const& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) throw std::runtime_error{"cannot read " + file.string()};
  return {std::istreambuf_iterator<char>{in}, {}};
}

golden_bytes read_file(std::filesystem::path const& file) {
  auto const text = read_text(file);
  golden_bytes bytes(text.size());
  std::ranges::transform(text, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

void write_file(std::filesystem::path const& file, golden_bytes const& bytes) {
  std::ofstream out{file, std::ios::binary};
  out.write(reinterpret_cast<char const*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error{"cannot write " + file.string()};
}

golden_bytes read_golden(std::filesystem::path const& file) {
  std::istringstream in{read_text(file)};
  std::string word;
  std::size_t total = 0;
  if (!(in >> word >> total) || word != "bytes")
    throw std::runtime_error{file.string() + " does not begin with its size"};
  golden_bytes bytes(total);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields{line};
    std::size_t offset = 0;
    fields >> std::hex >> offset;
    for (unsigned value = 0; fields >> value; ++offset)
      bytes.at(offset) = static_cast<std::byte>(value);
  }
  return bytes;
}

std::string to_golden_text(golden_bytes const& bytes) {
  auto out = "bytes " + std::to_string(bytes.size()) + '\n';
  for (std::size_t offset = 0; offset < bytes.size(); offset += line_bytes) {
    auto const begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
    auto const end =
        begin + static_cast<std::ptrdiff_t>(std::min(line_bytes, bytes.size() - offset));
    if (std::any_of(begin, end, [](std::byte b) { return b != std::byte{0}; }))
      append_line(out, bytes, offset);
  }
  return out;
}

}  // namespace stoa::testing
