// ledger.hpp: adds the counts of a chunk to those of all, once, whoever dies.
//
// One parser at a time adds, under a lock, in four steps:
//   1. it writes the chunk's words and counts into the redo entries
//   2. it stores the redo record's head, with the next number: from here on the chunk will be counted
//   3. it adds each entry to its word, and notes the record's number there, both in one change of the map;
//      and sets the chunk's bit
//   4. it stores the tally, with the record's number: the record is done with
// Killed before 2, nothing was counted: the message goes to the next parser. Killed after 2, the next one that gets the
// lock repeats 3 and 4 from the redo record: a word that bears its number has been added already. And where a chunk
// comes again, to whomever, its bit is set. So each chunk is counted once and whole.
#pragma once
#include "work.hpp"

namespace logs {

class ledger {
 public:
  explicit ledger(shared_work const& work) : work_{&work} {}

  // `bytes`: of the chunk's text.
  void add(std::uint64_t chunk, word_counts const& counts, std::uint64_t bytes) const;

 private:
  void note(std::uint64_t chunk, word_counts const& counts, std::uint64_t bytes) const;
  void finish() const;
  void add_entry(redo_entry const& entry, std::uint64_t redo) const;

  shared_work const* work_;
};

}  // namespace logs
