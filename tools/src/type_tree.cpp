#include "type_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stoa/base/layout.hpp>
#include <utility>

#include "text.hpp"

namespace stoa::tools {
namespace {

// What printing this costs, in units of a printed value per byte; nullopt: more than can be counted.
std::optional<std::uint64_t> cost_of(type_tree const& type) {
  std::optional<std::uint64_t> sum = 0;
  for (auto const& part : type.parts) {
    auto const cost = cost_of(part.type);
    sum = sum && cost ? checked_add(*sum, *cost) : std::nullopt;
  }
  if (type.kind == type_kind::array && sum) sum = checked_multiply(*sum, type.count);
  if (type.parts.empty()) sum = type.bytes;
  return sum ? std::optional{std::max<std::uint64_t>(*sum, 1)} : std::nullopt;
}

constexpr bool is_name_byte(char each) noexcept {
  return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
         (each >= '0' && each <= '9') || each == '_' || each == '$' ||
         static_cast<unsigned char>(each) >= 0x80;  // identifiers may be UTF-8
}

// Recursive descent. A member returns nullopt after it has called refuse() with the reason.
class parser {
 public:
  explicit parser(std::string_view text) noexcept : text_{text} {}

  result<type_tree> parse() {
    auto root = element(0);
    if (root && place_ != text_.size()) root = expected("the end");
    if (root) {
      auto const cost = cost_of(*root);
      if (!cost || *cost / most_overlap > root->bytes) root = refuse("its parts overlap");
    }
    if (root) return std::move(*root);
    return failure{errc::corrupt_structure, reason_};
  }

 private:
  std::nullopt_t refuse(std::string_view why) {
    constexpr std::size_t shown = 40;
    auto const rest = text_.substr(std::min(place_, text_.size()));
    reason_ = fmt::format("type descriptor, byte {}: {}, found {}{}", place_, why,
                          quoted(rest.substr(0, shown), notation::text),
                          rest.size() > shown ? "..." : "");
    return std::nullopt;
  }
  std::nullopt_t expected(std::string_view what) { return refuse(fmt::format("expected {}", what)); }

  char next() const noexcept { return place_ < text_.size() ? text_[place_] : '\0'; }
  bool accept(char wanted) noexcept {
    if (place_ == text_.size() || text_[place_] != wanted) return false;
    ++place_;
    return true;
  }
  // Decimal, without sign or leading zeros.
  std::optional<std::uint64_t> number() {
    auto const* const begin = text_.data() + place_;
    std::uint64_t value = 0;
    auto const [end, problem] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (problem != std::errc{} || (*begin == '0' && end != begin + 1))
      return expected("a number below 2^64");
    place_ += static_cast<std::size_t>(end - begin);
    return value;
  }
  std::optional<std::uint64_t> size() {
    if (next() == '0') return expected("a size");
    return number();
  }

  std::optional<type_tree> element(unsigned depth) {
    if (depth == deepest_type) return refuse("nested too deeply");
    auto type = simple_element(depth);
    while (type && accept('[')) type = array_of(std::move(*type));
    return type;
  }
  std::optional<type_tree> simple_element(unsigned depth) {
    if (accept('{')) return structure(depth);
    if (accept('?')) return opaque();
    if (accept('<')) return scalar(true);
    if (accept('|')) return accept('S') ? sized(type_kind::text) : scalar(false);
    return expected("a type");
  }
  static type_tree made(type_kind kind, std::uint64_t bytes) {
    type_tree type;
    type.kind = kind;
    type.bytes = bytes;
    return type;
  }
  // Adds `part`, which may be as deep as is allowed less one level.
  bool add(type_tree& whole, type_part part) {
    whole.levels = std::max(whole.levels, part.type.levels + 1);
    whole.parts.push_back(std::move(part));
    if (whole.levels <= deepest_type) return true;
    refuse("nested too deeply");
    return false;
  }
  std::optional<type_tree> sized(type_kind kind) {
    auto const bytes = size();
    if (!bytes) return std::nullopt;
    return made(kind, *bytes);
  }
  std::optional<type_tree> scalar(bool has_byte_order);
  std::optional<type_tree> opaque();
  std::optional<type_tree> array_of(type_tree element);
  std::optional<type_tree> structure(unsigned depth);
  std::optional<type_part> member(unsigned depth);

