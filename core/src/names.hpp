// names.hpp: which names are allowed. Too long is refused, never cut.
#pragma once
#include <stoa/base/result.hpp>
#include <stoa/segment_format.hpp>
#include <string_view>

namespace stoa {

inline constexpr std::size_t longest_segment_name = 200;
inline constexpr std::size_t longest_entry_name = name_capacity - 1;

result<void> check_segment_name(std::string_view name);
result<void> check_entry_name(std::string_view segment, std::string_view name);

}  // namespace stoa
