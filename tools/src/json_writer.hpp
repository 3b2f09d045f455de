// json_writer.hpp: JSON written as it comes, without a document in memory.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "output.hpp"

namespace stoa::tools {

// Members of objects are written by key() and then a value. Requires: calls that nest properly.
class json_writer {
 public:
  explicit json_writer(output& out) noexcept : out_{&out} {}

  void begin_object() { begin('{', '}'); }
  void begin_array() { begin('[', ']'); }
  void end();
  // What follows is written by the caller.
  void raw() { separate(); }
  void key(std::string_view name);
  void value(std::string_view text);
  void value(char const* text) { value(std::string_view{text}); }
  void value(std::uint64_t number);
  void value(bool truth);
  template <class T>
  void member(std::string_view name, T const& what) {
    key(name);
    value(what);
  }

 private:
  struct level {
    char end;
    bool is_empty = true;
  };
  void begin(char start, char end);
  void separate();
  void new_line();

  output* out_;
  std::vector<level> levels_;
  bool is_after_key_ = false;
};

}  // namespace stoa::tools
