// golden_file.hpp: segments as text, so that a change of bytes shows up as a change of lines.
//
//   bytes 40960
//   00000000  73 74 6f 61 73 65 67 00 01 00 00 00 04 03 02 01
//
// Sixteen bytes a line, at the offset in front; lines of zeros are left out.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace stoa::testing {

using golden_bytes = std::vector<std::byte>;

golden_bytes read_golden(std::filesystem::path const& file);
std::string to_golden_text(golden_bytes const& bytes);
golden_bytes read_file(std::filesystem::path const& file);
void write_file(std::filesystem::path const& file, golden_bytes const& bytes);
std::string read_text(std::filesystem::path const& file);

}  // namespace stoa::testing
