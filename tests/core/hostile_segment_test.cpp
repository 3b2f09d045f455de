// Every byte of a small segment's tables and of its structures' headers is set to 0x00, to 0xff and
// to something else; then the segment is opened, looked at and used. Each call ends in a value or
// an error, soon.
//
// The work is done by a child, one batch of positions at a time: a crash names the byte that caused
// it, a hang is ended by an alarm. Under AddressSanitizer a read outside of the mapping is a crash
// too.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <stoa/kinds.hpp>
#include <stoa/stoa.hpp>

#include "child.hpp"
#include "header_check.hpp"
#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using namespace std::chrono_literals;
using namespace stoa::testing;

struct sample {
  std::uint64_t number;
  double value;
};
BOOST_DESCRIBE_STRUCT(sample, (), (number, value))

segment_options small() {
  segment_options options;
  options.max_entries = 4;
  options.max_participants = 2;
  options.max_lanes = 2;
  return options;
}

struct range {
  char const* part;
  std::uint64_t begin;
  std::uint64_t end;
};

// A segment with one structure of each kind, as a process that was killed leaves it: a lane, a
// lease and attachment bits are in use, and the queues are neither empty nor full.
struct specimen {
  std::vector<std::byte> bytes;
  std::vector<range> ranges;
};

void publish_all(segment const& in) {
  in.publish<array<sample>>("array", 3)[1] = {7, 7.0};
  auto const v = in.publish<value<sample>>("value", 2);
  v.store({1, 1.0});
  auto const s = in.publish<spsc_queue<sample>>("spsc", 4);
  static_cast<void>(s.try_push({1, 1.0}));
  auto const q = in.publish<queue<sample>>("queue", 4);
  q.push({1, 1.0});
  q.push({2, 2.0});
}

specimen make_specimen() {
  scratch_name const name;
  auto const made = segment::create(name, 16_KiB, small());
  publish_all(made);
  auto const q = made.attach<queue<sample>>("queue");
  auto const held = made.attach<array<sample>>("array");
  auto const lease = q.claim();
  auto const& map = made.attachment().map();
  auto const& layout = map.layout();
  specimen out{{map.base(), map.base() + layout.total_bytes}, {}};
  out.ranges = {{"header", 0, sizeof(segment_header)},
                {"participants", layout.participants_offset, layout.attachments_offset},
                {"attachments", layout.attachments_offset, layout.lanes_offset},
                {"lanes", layout.lanes_offset, layout.name_words_offset},
                {"name words", layout.name_words_offset, layout.entries_offset}};
  for (auto const& each : made.attachment().entries()) {
    auto const record = layout.entries_offset + each.slot * sizeof(entry_record);
    out.ranges.push_back({"entry", record, record + offsetof(entry_record, unused)});
    // Header, slots or elements, and the descriptor at the end: all of it, it is small.
    out.ranges.push_back({"structure", each.record.extent_offset,
                          each.record.extent_offset + each.record.extent_bytes});
  }
  return out;
}

// What anybody may do with it. Errors are fine; everything else but a value is not.
void tolerate(std::function<void()> const& call) {
  try {
    call();
  } catch (error const&) {
  }
}

