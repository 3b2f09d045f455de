// output.hpp: text on its way out, handed on in pieces: memory stays small however long it gets.
#pragma once
#include <cstdio>
#include <fmt/format.h>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace stoa::tools {

class output {
 public:
  // Writes to `to`; without it, keeps everything for text().
  explicit output(std::FILE* to = nullptr) : to_{to} {}

  // Throws std::system_error when it cannot be written.
  void write(std::string_view text) {
    pending_ += text;
    if (to_ != nullptr && pending_.size() >= piece_bytes) flush();
  }
  template <class... Args>
  void format(fmt::format_string<Args...> pattern, Args&&... args) {
    fmt::format_to(std::back_inserter(pending_), pattern, std::forward<Args>(args)...);
    if (to_ != nullptr && pending_.size() >= piece_bytes) flush();
  }
  // To be called at the end: what was not flushed is not written.
  void flush();

  // What was written and not handed on.
  std::string const& text() const noexcept { return pending_; }

 private:
  static constexpr std::size_t piece_bytes = std::size_t{1} << 16;

  std::FILE* to_;
  std::string pending_;
};

// One line on standard error.
void complain(std::string_view what);

}  // namespace stoa::tools
