#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <range/v3/algorithm/count_if.hpp>

namespace logs {
namespace {

constexpr double mega = 1e6;

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

std::string rates(std::uint64_t bytes, std::uint64_t words, std::int64_t ns) {
  auto const seconds = static_cast<double>(std::max<std::int64_t>(ns, 1)) / 1e9;
  return fmt::format("{:.1f} MB/s, {:.2f} M words/s", static_cast<double>(bytes) / mega / seconds,
                     static_cast<double>(words) / mega / seconds);
}

std::string row(std::size_t rank, ranked_word const& each, std::uint64_t highest) {
  std::string bar;
  for (auto left = each.count * 40 / std::max<std::uint64_t>(highest, 1); left > 0; --left) bar += "█";
  return fmt::format("{:>4}  {:<20} {:>12}  {}", rank, each.text.view(), each.count, bar);
}

}  // namespace

std::vector<ranked_word> rank_words(word_map const& words, std::size_t most) {
  std::vector<ranked_word> all;
  words.for_each([&](word const& text, word_count const& each) { all.push_back({each.count, text}); });
  auto const end = all.begin() + static_cast<std::ptrdiff_t>(std::min(most, all.size()));
  std::partial_sort(all.begin(), end, all.end(), [](ranked_word const& a, ranked_word const& b) {
    return a.count != b.count ? a.count > b.count : a.text.view() < b.text.view();
  });
  all.erase(end, all.end());
  return all;
}

std::string table::rate_line(tally const& now) {
  auto const time = now_ns();
  auto line = "in all: " + rates(now.bytes, now.words, now.last_ns - now.begun_ns);
  if (last_) {
    auto const& [then, before] = *last_;
    line += "; now: " + rates(now.bytes - before.bytes, now.words - before.words, time - then);
  }
  last_ = {time, now};
  return line;
}

std::vector<std::string> table::draw(std::size_t rows) {
  auto const reading = segment_.try_attach<stoa::value<reading_state>>("reading");
  auto const chunks = segment_.try_attach<stoa::message_ring>("chunks");
  auto const words = segment_.try_attach<word_map>("words");
  auto const sum = segment_.try_attach<stoa::value<tally>>("tally");
  if (!reading || !chunks || !words || !sum) return {"the reader has not begun"};

  auto const read = reading->load();
  auto const now = sum->load();
  auto const alive = ranges::count_if(segment_.participants(), &stoa::participant::alive);
  std::vector<std::string> lines;
  lines.push_back(fmt::format("segment {}: {} attached; {} of {} files read, {:.1f} MB{}", segment_.name(), alive,
                              read.file, read.files, static_cast<double>(read.bytes) / mega,
                              read.is_complete() && now.chunks() == read.chunk ? ": all is counted" : ""));
  lines.push_back(fmt::format("chunks: {} sent, {} counted, {} waiting, {} came again; words: {}, {} different",
                              read.chunk, now.chunks(), chunks->size(), now.again, now.words, words->size()));
  lines.push_back(rate_line(now));
  lines.emplace_back();
  auto const ranked = rank_words(*words, rows > lines.size() ? rows - lines.size() : 0);
  for (std::size_t i = 0; i < ranked.size(); ++i) lines.push_back(row(i + 1, ranked[i], ranked[0].count));
  return lines;
}

}  // namespace logs