void use_array(segment const& in) {
  auto const a = in.attach<array<sample>>("array");
  std::uint64_t sum = 0;
  for (auto const& each : a) sum += each.number;
  a[a.size() - 1] = {sum, 0.0};
  a.fill({});
}
void use_value(segment const& in) {
  auto const v = in.attach<value<sample>>("value");
  tolerate([&] { static_cast<void>(v.load()); });
  tolerate([&] { v.store({2, 2.0}); });
  tolerate([&] { v.update([](sample& each) { ++each.number; }); });
  tolerate([&] { static_cast<void>(v.load_versioned()); });
}
void use_spsc_queue(segment const& in) {
  auto const s = in.attach<spsc_queue<sample>>("spsc");
  std::array<sample, 6> some{};
  for (int i = 0; i < 6; ++i) tolerate([&] { static_cast<void>(s.try_push({2, 2.0})); });
  tolerate([&] { static_cast<void>(s.push_for({3, 3.0}, 100us)); });
  for (int i = 0; i < 6; ++i) tolerate([&] { static_cast<void>(s.try_pop()); });
  tolerate([&] { static_cast<void>(s.pop_for(100us)); });
  tolerate([&] { static_cast<void>(s.try_push_n(some)); });
  tolerate([&] { static_cast<void>(s.try_pop_n(some)); });
  static_cast<void>(s.size());
  static_cast<void>(s.statistics());
}
void use_queue(segment const& in) {
  auto const q = in.attach<queue<sample>>("queue");
  std::array<sample, 6> some{};
  tolerate([&] { q.recover(); });
  tolerate([&] { q.try_claim().commit(); });
  tolerate([&] { static_cast<void>(q.try_claim()); });
  for (int i = 0; i < 6; ++i) tolerate([&] { static_cast<void>(q.try_push({3, 3.0})); });
  tolerate([&] { static_cast<void>(q.push_for({4, 4.0}, 100us)); });
  for (int i = 0; i < 6; ++i) tolerate([&] { static_cast<void>(q.try_pop()); });
  tolerate([&] { static_cast<void>(q.pop_for(100us)); });
  tolerate([&] { static_cast<void>(q.claim_for(100us)); });
  tolerate([&] { static_cast<void>(q.try_push_n(some)); });
  tolerate([&] { static_cast<void>(q.try_pop_n(some)); });
  static_cast<void>(q.size());
  static_cast<void>(q.statistics());
}

void look_at(segment const& in) {
  for (auto const& each : in.entries()) {
    static_cast<void>(each.type().size());
    auto const* const kind = find_kind(each.kind());
    if (kind == nullptr) continue;
    static_cast<void>(kind->statistics(each.view()));
    std::size_t bytes = 0;
    static_cast<void>(kind->elements(
        each.view(), [&](std::span<std::byte const> element) { bytes += element.size(); }));
  }
  for (auto const& each : in.participants()) static_cast<void>(each.command.size());
  static_cast<void>(in.free_bytes());
  static_cast<void>(in.reference_count());
  static_cast<void>(in.lifetime());
}