  std::string_view text_;
  std::size_t place_ = 0;
  std::string reason_;
};

// One byte has no order and is written with '|', more are little-endian.
std::optional<type_tree> parser::scalar(bool has_byte_order) {
  constexpr std::string_view letters = "iufb";
  constexpr std::array kinds{type_kind::signed_integer, type_kind::unsigned_integer,
                             type_kind::floating_point, type_kind::boolean};
  auto const letter = letters.find(next());
  if (place_ == text_.size() || letter == letters.npos) return expected("one of i, u, f, b");
  auto const start = place_++;
  auto type = sized(kinds[letter]);
  if (!type) return std::nullopt;
  bool const is_size_known =
      has_byte_order ? type->bytes == 4 || type->bytes == 8 || (type->bytes == 2 && letter < 2)
                     : type->bytes == 1 && kinds[letter] != type_kind::floating_point;
  if (is_size_known && (type->kind != type_kind::boolean || type->bytes == 1)) return type;
  place_ = start;
  return refuse("a number of unknown size");
}

std::optional<type_tree> parser::opaque() {
  auto type = sized(type_kind::opaque);
  if (!type || !accept('\'')) return type;
  auto const end = text_.find('\'', place_);
  if (end == text_.npos || end == place_ || end - place_ > longest_part_name)
    return expected(fmt::format("a name of at most {} bytes and a quote", longest_part_name));
  type->name = text_.substr(place_, end - place_);
  place_ = end + 1;
  return type;
}

std::optional<type_tree> parser::array_of(type_tree element) {
  auto const count = number();
  if (!count) return std::nullopt;
  auto const bytes = checked_multiply(element.bytes, *count);
  if (!bytes) return refuse("an array too large");
  if (element.bytes == 0 && *count != 0) return refuse("an array of nothing");
  if (!accept(']')) return expected("']'");
  auto array = made(type_kind::array, *bytes);
  array.count = *count;
  if (!add(array, {{}, 0, std::move(element)})) return std::nullopt;
  return array;
}

std::optional<type_tree> parser::structure(unsigned depth) {
  auto type = made(type_kind::structure, 0);
  while (!accept('}')) {
    if (!type.parts.empty() && !accept(',')) return expected("',' or '}'");
    auto each = member(depth);
    if (!each || !add(type, std::move(*each))) return std::nullopt;
  }
  auto const bytes = size();
  if (!bytes) return std::nullopt;
  type.bytes = *bytes;
  for (auto const& each : type.parts)
    if (each.offset > *bytes || each.type.bytes > *bytes - each.offset)
      return refuse(fmt::format("member '{}' ends outside its struct of {} bytes",
                                printable(each.name), *bytes));
  return type;
}

std::optional<type_part> parser::member(unsigned depth) {
  auto const rest = text_.substr(place_);
  auto const length = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_name_byte) - rest.begin());
  if (length == 0 || length > longest_part_name)
    return expected(fmt::format("a member's name of at most {} bytes", longest_part_name));
  place_ += length;
  if (!accept(':')) return expected("':'");
  auto type = element(depth + 1);
  if (!type) return std::nullopt;
  if (!accept('@')) return expected("'@'");
  auto const offset = number();
  if (!offset) return std::nullopt;
  return type_part{std::string{rest.substr(0, length)}, *offset, std::move(*type)};
}

}  // namespace

result<type_tree> parse_type(std::string_view descriptor) { return parser{descriptor}.parse(); }

}  // namespace stoa::tools
