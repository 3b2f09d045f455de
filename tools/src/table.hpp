// table.hpp: rows of cells under titles, in columns as wide as they need to be.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "output.hpp"

namespace stoa::tools {

inline constexpr std::size_t page_columns = 100;

enum class align { left, right };

struct column {
  std::string title;
  align side = align::left;
};

// The last column is wrapped so that lines fit a page, after a comma or a space where there is one.
class table {
 public:
  explicit table(std::vector<column> columns) : columns_{std::move(columns)} {}

  // Requires: a cell per column. A line break in the last cell starts a new line in its column.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // A row whose second cell runs over all columns that follow.
  void add_remark(std::string first, std::string remark) {
    rows_.push_back({std::move(first), std::move(remark)});
  }
  bool is_empty() const noexcept { return rows_.empty(); }
  void print(output& out) const;

 private:
  std::vector<std::size_t> widths() const;
  void print_row(output& out, std::vector<std::string> const& cells,
                 std::vector<std::size_t> const& widths) const;

  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// `text` in lines of at most `columns`, which is at least 1.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

}  // namespace stoa::tools
