#include "table.hpp"

#include <algorithm>

#include "text.hpp"

namespace stoa::tools {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t narrowest_last_column = 30;

constexpr bool continues_code_point(char each) noexcept {
  return (static_cast<unsigned char>(each) & 0xC0) == 0x80;
}

// Bytes of `text` that fill at most `columns`: all, or up to a space or behind a comma, or as many as fit.
std::size_t fitting_bytes(std::string_view text, std::size_t columns) {
  std::size_t used = 0;
  std::size_t fits = 0;
  std::size_t last_break = 0;
  for (; fits < text.size(); ++fits) {
    if (text[fits] == ' ') last_break = fits;  // it may be the one that fits no more
    if (!continues_code_point(text[fits]) && ++used > columns) break;
    if (text[fits] == ',') last_break = fits + 1;
  }
  return fits == text.size() || last_break == 0 ? fits : last_break;
}

void append_padded(std::string& line, std::string_view cell, std::size_t columns, align side) {
  auto const padding = columns - std::min(columns, width(cell));
  if (side == align::right) line.append(padding, ' ');
  line += cell;
  if (side == align::left) line.append(padding, ' ');
}

void print_line(output& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out.write(line);
  out.write("\n");
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  do {
    auto const end = std::min(text.find('\n'), text.size());
    auto const bytes = fitting_bytes(text.substr(0, end), columns);
    lines.emplace_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
    if (bytes == end && !text.empty())
      text.remove_prefix(1);  // the line break itself
    else
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  } while (!text.empty());
  return lines;
}

std::vector<std::size_t> table::widths() const {
  std::vector<std::size_t> widths;
  for (auto const& each : columns_) widths.push_back(width(each.title));
  for (auto const& cells : rows_) {
    auto const counted = cells.size() == columns_.size() ? cells.size() : 1;  // remarks run on
    for (std::size_t i = 0; i < counted; ++i) widths[i] = std::max(widths[i], width(cells[i]));
  }
  return widths;
}

void table::print_row(output& out, std::vector<std::string> const& cells,
                      std::vector<std::size_t> const& widths) const {
  std::string line;
  for (std::size_t i = 0; i + 1 < cells.size(); ++i) {
    append_padded(line, cells[i], widths[i], columns_[i].side);
    line += gap;
  }
  auto const indent = width(line);
  bool const is_left = cells.size() != columns_.size() || columns_.back().side == align::left;
  if (!is_left) {
    append_padded(line, cells.back(), widths.back(), align::right);
    return print_line(out, line);
  }
  auto const room = std::max(page_columns - std::min(page_columns, indent), narrowest_last_column);
  for (auto const& part : wrapped(cells.back(), room)) {
    print_line(out, line + part);
    line.assign(indent, ' ');
  }
}

void table::print(output& out) const {
  auto const all_widths = widths();
  std::vector<std::string> titles;
  for (auto const& each : columns_) titles.push_back(each.title);
  print_row(out, titles, all_widths);
  for (auto const& cells : rows_) print_row(out, cells, all_widths);
}

}  // namespace stoa::tools