void use_all(segment const& in) {
  look_at(in);
  for (auto const use : {use_array, use_value, use_spsc_queue, use_queue})
    tolerate([&] { use(in); });
  tolerate([&] { static_cast<void>(in.publish_or_attach<array<sample>>("array", 3)); });
  tolerate([&] { in.publish<array<std::byte>>("new", 500).fill(std::byte{1}); });
  tolerate([&] { in.erase("value"); });
  tolerate([&] { static_cast<void>(in.publish<value<sample>>("value", 2).load()); });
  tolerate([&] { in.publish<array<std::byte>>("big", 15'000).fill(std::byte{1}); });
  look_at(in);
}

class hostile_file {
 public:
  explicit hostile_file(std::string const& name, std::vector<std::byte> const& bytes)
      : name_{name}, good_{bytes} {}
  // Each trial starts from a file of its own: users that are attached to the last one do not
  // matter.
  void write(std::function<void(std::vector<std::byte>&)> const& damage) const {
    auto bytes = good_;
    damage(bytes);
    auto const path = std::filesystem::path{"/dev/shm"} / name_;
    std::filesystem::remove(path);
    std::ofstream{path, std::ios::binary}.write(reinterpret_cast<char const*>(bytes.data()),
                                                std::ssize(bytes));
  }
  void try_it() const {
    if (auto const reader = segment::try_open_read_only(name_)) tolerate([&] { look_at(*reader); });
    if (auto const opened = segment::try_open(name_)) use_all(*opened);
  }

 private:
  std::string name_;
  std::vector<std::byte> const& good_;
};

specimen read_specimen(std::string const& path) {
  std::ifstream in{path, std::ios::binary};
  std::vector<char> const bytes{std::istreambuf_iterator<char>{in}, {}};
  specimen out;
  out.bytes.resize(bytes.size());
  std::memcpy(out.bytes.data(), bytes.data(), bytes.size());
  return out;
}

// Arguments: file with the specimen, name to use, begin, end, step, and whether the checksum is
// made right. Says before each trial what it is, so that the last line names the culprit.
child_program const batch{
    "batch", [](child_arguments const& a) {
      auto const good = read_specimen(a.at(0));
      auto const log = std::fopen(a.at(6).c_str(), "w");
      hostile_file const file{a.at(1), good.bytes};
      bool const mends_checksum = a.at(5) == "mend";
      std::mt19937_64 random{std::stoull(a.at(2))};
      for (auto at = std::stoull(a.at(2)); at < std::stoull(a.at(3)); at += std::stoull(a.at(4)))
        for (auto const with : {0x00u, 0xFFu, static_cast<unsigned>(random() & 0xFF)}) {
          std::rewind(log);
          std::fprintf(log, "byte %llu = 0x%02x      \n", at, with);
          std::fflush(log);
          ::alarm(5);  // generous: the machine may be busy, a hang lasts for ever
          file.write([&](std::vector<std::byte>& bytes) {
            bytes[at] = std::byte(with);
            if (!mends_checksum) return;
            auto& header = *reinterpret_cast<segment_header*>(bytes.data());
            header.checksum = header_checksum(header);
          });
          file.try_it();
        }
      ::alarm(0);
      std::filesystem::remove(std::filesystem::path{"/dev/shm"} / a.at(1));
      std::fclose(log);
      return 0;
    }};

class hostile_segment : public ::testing::Test {
 protected:
  hostile_segment() {
    std::ofstream{file_, std::ios::binary}.write(
        reinterpret_cast<char const*>(specimen_.bytes.data()), std::ssize(specimen_.bytes));
  }
  void sweep(std::string_view part, char const* checksum = "leave", std::uint64_t step = 1) const {
    int swept = 0;
    for (auto const& each : specimen_.ranges)
      if (each.part == part) {
        sweep(each, checksum, step);
        ++swept;
      }
    EXPECT_GT(swept, 0);
  }
  void sweep(range const& where, char const* checksum, std::uint64_t step) const {
    auto const log = directory_.path() / "log";
    // Goes on behind a byte that killed it, so that one run finds all.
    for (auto begin = where.begin; begin < where.end;) {
      auto one =
          child::start("batch", {file_, name_, std::to_string(begin), std::to_string(where.end),
                                 std::to_string(step), checksum, log});
      auto const status = one.wait(std::chrono::seconds{250});
      if (status.is_success()) return;
      std::string last;
      std::getline(std::ifstream{log}, last);
      ADD_FAILURE() << where.part << " at " << where.begin << ": " << last << ": "
                    << (status.signal == SIGALRM ? "hangs" : "crashes") << " (signal "
                    << status.signal << ", exit " << status.exit_code << ")";
      unsigned long long at = 0;
      if (std::sscanf(last.c_str(), "byte %llu", &at) != 1) return;
      begin = at + step;
    }
  }

  scratch_directory directory_;
  scratch_name name_;
  std::string file_ = directory_.path() / "specimen";
  specimen specimen_ = make_specimen();
};

TEST_F(hostile_segment, TheSpecimenItselfIsFine) {
  hostile_file const file{name_, specimen_.bytes};
  file.write([](auto&) {});
  auto const opened = segment::try_open(name_);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->entries().size(), 4u);
  EXPECT_EQ(opened->attach<queue<sample>>("queue").pop().number, 1u)
      << "the dead one's lease is taken back";
  EXPECT_EQ(opened->attach<value<sample>>("value").load().number, 1u);
}

TEST_F(hostile_segment, HeaderBytes) {
  sweep("header");
}
TEST_F(hostile_segment, HeaderBytesWithARightChecksum) {
  sweep("header", "mend");
}
TEST_F(hostile_segment, ParticipantBytes) {
  sweep("participants");
}
TEST_F(hostile_segment, AttachmentBytes) {
  sweep("attachments");
}
TEST_F(hostile_segment, LaneBytes) {
  sweep("lanes");
}
TEST_F(hostile_segment, NameWordBytes) {
  sweep("name words");
}
TEST_F(hostile_segment, EntryBytes) {
  sweep("entry");
}
TEST_F(hostile_segment, StructureBytes) {
  sweep("structure");
}

// A scribbler at work: bytes change while a process has everything attached. In a child with an
// alarm.
child_program const scribbled_on{
    "scribbled-on", [](child_arguments const& a) {
      auto const good = read_specimen(a.at(0));
      auto const log = std::fopen(a.at(2).c_str(), "w");
      hostile_file const file{a.at(1), good.bytes};
      std::mt19937_64 random{std::stoull(a.at(3))};
      for (int trial = 0; trial < std::stoi(a.at(4)); ++trial) {
        ::alarm(5);
        file.write([](auto&) {});
        auto const opened = segment::open(a.at(1));
        auto const& layout = opened.attachment().map().layout();
        auto const held = opened.attach<queue<sample>>("queue");
        auto const also = opened.attach<value<sample>>("value");
        auto const end = layout.extents_offset + 6000;
        auto const at = random() % (end - layout.name_words_offset) + layout.name_words_offset;
        auto const with = static_cast<unsigned char>(trial % 3 == 0 ? 0xFF : random());
        std::rewind(log);
        std::fprintf(log, "byte %llu = 0x%02x      \n", static_cast<unsigned long long>(at), with);
        std::fflush(log);
        std::memcpy(opened.attachment().map().base() + at, &with, 1);
        use_all(opened);
      }
      ::alarm(0);
      std::fclose(log);
      return 0;
    }};

TEST_F(hostile_segment, BytesThatChangeUnderAUser) {
  auto const log = directory_.path() / "log";
  for (int seed = 1; seed <= 4; ++seed) {
    auto one = child::start("scribbled-on", {file_, name_, log, std::to_string(seed), "400"});
    auto const status = one.wait(std::chrono::seconds{250});
    std::string last;
    std::getline(std::ifstream{log}, last);
    EXPECT_TRUE(status.is_success())
        << last << (status.signal == SIGALRM ? " hangs" : " crashes") << " (signal "
        << status.signal << ", exit " << status.exit_code << ")";
  }
}

// The word of a name that this process holds says "being built", and nobody builds it: damage. Who publishes
// the name gets other bytes for it, at once; the holder keeps those it has.
child_program const orphaned_builder{
    "orphaned-builder", [](child_arguments const& a) {
      ::alarm(5);
      auto const opened = segment::open(a.at(0));
      auto const held = opened.attach<value<int>>("v");
      held.store(1);
      auto const& map = opened.attachment().map();
      for (auto& word : map.name_words())
        if (state_of(word.load()) == name_state::live) word.store(word.load() | 3);
      auto const again = opened.publish_or_attach<value<int>>("v");
      again.store(2);
      return held.load() == 1 && opened.attach<value<int>>("v").load() == 2 ? 0 : 1;
    }};

TEST_F(hostile_segment, ANameThatSeemsToBeBuiltByNobodyIsPublishedAnew) {
  auto const made = segment::create(name_, 16_KiB, small());
  made.publish<value<int>>("v");
  auto one = child::start("orphaned-builder", {name_});
  EXPECT_EQ(one.wait().exit_code, 0);
}

// A value that was never stored and whose current buffer says that it is being written.
child_program const endless_updater{"endless-updater", [](child_arguments const& a) {
                                      ::alarm(5);
                                      auto const v = segment::open(a.at(0)).attach<value<int>>("v");
                                      tolerate([&] { v.update([](int& i) { ++i; }); });
                                      return 0;
                                    }};

TEST_F(hostile_segment, AnUnstoredValueThatIsNotWholeIsAnErrorToUpdate) {
  auto const made = segment::create(name_, 16_KiB, small());
  made.publish<value<int>>("v");
  auto const body = made.attachment().entries().at(0).body;
  auto& buffer = *reinterpret_cast<value_buffer*>(body.data() + sizeof(value_header));
  buffer.sequence.store(0xFF);
  auto one = child::start("endless-updater", {name_});
  EXPECT_EQ(one.wait().exit_code, 0);
}

}  // namespace
}  // namespace stoa
