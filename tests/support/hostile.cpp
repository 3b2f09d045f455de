#include "hostile.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <set>
#include <stoa/base/result.hpp>

#include "scratch.hpp"

namespace stoa::testing {
namespace {

constexpr unsigned seconds_for_a_call = 5;
constexpr std::chrono::seconds most_for_a_sweep{280};

// Arguments that sweep() gives a child; what the caller adds follows.
enum argument : std::size_t { specimen_file, damages_file, segment_name, log_file, first_number, step, first_of_more };

template <class T>
void save(std::filesystem::path const& to, std::vector<T> const& what) {
  std::ofstream{to, std::ios::binary}.write(reinterpret_cast<char const*>(what.data()),
                                            static_cast<std::streamsize>(what.size() * sizeof(T)));
}
template <class T>
std::vector<T> load(std::filesystem::path const& from) {
  std::vector<T> out(std::filesystem::file_size(from) / sizeof(T));
  std::ifstream{from, std::ios::binary}.read(reinterpret_cast<char*>(out.data()),
                                             static_cast<std::streamsize>(out.size() * sizeof(T)));
  return out;
}

std::uint64_t word_at(std::vector<std::byte> const& bytes, std::uint64_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof(word));
  return word;
}

// One process of a sweep, and those that go on where it was ended.
class sweeper {
 public:
  sweeper(std::string_view program, std::filesystem::path const& directory, child_arguments const& more,
          std::uint64_t first, std::uint64_t step, std::uint64_t end)
      : program_{program},
        directory_{directory},
        log_{directory / ("log" + std::to_string(first))},
        more_{more},
        next_{first},
        step_{step},
        end_{end},
        child_{start()} {}

  void finish() {
    for (;;) {
      auto const status = child_.wait(most_for_a_sweep);
      if (status.is_success()) return;
      std::string last;
      std::getline(std::ifstream{log_}, last);
      ADD_FAILURE() << last << ": " << (status.signal == SIGALRM ? "hangs" : "crashes") << " (signal "
                    << status.signal << ", exit " << status.exit_code << ")";
      unsigned long long number = 0;
      if (std::sscanf(last.c_str(), "trial %llu", &number) != 1) return;
      next_ = number + step_;
      if (next_ >= end_) return;
      child_ = start();
    }
  }

 private:
  child start() {
    std::ofstream{log_};
    child_arguments arguments{directory_ / "specimen", directory_ / "damages", name_, log_, std::to_string(next_),
                              std::to_string(step_)};
    arguments.insert(arguments.end(), more_.begin(), more_.end());
    return child::start(program_, arguments);
  }

  std::string_view program_;
  std::filesystem::path directory_;
  std::string log_;
  child_arguments more_;
  scratch_name name_;
  std::uint64_t next_, step_, end_;
  child child_;
};

}  // namespace

std::vector<range> specimen::parts(std::string_view part) const {
  std::vector<range> out;
  std::ranges::copy_if(ranges, std::back_inserter(out), [&](range const& each) { return each.part == part; });
  std::ranges::sort(out, {}, &range::begin);
  return out;
}

specimen specimen_of(segment const& made) {
  auto const& map = made.attachment().map();
  auto const& layout = map.layout();
  specimen out{{map.base(), map.base() + layout.total_bytes}, {}};
  // Who opens it comes to the place of who made it, whose id is a dead one's then. In a place of its own it might have
  // an id that a damage makes of that one: a lock that says so is a living process's, for which one waits for ever.
  for (std::uint32_t place = 0; place < map.limits().max_participants; ++place)
    reinterpret_cast<participant_record*>(out.bytes.data() + layout.participants_offset)[place].pid.store(0);
  out.ranges = {{"header", 0, sizeof(segment_header)},
                {"participants", layout.participants_offset, layout.attachments_offset},
                {"attachments", layout.attachments_offset, layout.lanes_offset},
                {"lanes", layout.lanes_offset, layout.name_words_offset},
                {"name words", layout.name_words_offset, layout.entries_offset}};
  for (auto const& each : made.attachment().entries()) {
    auto const record = layout.entries_offset + each.slot * sizeof(entry_record);
    out.ranges.push_back({"entry", record, record + offsetof(entry_record, unused)});
    out.ranges.push_back({"structure", each.record.extent_offset,
                          each.record.extent_offset + each.record.extent_bytes});
  }
  return out;
}

