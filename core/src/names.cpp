#include "names.hpp"

#include <fmt/format.h>

namespace stoa {
namespace {

result<void> check(std::string_view what, std::string_view name, std::size_t longest) {
  auto const invalid = [&](std::string_view why) {
    return failure{errc::invalid_name, fmt::format("{} '{}': {}", what, name.substr(0, 80), why)};
  };
  if (name.empty()) return invalid("the name is empty");
  if (name.size() > longest)
    return invalid(fmt::format("the name has {} bytes, at most {} are allowed", name.size(), longest));
  if (name.find('\0') != name.npos) return invalid("the name contains a zero byte");
  return {};
}

}  // namespace

result<void> check_segment_name(std::string_view name) {
  if (auto ok = check("segment", name, longest_segment_name); !ok) return ok.error();
  auto const invalid = [&](std::string_view why) {
    return failure{errc::invalid_name, fmt::format("segment '{}': {}", name, why)};
  };
  if (name.find('/') != name.npos) return invalid("the name contains '/'");
  if (name.front() == '.') return invalid("the name starts with '.'");
  return {};
}

result<void> check_entry_name(std::string_view segment, std::string_view name) {
  return check(fmt::format("segment '{}', entry", segment), name, longest_entry_name);
}

}  // namespace stoa
