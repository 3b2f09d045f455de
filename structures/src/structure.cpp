#include <fmt/format.h>

#include <stoa/structure.hpp>

namespace stoa {

failure damaged(attached_entry const& entry, std::string_view what) {
  return {errc::corrupt_structure, fmt::format("{}: {}", entry.where(), what)};
}

failure damaged(entry_view const& entry, std::string_view what) {
  return {errc::corrupt_structure, fmt::format("{} '{}': {}", entry.kind(), entry.name(), what)};
}

failure cannot_hold(std::string_view kind, std::uint64_t count, std::uint64_t element_bytes) {
  return {errc::no_space, fmt::format("{} of {} elements of {} bytes: more than memory can address", kind,
                                      count, element_bytes)};
}

result<std::uint64_t> bytes_of_elements(std::string_view kind, std::uint64_t header_bytes,
                                        std::uint64_t count, std::uint64_t element_bytes) {
  if (count == 0) return failure{errc::invalid_argument, fmt::format("{} of no elements", kind)};
  auto const bytes = checked_extent(header_bytes, count, element_bytes);
  if (!bytes || *bytes > std::uint64_t{1} << 62) return cannot_hold(kind, count, element_bytes);
  return *bytes;
}

result<void> check_writable(attached_entry const& entry, std::string_view operation) {
  if (entry.owner().is_read_only())
    return failure{errc::read_only, fmt::format("{}: attached read-only, cannot {}", entry.where(), operation)};
  if (entry.owner().was_inherited())
    return failure{errc::forked, fmt::format("{}: attached before fork(): the child must open the segment for "
                                             "itself", entry.where())};
  return {};
}

}  // namespace stoa
