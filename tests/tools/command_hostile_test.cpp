// Files that are no segments, damaged segments, and descriptors written to harm: an error, never a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <limits>
#include <stoa/name_table.hpp>
#include <stoa/stoa.hpp>

#include "json.hpp"
#include "running_command.hpp"
#include "scratch.hpp"

namespace stoa::testing {
namespace {

using namespace stoa::literals;
using ::testing::HasSubstr;

class command_hostile : public ::testing::Test {
 protected:
  backing where() const { return backing::directory(directory_.path()); }
  std::filesystem::path file(std::string const& name) const { return directory_.path() / name; }
  segment create(std::string const& name, std::uint64_t bytes = 64_KiB,
                 stoa::lifetime lifetime = lifetime::reference_counted) const {
    segment_options options;
    options.backing = where();
    options.max_entries = 16;
    options.lifetime = lifetime;
    return segment::create(name, bytes, options);
  }
  // One that nobody is attached to, not even this process.
  void leave_behind(std::string const& name) const { create(name, 4_KiB, lifetime::persistent); }
  void overwrite(std::string const& name, std::uint64_t offset, std::string const& bytes) const {
    std::fstream out{file(name), std::ios::in | std::ios::out | std::ios::binary};
    out.seekp(static_cast<std::streamoff>(offset));
    out << bytes;
    ASSERT_TRUE(out.flush().good());
  }
  command_result run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--dir", directory_.path().string()});
    return run_stoa(arguments);
  }
  void expect_error(std::vector<std::string> const& arguments, std::string const& message) const {
    auto const result = run(arguments);
    EXPECT_EQ(result.status, 1) << ::testing::PrintToString(arguments);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(message));
  }
  // Publishes two elements of 16 bytes and puts `text`, with its hash, where their descriptor was.
  static void publish_with_descriptor(segment const& market, std::string const& text) {
    market.publish<array<std::array<std::uint64_t, 2>>>("prices", 2);
    rewrite_entry(market, "prices", [&](entry_record& record) {
      record.descriptor_bytes = static_cast<std::uint32_t>(text.size());
      record.descriptor_hash = internal::make_descriptor(text, 16, 8).hash;
      record.extent_bytes = 32_KiB;  // for long ones
      std::memcpy(market.attachment().map().base() + record.extent_offset + record.descriptor_offset,
                  text.data(), text.size());
    });
  }
  template <class Change>
  static void rewrite_entry(segment const& market, std::string_view name, Change change) {
    auto const& map = market.attachment().map();
    auto found = name_table{map}.find(name).value();
    change(found.record);
    store_words(map.entries()[found.slot].words.data(), &found.record, sizeof(found.record));
  }

  scratch_directory directory_;
};

