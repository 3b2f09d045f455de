#include "ledger.hpp"

#include <chrono>
#include <mutex>
#include <stdexcept>

namespace logs {
namespace {

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

}  // namespace

void ledger::add(std::uint64_t chunk, word_counts const& counts, std::uint64_t bytes) const {
  bool const is_inherited = work_->adding.lock_or_inherit();
  std::unique_lock const lock{work_->adding, std::adopt_lock};
  finish();  // what somebody else had begun
  if (is_inherited) work_->adding.make_consistent();
  if (work_->counted.test(chunk)) {
    work_->sum.update([](tally& sum) { ++sum.again; });
    return;
  }
  note(chunk, counts, bytes);
  finish();
}

// Steps 1 and 2.
void ledger::note(std::uint64_t chunk, word_counts const& counts, std::uint64_t bytes) const {
  std::size_t entries = 0;
  for (auto const& each : counts) work_->entries.at(entries++) = {word::of(each.first), each.second};
  work_->redo.store({work_->sum.load().redo + 1, chunk, entries, bytes, counts.total()});
}

// Steps 3 and 4.
void ledger::finish() const {
  auto const open = work_->redo.load();
  auto sum = work_->sum.load();
  if (open.number == sum.redo) return;
  for (std::size_t i = 0; i < open.entries; ++i) add_entry(work_->entries.at(i), open.number);
  work_->counted.set(open.chunk);
  sum.redo = open.number;
  sum.bytes += open.bytes;
  sum.words += open.words;
  sum.last_ns = now_ns();
  if (sum.begun_ns == 0) sum.begun_ns = sum.last_ns;
  work_->sum.store(sum);
}

void ledger::add_entry(redo_entry const& entry, std::uint64_t redo) const {
  auto const done = work_->words.update_or_insert(entry.text, {entry.count, redo}, [&](word_count& word) {
    if (word.redo == redo) return;  // whoever died had come this far
    word.count += entry.count;
    word.redo = redo;
  });
  if (done.is_full()) throw std::runtime_error{"more different words than there is room for"};
}

}  // namespace logs
