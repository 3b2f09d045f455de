// work.hpp: what the processes share, and the names it goes by.
#pragma once
#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <stoa/stoa.hpp>
#include <string_view>

#include "words.hpp"

namespace logs {

inline constexpr std::size_t chunk_bytes = 64 << 10;  // of text, at most

struct work_sizes {
  std::size_t ring_bytes = 4 << 20;  // some 60 chunks between reader and parsers
  std::size_t files = 16384;
  std::size_t chunks = 1 << 20;
  std::size_t words = 1 << 18;  // different ones
  std::size_t words_per_chunk = chunk_bytes / 2 + 1;
  std::size_t segment_bytes = 64 << 20;
};

// A file that is to be read. What is written to it later is not: so that a chunk has the same text whenever it is read.
struct text_source {
  std::uint64_t bytes = 0;
  std::array<char, 248> path{};
};
BOOST_DESCRIBE_STRUCT(text_source, (), (bytes, path))

// How far the reader has come: whole in one value, stored when a chunk was surely sent.
struct reading_state {
  std::uint64_t files = 0;
  std::uint64_t file = 0;    // the next chunk is of this one
  std::uint64_t offset = 0;  // and begins here
  std::uint64_t chunk = 0;   // the next chunk's number
  std::uint64_t bytes = 0;   // of text that was sent
  bool is_complete() const { return files != 0 && file == files; }
};
BOOST_DESCRIBE_STRUCT(reading_state, (), (files, file, offset, chunk, bytes))

// What stands before the text of a chunk.
struct chunk_label {
  std::uint64_t file = 0;
  std::uint64_t chunk = 0;  // from 0, through all files
};

// Of one word. redo: the last redo record that was added here (ledger.hpp).
struct word_count {
  std::uint64_t count = 0;
  std::uint64_t redo = 0;
};
BOOST_DESCRIBE_STRUCT(word_count, (), (count, redo))

// One word of a chunk.
struct redo_entry {
  word text;
  std::uint64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(redo_entry, (), (text, count))

// A chunk whose counts lie in the redo entries, whole.
struct redo_head {
  std::uint64_t number = 0;  // from 1
  std::uint64_t chunk = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t words = 0;
};
BOOST_DESCRIBE_STRUCT(redo_head, (), (number, chunk, entries, bytes, words))

// What has been counted in all.
struct tally {
  std::uint64_t redo = 0;  // the last redo record that was added; each is one chunk
  std::uint64_t bytes = 0;
  std::uint64_t words = 0;
  std::uint64_t again = 0;    // chunks that came again after they had been counted
  std::int64_t begun_ns = 0;  // when the first chunk was added, by the clock that runs since boot
  std::int64_t last_ns = 0;
  std::uint64_t chunks() const { return redo; }
};
BOOST_DESCRIBE_STRUCT(tally, (), (redo, bytes, words, again, begun_ns, last_ns))

using word_map = stoa::map<word, word_count>;

// Whoever comes first publishes what is missing. Persistent: the work waits for the next process also when nobody is
// there for a while.
struct shared_work {
  explicit shared_work(std::string_view name, work_sizes const& room = {})
      : segment{stoa::segment::open_or_create(name, room.segment_bytes, {.lifetime = stoa::lifetime::persistent})},
        reader{segment.publish_or_attach<stoa::mutex>("reader")},
        files{segment.publish_or_attach<stoa::array<text_source>>("files", room.files)},
        reading{segment.publish_or_attach<stoa::value<reading_state>>("reading")},
        chunks{segment.publish_or_attach<stoa::message_ring>("chunks", room.ring_bytes)},
        words{segment.publish_or_attach<word_map>("words", room.words)},
        adding{segment.publish_or_attach<stoa::mutex>("adding")},
        entries{segment.publish_or_attach<stoa::array<redo_entry>>("redo entries", room.words_per_chunk)},
        redo{segment.publish_or_attach<stoa::value<redo_head>>("redo")},
        counted{segment.publish_or_attach<stoa::bitset>("counted", room.chunks)},
        sum{segment.publish_or_attach<stoa::value<tally>>("tally")} {}

  // Whether every chunk has been counted, and no more will come.
  bool is_done() const {
    auto const now = reading.load();
    return now.is_complete() && sum.load().chunks() == now.chunk;
  }

  stoa::segment segment;
  stoa::mutex reader;  // who has it is the reader
  stoa::array<text_source> files;
  stoa::value<reading_state> reading;
  stoa::message_ring chunks;
  word_map words;
  stoa::mutex adding;  // guards words, the redo record, counted, and the tally
  stoa::array<redo_entry> entries;
  stoa::value<redo_head> redo;
  stoa::bitset counted;  // by a chunk's number
  stoa::value<tally> sum;
};

}  // namespace logs