TEST_F(command_hostile, DamagedSegmentsAreListedWithTheirErrors) {
  for (auto const* name : {"good", "newer", "cut", "scribbled"}) leave_behind(name);
  overwrite("newer", offsetof(segment_header, version), std::string{"\x63\0\0\0", 4});
  overwrite("scribbled", offsetof(segment_header, max_entries), "\xff");
  std::filesystem::resize_file(file("cut"), 4096);
  auto const text = run({"ls"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("expected format version 1, found 99"));
  EXPECT_THAT(text.out, HasSubstr("expected a header with checksum"));
  EXPECT_THAT(text.out, HasSubstr("found 4096"));
  auto const listed = parse_json(run({"ls", "--json"}).out);
  ASSERT_EQ(listed.as_array().size(), 4u);
  for (auto const& each : listed.as_array())
    EXPECT_EQ(each.as_object().contains("error"), each.at("name").as_string() != "good");
}

TEST_F(command_hostile, DamagedSegmentsCanBeRemovedAndAreNotCollected) {
  leave_behind("scribbled");
  overwrite("scribbled", offsetof(segment_header, max_entries), "\xff");
  EXPECT_EQ(run({"gc", "--persistent"}).out, "");
  EXPECT_TRUE(std::filesystem::exists(file("scribbled")));
  EXPECT_EQ(run({"rm", "scribbled"}).out, "removed scribbled\n");
  EXPECT_FALSE(std::filesystem::exists(file("scribbled")));
}

TEST_F(command_hostile, FilesThatAreNoSegmentsAreErrors) {
  std::ofstream{file("empty")};
  std::ofstream{file("zeros")} << std::string(8192, '\0');
  std::ofstream{file("foreign")} << std::string(8192, 'x');
  std::ofstream{file("stub")} << std::string{"stoaseg\0", 8};
  std::filesystem::create_directory(file("directory"));
  std::filesystem::create_symlink("foreign", file("link"));
  for (auto const* name : {"empty", "zeros", "foreign", "stub", "directory", "link"}) {
    expect_error({"show", name}, "stoa: ");
    expect_error({"cat", std::string{name} + "/x"}, "stoa: ");
  }
  EXPECT_EQ(run({"ls"}).status, 0);
}

TEST_F(command_hostile, EntriesThatContradictTheSegmentAreShownAsDamaged) {
  auto const market = create("market");
  market.publish<array<int>>("prices", 4);
  market.publish<array<int>>("spoiled", 4);
  rewrite_entry(market, "spoiled", [](entry_record& record) { record.extent_offset = 1_MiB; });
  auto const text = run({"show", "market"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("spoiled  damaged: the record in slot"));
  EXPECT_THAT(text.out, HasSubstr("prices"));
  EXPECT_EQ(parse_json(run({"show", "market", "--json"}).out).at("entries").as_array().size(), 2u);
  expect_error({"cat", "market/spoiled"}, "the entry 'spoiled' is damaged");
}

TEST_F(command_hostile, UnknownKindsAndLayoutsAreShownAndNotRead) {
  auto const market = create("market");
  market.publish<array<int>>("future", 4);
  rewrite_entry(market, "future", [](entry_record& record) { record.layout = 2; });
  market.publish<array<int>>("stranger", 4);
  rewrite_entry(market, "stranger", [](entry_record& record) { record.kind = {'b', '\x1b', 't'}; });
  auto const shown = run({"show", "market"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.out, HasSubstr("expected layout 1 of array, found 2"));
  EXPECT_THAT(shown.out, HasSubstr("b\\x1bt"));
  expect_error({"cat", "market/future"}, "expected layout 1 of array, found 2");
  expect_error({"cat", "market/stranger"}, "b\\x1bt");
}

TEST_F(command_hostile, DamagedStructuresAreShownWithTheirErrors) {
  auto const market = create("market");
  market.publish<array<int>>("prices", 4);
  auto const entry = market.entries().begin()->view();
  auto const too_many = std::numeric_limits<std::uint64_t>::max();
  std::memcpy(entry.body.data() + offsetof(array_header, size), &too_many, sizeof(too_many));
  auto const shown = run({"show", "market"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.out, HasSubstr("do not fit"));
  auto const as_json = parse_json(run({"show", "market", "--json"}).out);
  EXPECT_TRUE(as_json.at("entries").at(0).as_object().contains("error"));
  expect_error({"cat", "market/prices"}, "do not fit");
}

TEST_F(command_hostile, DescriptorsThatCannotBeReadAreErrors) {
  std::string deep;
  for (int i = 0; i < 8000; ++i) deep += "{a:";
  std::string many = "{";
  for (int i = 0; i < 1000; ++i) many += "m" + std::to_string(i) + ":|u1[16]@0,";
  many.back() = '}';
  for (auto const& text : {std::string{}, std::string{"\0\0\0\0", 4}, std::string{"not a type"},
                           std::string{"<u8[2"}, std::string{"{a:<u8@9}16"},
                           std::string{"{a:|u1[18446744073709551615]@0}16"}, deep, many + "16"}) {
    auto const market = create("market");
    publish_with_descriptor(market, text);
    expect_error({"cat", "market/prices"}, "type descriptor, byte ");
    EXPECT_EQ(run({"show", "market"}).status, 0);
    parse_json(run({"show", "market", "--json"}).out);
  }
}

TEST_F(command_hostile, DescriptorOfAnotherSizeIsAnError) {
  auto const market = create("market");
  publish_with_descriptor(market, "<u8[3]");
  expect_error({"cat", "market/prices"}, "about 24 bytes, its elements have 16");
}

TEST_F(command_hostile, DescriptorThatFitsIsUsedWhateverTheTypeWas) {
  auto const market = create("market");
  publish_with_descriptor(market, "{low:<u4@0,rest:?4'x'@12}16");
  EXPECT_EQ(run({"cat", "market/prices"}).out,
            "{low: 0, rest: x'00000000'}\n{low: 0, rest: x'00000000'}\n");
}

TEST_F(command_hostile, DescriptorThatIsNotTheOnePublishedIsNotUsed) {
  auto const market = create("market");
  publish_with_descriptor(market, "{a:<u8@0,b:<u8@8}16");
  auto const record = market.entries().begin()->view().record;
  std::memcpy(market.attachment().map().base() + record.extent_offset + record.descriptor_offset,
              "{z", 2);
  auto const as_bytes = "x'" + std::string(32, '0') + "'\n";
  EXPECT_EQ(run({"cat", "market/prices"}).out, as_bytes + as_bytes);
}

TEST_F(command_hostile, FileCutShortWhileItIsReadIsAnError) {
  // More than pipe and buffers hold, so the command waits for its reader in the middle.
  auto const market = create("market", 4_MiB);
  market.publish<array<std::array<std::uint8_t, 1000>>>("many", 4000);
  running_command cat{{"cat", "market/many", "--dir", directory_.path().string()}};
  cat.wait_for_output();
  std::filesystem::resize_file(file("market"), 4096);
  auto const result = cat.finish();
  std::filesystem::resize_file(file("market"), market.size());  // for our own handles
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("became shorter"));
}

}  // namespace
}  // namespace stoa::testing
