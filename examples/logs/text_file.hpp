// text_file.hpp: finding files of text, and cutting them into chunks.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "work.hpp"

namespace logs {

// What of a window of text is a chunk: up to its last line break, or if it has none up to the last byte that is no
// letter: so no word is ever cut in two. 0: it is one word.
std::size_t chunk_length(std::string_view window);

// The files among the paths, and those in the directories among them and below, in the order of their names. Left out
// is what is empty, is no text (has a zero byte near its beginning), or cannot be read.
std::vector<text_source> find_text(std::vector<std::string> const& paths);

class text_file {
 public:
  explicit text_file(text_source const& what);
  ~text_file();
  text_file(text_file const&) = delete;
  text_file& operator=(text_file const&) = delete;

  struct chunk {
    std::size_t bytes = 0;   // 0: the file is at its end
    std::uint64_t next = 0;  // where the next begins
  };
  // Reads what comes at `offset` into `into`.
  chunk read(std::uint64_t offset, std::span<char> into) const;

 private:
  std::size_t read_some(std::uint64_t offset, std::span<char> into) const;
  std::uint64_t end_of_word(std::uint64_t offset) const;

  int file_;
  std::uint64_t bytes_;
};

}  // namespace logs