void damage::apply(std::byte* base) const noexcept { std::memcpy(base + at, &with, bytes); }

std::vector<damage> damages_of_bytes(range const& where) {
  std::mt19937_64 random{where.begin};
  std::vector<damage> out;
  for (auto at = where.begin; at < where.end; ++at)
    for (auto const with : {std::uint64_t{0}, std::uint64_t{0xFF}, random() & 0xFF}) out.push_back({at, 1, with});
  return out;
}

std::vector<damage> damages_of_bits_bytes_and_words(specimen const& whole, range const& where) {
  auto out = damages_of_bytes(where);
  for (auto at = where.begin; at < where.end; ++at)
    for (unsigned bit = 0; bit < 8; ++bit)
      out.push_back({at, 1, std::to_integer<std::uint64_t>(whole.bytes[at]) ^ (1u << bit)});
  std::set<std::uint64_t> there;
  for (auto at = where.begin; at + 8 <= where.end; at += 8) there.insert(word_at(whole.bytes, at));
  std::mt19937_64 random{where.end};
  for (auto at = where.begin; at + 8 <= where.end; at += 8) {
    auto const now = word_at(whole.bytes, at);
    auto with = there;
    with.insert({0, ~std::uint64_t{0}, ~std::uint64_t{0} >> 1, std::uint64_t{1} << 63, std::uint64_t{1} << 48,
                 (at - where.begin) / 8, now - 1, now + 1, random()});
    for (auto const each : with) out.push_back({at, 8, each});
  }
  std::erase_if(out, [&](damage const& each) {
    return std::memcmp(&whole.bytes[each.at], &each.with, each.bytes) == 0;  // none
  });
  return out;
}

void hostile_trial::write(std::function<void(std::byte*)> const& change) const {
  auto bytes = good;
  change(bytes.data());
  auto const path = std::filesystem::path{"/dev/shm"} / name;
  std::filesystem::remove(path);
  save(path, bytes);
}
void hostile_trial::write_undamaged() const {
  write([](std::byte*) {});
}
void hostile_trial::write_damaged() const {
  write([this](std::byte* base) { what.apply(base); });
}

void tolerate(std::function<void()> const& call) {
  ::alarm(seconds_for_a_call);
  try {
    call();
  } catch (error const&) {
  }
}

void insist(bool condition, char const* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

int try_each(child_arguments const& arguments, std::function<void(hostile_trial const&)> const& trial) {
  auto const good = load<std::byte>(arguments.at(specimen_file));
  auto const damages = load<damage>(arguments.at(damages_file));
  auto* const log = std::fopen(arguments.at(log_file).c_str(), "w");
  for (auto number = std::stoull(arguments.at(first_number)); number < damages.size();
       number += std::stoull(arguments.at(step))) {
    auto const& what = damages[number];
    std::rewind(log);
    std::fprintf(log, "trial %llu: %s %llu = %#llx                \n", number, what.bytes == 1 ? "byte" : "word",
                 static_cast<unsigned long long>(what.at), static_cast<unsigned long long>(what.with));
    std::fflush(log);
    ::alarm(seconds_for_a_call);
    trial({arguments.at(segment_name), good, what, number, {arguments.begin() + first_of_more, arguments.end()}});
  }
  ::alarm(0);
  std::fclose(log);
  return 0;
}

void sweep(std::string_view program, specimen const& whole, std::vector<damage> const& damages,
           child_arguments const& more, unsigned processes) {
  EXPECT_FALSE(damages.empty());
  scratch_directory const directory;
  save(directory.path() / "specimen", whole.bytes);
  save(directory.path() / "damages", damages);
  std::vector<std::unique_ptr<sweeper>> all;
  for (unsigned i = 0; i < processes && i < damages.size(); ++i)
    all.push_back(std::make_unique<sweeper>(program, directory.path(), more, i, processes, damages.size()));
  for (auto const& each : all) each->finish();
}

}  // namespace stoa::testing
