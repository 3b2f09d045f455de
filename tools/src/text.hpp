// text.hpp: how bytes, sizes and times are spelled for people and for JSON.
//
// Names and texts come from segments that anybody may have written: they are made harmless before
// they reach a terminal (no control characters) or a JSON reader (valid UTF-8, escaped).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace stoa::tools {

enum class notation { text, json };

// Control characters and bytes that are no UTF-8 as \xNN; everything else as it is.
std::string printable(std::string_view text);
// In double quotes. For people what cannot be shown becomes \xNN; in JSON control characters become
// \u00NN, and a byte that is no UTF-8, which JSON cannot carry, becomes U+FFFD.
std::string quoted(std::string_view text, notation how);

// Whether it is UTF-8 that can be shown: no control characters but tabs and line breaks.
bool is_text(std::string_view bytes);

// "512 B", "1.5 KiB", "64.0 MiB".
std::string human_bytes(std::uint64_t bytes);
// "1 element", "2 elements".
std::string counted(std::uint64_t count, std::string_view noun);
// Local time, to the second.
std::string date(std::uint64_t ns_since_1970);

// Columns on a terminal: code points of UTF-8.
std::size_t width(std::string_view text) noexcept;

}  // namespace stoa::tools
