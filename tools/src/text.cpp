#include "text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>

namespace stoa::tools {
namespace {

constexpr unsigned char byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

// Bytes of the code point that `text` begins with, 0 if it begins with none. Overlong forms,
// surrogates and what lies beyond U+10FFFF are not UTF-8.
std::size_t code_point_bytes(std::string_view text) noexcept {
  auto const lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  std::size_t const bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return 0;
  unsigned const second = byte_at(text, 1);
  unsigned const least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned const most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (second < least || second > most) return 0;
  for (std::size_t i = 2; i < bytes; ++i)
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  return bytes;
}

// C0, DEL, and C1, which some terminals obey as well.
bool is_control(std::string_view code_point) noexcept {
  auto const lead = byte_at(code_point, 0);
  return lead < 0x20 || lead == 0x7F || (lead == 0xC2 && byte_at(code_point, 1) < 0xA0);
}

void append_hex(std::string& out, std::string_view bytes) {
  for (char const each : bytes)
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(each));
}

// A code point or, if the text begins with none, its first byte.
std::string_view first_of(std::string_view text) noexcept {
  return text.substr(0, std::max<std::size_t>(code_point_bytes(text), 1));
}

bool append_short_escape(std::string& out, char each) {
  switch (each) {
    case '"': out += "\\\""; return true;
    case '\\': out += "\\\\"; return true;
    case '\n': out += "\\n"; return true;
    case '\t': out += "\\t"; return true;
    case '\r': out += "\\r"; return true;
    default: return false;
  }
}

void append_escaped(std::string& out, std::string_view first, notation how) {
  if (first.size() == 1 && append_short_escape(out, first[0])) return;
  bool const is_valid = code_point_bytes(first) != 0;
  if (is_valid && !is_control(first))
    out += first;
  else if (how == notation::text)
    append_hex(out, first);
  else if (!is_valid)
    out += "\\ufffd";
  else  // C1 controls are one code point of two bytes, and equal to the second
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte_at(first, first.size() - 1));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const first = first_of(text);
    if (code_point_bytes(first) == 0 || is_control(first))
      append_hex(out, first);
    else
      out += first;
    text.remove_prefix(first.size());
  }
  return out;
}

std::string quoted(std::string_view text, notation how) {
  std::string out{'"'};
  while (!text.empty()) {
    auto const first = first_of(text);
    append_escaped(out, first, how);
    text.remove_prefix(first.size());
  }
  return out += '"';
}

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const first = first_of(bytes);
    bool const is_space = first == "\n" || first == "\t" || first == "\r";
    if (code_point_bytes(first) == 0 || (is_control(first) && !is_space)) return false;
    bytes.remove_prefix(first.size());
  }
  return true;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto scaled = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // From here on it would be printed as 1024.0 of the smaller unit.
  for (; scaled >= 1023.95 && unit + 1 < units.size(); ++unit) scaled /= 1024;
  return fmt::format("{:.1f} {}", scaled, units[unit]);
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string date(std::uint64_t ns_since_1970) {
  auto const seconds = static_cast<std::time_t>(ns_since_1970 / 1'000'000'000);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(seconds));
}

std::size_t width(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char each) { return (static_cast<unsigned char>(each) & 0xC0) != 0x80; }));
}

}  // namespace stoa::tools
