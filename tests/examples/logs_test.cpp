// The logs pipeline, with its programs killed in the middle of their work: the counts are those of the shell's tools.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "example_program.hpp"
#include "scratch.hpp"
#include "work.hpp"

namespace logs {
namespace {

using stoa::testing::child;
using stoa::testing::content_of;
using stoa::testing::eventually;
using ::testing::HasSubstr;

class logs_pipeline : public ::testing::Test {
 protected:
  child start(std::string const& program, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"--segment", name_.str()});
    return stoa::testing::start_example(LOGS_PROGRAMS + program, file("output"), arguments);
  }
  std::string file(std::string const& name) const { return directory_.path() / name; }
  std::string output() const { return content_of(file("output")); }

  // Text with words and lines of all lengths, some of which are longer than a chunk.
  std::string made_text() const {
    auto const path = file("text");
    std::filesystem::create_directory(path);
    std::mt19937 random{11};
    for (int number = 0; number < 40; ++number) {
      std::ofstream out{path + "/" + std::to_string(number)};
      for (auto words = 1 + random() % 40'000; words > 0; --words) {
        auto const length = random() % 2000 == 0 ? random() % 50'000 : 1 + random() % 6;
        for (auto left = length; left > 0; --left) out << static_cast<char>('a' + random() % 4);
        out << (random() % 8 == 0 ? '\n' : ' ');
      }
      out << "last";  // without a line break
    }
    return path;
  }

  // Kills some of those at work, after every so many chunks, until all is counted.
  std::uint64_t count_with_kills(std::vector<std::string> const& paths, std::uint64_t chunks_per_kill) {
    std::mt19937 random{12};
    shared_work const work{name_};
    std::vector<child> workers;
    auto const start_one = [&](std::size_t i) { return i == 0 ? start("reader", paths) : start("parser"); };
    for (std::size_t i = 0; i < 4; ++i) workers.push_back(start_one(i));
    std::uint64_t kills = 0;
    for (;;) {
      auto const before = work.sum.load().chunks();
      EXPECT_TRUE(eventually([&] { return work.sum.load().chunks() >= before + chunks_per_kill || work.is_done(); }));
      if (work.is_done() || HasFailure()) break;
      for (auto victims = 1 + random() % 2; victims > 0; --victims) {
        auto const i = random() % workers.size();
        kills += workers[i].kill().signal == SIGKILL;
        workers[i] = start_one(i);
      }
    }
    for (auto& each : workers) EXPECT_TRUE(each.wait().is_success());
    return kills;
  }

  // The same words, counted by the shell's tools.
  std::string counted_by_shell() const {
    shared_work const work{name_};
    std::ofstream list{file("list")};
    auto const state = work.reading.load();
    for (std::uint64_t i = 0; i < state.files; ++i)
      list << work.files[i].bytes << ' ' << examples::view_of(work.files[i].path) << '\n';
    list.close();
    auto const command = "export LC_ALL=C; while read -r bytes path; do head -c $bytes \"$path\"; echo; done <" +
                         file("list") +
                         " | tr -cs A-Za-z '\\n' | cut -c 1-32 | grep . | sort | uniq -c"
                         " | sort -k 1,1nr -k 2,2 >" +
                         file("expected");
    EXPECT_EQ(std::system(command.c_str()), 0);
    return content_of(file("expected"));
  }
  void expect_counts_of_shell() {
    EXPECT_TRUE(start("top", {"--all"}).wait().is_success());
    EXPECT_TRUE(output() == counted_by_shell()) << "see " << output().substr(0, 200);
  }
  void tell(std::uint64_t kills) const {
    shared_work const work{name_};
    auto const sum = work.sum.load();
    std::printf("%llu files, %llu bytes, %llu words in %llu chunks; %llu kills, %llu chunks came again\n",
                static_cast<unsigned long long>(work.reading.load().files), static_cast<unsigned long long>(sum.bytes),
                static_cast<unsigned long long>(sum.words), static_cast<unsigned long long>(sum.chunks()),
                static_cast<unsigned long long>(kills), static_cast<unsigned long long>(sum.again));
  }

  stoa::testing::scratch_name name_;
  stoa::testing::scratch_directory directory_;
};

TEST_F(logs_pipeline, CountsEveryChunkOnceWhoeverIsKilled) {
  auto const kills = count_with_kills({made_text()}, 1);
  tell(kills);
  EXPECT_GE(kills, 10u);
  expect_counts_of_shell();
}

TEST_F(logs_pipeline, CountsTheTextOfThisMachine) {
  if (!std::filesystem::exists("/usr/share/doc")) GTEST_SKIP() << "NOT TESTED: there is no /usr/share/doc";
  tell(count_with_kills({"/var/log/dpkg.log", "/usr/share/doc"}, 40));
  expect_counts_of_shell();
}

TEST_F(logs_pipeline, WorkWaitsForAParserThatComesLater) {
  auto reader = start("reader", {made_text()});
  shared_work const work{name_};
  EXPECT_TRUE(eventually([&] { return work.reading.load().chunk > 0; }));
  EXPECT_EQ(work.sum.load().chunks(), 0u);
  EXPECT_TRUE(start("parser").wait().is_success());
  EXPECT_TRUE(reader.wait().is_success());
  expect_counts_of_shell();
}

TEST_F(logs_pipeline, ASecondReaderTakesOverWhenTheFirstDies) {
  auto const text = made_text();
  auto first = start("reader", {text});
  shared_work const work{name_};
  EXPECT_TRUE(eventually([&] { return work.reading.load().chunk > 0; }));
  auto second = start("reader", {text});
  first.kill();
  EXPECT_TRUE(start("parser").wait().is_success());
  EXPECT_TRUE(second.wait().is_success());
  expect_counts_of_shell();
}

TEST_F(logs_pipeline, OneCommandStartsItAndKillsItsOwn) {
  auto const text = made_text();
  EXPECT_TRUE(start("logs", {"--parsers", "3", "--kill-every", "60", "--keep", text}).wait().is_success());
  EXPECT_THAT(output(), HasSubstr("40 of 40 files read"));
  EXPECT_THAT(output(), HasSubstr("all is counted"));
  expect_counts_of_shell();
  EXPECT_TRUE(start("logs", {text}).wait().is_success());
  EXPECT_FALSE(std::filesystem::exists(name_.path())) << "it leaves nothing";
}

TEST_F(logs_pipeline, WithoutTextSaysSo) {
  EXPECT_EQ(start("reader", {directory_.path()}).wait().exit_code, 1);
}

}  // namespace
}  // namespace logs
