// table.hpp: the state of the work as lines of text.
#pragma once
#include <optional>
#include <stoa/segment.hpp>
#include <string>
#include <utility>
#include <vector>

#include "work.hpp"

namespace logs {

struct ranked_word {
  std::uint64_t count = 0;
  word text;
};
// The most frequent words, at most so many; of those that are as frequent as each other, in the order of the alphabet.
std::vector<ranked_word> rank_words(word_map const& words, std::size_t most);

// Reads only, and shows what is there: the work may just be starting.
class table {
 public:
  explicit table(stoa::segment const& segment) : segment_{segment} {}
  // At most `rows` lines. Rates are those since the last time.
  std::vector<std::string> draw(std::size_t rows);

 private:
  std::string rate_line(tally const& now);

  stoa::segment segment_;
  std::optional<std::pair<std::int64_t, tally>> last_;  // when it was drawn
};

}  // namespace logs
