// words.hpp: what a word is, and how often which came in a piece of text.
//
// A word is a run of the letters A to Z and a to z, as large or small as they are; of one that is longer than
// longest_word its beginning. So the counts are those of  tr -cs A-Za-z '\n' | cut -c 1-32 | sort | uniq -c
#pragma once
#include <array>
#include <boost/describe.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string_view>

#include "text.hpp"

namespace logs {

inline constexpr std::size_t longest_word = 32;

constexpr bool is_letter(char c) noexcept {
  return static_cast<unsigned char>((c | 0x20) - 'a') < 26;
}

// Zero padded. A struct, so that it is shown as text.
struct word {
  std::array<char, longest_word> text{};

  static word of(std::string_view letters) { return {examples::to_text<longest_word>(letters)}; }
  std::string_view view() const { return examples::view_of(text); }
};
BOOST_DESCRIBE_STRUCT(word, (), (text))

// Its words look into the text: it must stay.
class word_counts {
 public:
  void count(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      while (at < text.size() && !is_letter(text[at])) ++at;
      auto const begin = at;
      while (at < text.size() && is_letter(text[at])) ++at;
      if (at == begin) break;
      ++counts_[text.substr(begin, std::min(at - begin, longest_word))];
      ++total_;
    }
  }
  void clear() {
    counts_.clear();
    total_ = 0;
  }
  auto begin() const { return counts_.begin(); }
  auto end() const { return counts_.end(); }
  std::size_t different() const { return counts_.size(); }
  std::uint64_t total() const { return total_; }

 private:
  boost::unordered_flat_map<std::string_view, std::uint32_t> counts_;
  std::uint64_t total_ = 0;
};

}  // namespace logs
