// docs/format.md, section 12: elements as their descriptor says.
#include <bit>
#include <cctype>
#include <cstdio>

#include "independent_bytes.hpp"

namespace independent {
namespace {

// Reads the descriptor once for each element it prints: an element of an array is described once
// and there many times.
class printer {
 public:
  explicit printer(std::string_view type) : rest_{type} {}

  // Prints what comes next in the descriptor, at the start of `from`. Returns its size.
  std::uint64_t element(std::string& out, bytes from) {
    auto const begin = rest_;
    std::string first;
    auto const size = single(first, from);
    // Each suffix makes an array of all before it.
    return suffixes(out, begin.substr(0, begin.size() - rest_.size()), first, size, from);
  }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::uint64_t suffixes(std::string& out, std::string_view each, std::string const& first,
                         std::uint64_t size, bytes from) {
    if (!accept('[')) {
      out += first;
      return size;
    }
    auto const count = decimal();
    expect(']');
    std::string all{'['};
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i != 0) all += ',';
      printer{each}.element(all, part(from, i * size, size));
    }
    all += ']';
    auto const whole = std::string{each} + '[' + std::to_string(count) + ']';
    return suffixes(out, whole, all, size * count, from);
  }

  std::uint64_t single(std::string& out, bytes from) {
    if (accept('{')) return structure(out, from);
    if (accept('?')) return opaque(out);
    bool const is_small = accept('|');
    if (!is_small) expect('<');
    char const kind = take();
    auto const size = decimal();
    if (kind == 'S') {
      out += '"' + text(part(from, 0, size)) + '"';
      return size;
    }
    require(is_small == (size == 1), "type: '|' is for one byte");
    scalar(out, kind, static_cast<unsigned>(size), from);
    return size;
  }

  void scalar(std::string& out, char kind, unsigned size, bytes from) {
    auto const raw = number(from, 0, size);
    char shown[64];
    if (kind == 'b') {
      out += raw != 0 ? "true" : "false";
    } else if (kind == 'u') {
      out += std::to_string(raw);
    } else if (kind == 'i') {
      auto const unused_bits = 64 - 8 * size;
      out += std::to_string(static_cast<std::int64_t>(raw << unused_bits) >> unused_bits);
    } else if (kind == 'f' && size == 8) {
      std::snprintf(shown, sizeof(shown), "%.17g", std::bit_cast<double>(raw));
      out += shown;
    } else if (kind == 'f' && size == 4) {
      auto const single_precision = std::bit_cast<float>(static_cast<std::uint32_t>(raw));
      std::snprintf(shown, sizeof(shown), "%.9g", static_cast<double>(single_precision));
      out += shown;
    } else {
      throw format_error{"type: unknown scalar"};
    }
  }

  // The size stands behind the members, but is needed for nothing before it.
  std::uint64_t structure(std::string& out, bytes from) {
    out += '{';
    for (bool first = true; !accept('}'); first = false) {
      if (!first) {
        expect(',');
        out += ',';
      }
      while (!accept(':')) out += take();
      out += ':';
      member(out, from);
    }
    out += '}';
    return decimal();
  }

  // The offset stands behind the element, so the element is read twice: once for where, once for
  // what.
  void member(std::string& out, bytes from) {
    auto const begin = rest_;
    skip_element();
    expect('@');
    auto const offset = decimal();
    require(offset <= from.size(), "type: a member lies outside");
    printer{begin}.element(out, from.subspan(static_cast<std::size_t>(offset)));
  }

  void skip_element() {
    int depth = 0;
    for (;;) {
      require(!rest_.empty(), "type: ends early");
      if (depth == 0 && rest_.front() == '@') return;
      char const c = take();
      depth += (c == '{') - (c == '}');
      if (c == '\'')
        while (!accept('\'')) take();
    }
  }

  std::uint64_t opaque(std::string& out) {
    auto const size = decimal();
    if (accept('\''))
      while (!accept('\'')) take();
    out += "<" + std::to_string(size) + " bytes>";
    return size;
  }

  char take() {
    require(!rest_.empty(), "type: ends early");
    char const c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  bool accept(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { require(accept(c), "type: another sign was expected"); }
  std::uint64_t decimal() {
    require(!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_.front())),
            "type: no number");
    std::uint64_t value = 0;
    while (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_.front())))
      value = value * 10 + static_cast<std::uint64_t>(take() - '0');
    return value;
  }

  std::string_view rest_;
};

}  // namespace

std::string render(std::string_view type, bytes element) {
  std::string out;
  printer from{type};
  require(from.element(out, element) == element.size() && from.rest().empty(),
          "type: does not fit");
  return out;
}

}  // namespace independent
