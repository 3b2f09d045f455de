#include "json_writer.hpp"

#include "text.hpp"

namespace stoa::tools {

void json_writer::new_line() { out_->format("\n{:{}}", "", 2 * levels_.size()); }

// Before a value: a comma and a new line unless it is the first, or belongs to the key before it.
void json_writer::separate() {
  if (is_after_key_) {
    is_after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  if (!levels_.back().is_empty) out_->write(",");
  levels_.back().is_empty = false;
  new_line();
}

void json_writer::begin(char start, char end) {
  separate();
  out_->format("{}", start);
  levels_.push_back({end});
}

void json_writer::end() {
  auto const closed = levels_.back();
  levels_.pop_back();
  if (!closed.is_empty) new_line();
  out_->format("{}", closed.end);
  if (levels_.empty()) out_->write("\n");
}

void json_writer::key(std::string_view name) {
  separate();
  out_->write(quoted(name, notation::json));
  out_->write(": ");
  is_after_key_ = true;
}

void json_writer::value(std::string_view text) {
  separate();
  out_->write(quoted(text, notation::json));
}

void json_writer::value(std::uint64_t number) {
  separate();
  out_->format("{}", number);
}

void json_writer::value(bool truth) {
  separate();
  out_->write(truth ? "true" : "false");
}

}  // namespace stoa::tools
