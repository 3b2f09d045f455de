// header_check.hpp: reading a header that anybody may have written.
#pragma once
#include <stoa/base/result.hpp>
#include <stoa/segment_format.hpp>

namespace stoa {

class segment_file;

struct checked_header {
  segment_limits limits;
  segment_layout layout;
};

std::uint64_t header_checksum(segment_header const& header) noexcept;

// empty_file, foreign_file, wrong_byte_order, unsupported_version, truncated or corrupt_segment,
// each with what was expected and what was found. Reads without mapping.
result<checked_header> read_header(segment_file const& file);

}  // namespace stoa
