// Programs made by GCC and by Clang work on each other's segments. The other one is
// compiler_pair/peer.cpp.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <vector>

#include "compiler_pair/pair_content.hpp"
#include "scratch.hpp"

extern char** environ;

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

// A run of the other compiler's program; killed if it is still there in the end.
class peer {
 public:
  explicit peer(std::vector<std::string> words) {
    words.insert(words.begin(), STOA_COMPILER_PEER);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (::posix_spawn(&pid_, argv[0], nullptr, nullptr, argv.data(), environ) != 0) pid_ = 0;
  }
  peer(peer const&) = delete;
  peer& operator=(peer const&) = delete;
  ~peer() { kill(); }

  void kill() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  // Its exit status; -1 if it did not start, did not end or was killed.
  int wait() {
    if (pid_ == 0) return -1;
    int status = 0;
    if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, 60s)) return -1;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
};

TEST(compiler_pair, OtherReadsWhatThisWrote) {
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  fill(made);
  EXPECT_EQ((peer{{"check", name}}.wait()), 0);
}

TEST(compiler_pair, ThisReadsWhatOtherWrote) {
  scratch_name const name;
  ASSERT_EQ((peer{{"make", name}}.wait()), 0);
  EXPECT_EQ(missing(segment::open(name)), "");
  segment::remove(name);
}

TEST(compiler_pair, ThisSeesWhatOtherChanged) {
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  ASSERT_EQ(fill_structures(made), "");
  fill_messages(made);
  ASSERT_EQ((peer{{"change", name}}.wait()), 0);
  EXPECT_EQ(unchanged_structures(made), "");
  EXPECT_EQ(unchanged_messages(made), "");
}

TEST(compiler_pair, OtherSeesWhatThisChanged) {
  scratch_name const name;
  ASSERT_EQ((peer{{"make", name}}.wait()), 0);
  ASSERT_EQ(change_structures(segment::open(name)), "");
  ASSERT_EQ(change_messages(segment::open(name)), "");
  EXPECT_EQ((peer{{"check-change", name}}.wait()), 0);
  segment::remove(name);
}

TEST(compiler_pair, BothCountInOneMapAndShareTokensAtOnce) {
  constexpr std::uint64_t count = 100'000;
  constexpr std::uint64_t tokens = 3;
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  auto const counts = made.publish<map<std::uint32_t, std::uint64_t>>("counts", 16);
  auto const shared = made.publish<stack<std::uint64_t>>("tokens", tokens);
  for (std::uint64_t i = 0; i < tokens; ++i) shared.push(0);
  peer other{{"tally", name, std::to_string(count)}};
  ASSERT_TRUE(eventually([&] { return !counts.empty(); }));
  tally(made, count);
  ASSERT_EQ(other.wait(), 0);
  std::uint64_t counted = 0, taken = 0;
  counts.for_each([&](std::uint32_t, std::uint64_t n) { counted += n; });
  for (std::uint64_t i = 0; i < tokens; ++i) taken += shared.try_pop().value_or(0);
  EXPECT_EQ(counts.size(), 16u);
  EXPECT_EQ(counted, 2 * count);
  EXPECT_EQ(taken, 2 * count);
}

TEST(compiler_pair, BothWorkOnTheSameStructuresAtOnce) {
  constexpr std::uint64_t count = 5000;
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  auto const there = made.publish<queue<letter>>("there", 8);
  auto const back = made.publish<spsc_queue<letter>>("back", 8);
  auto const counter = made.publish<value<std::uint64_t>>("count");
  peer other{{"echo", name, std::to_string(count)}};
  std::uint64_t sent = 0;
  for (std::uint64_t received = 0; received < count; ++received) {
    while (sent < count && there.try_push(make_letter(sent))) ++sent;
    auto const got = back.pop_for(30s);
    ASSERT_EQ(got, make_letter(received));
    counter.update([](auto& n) { ++n; });
  }
  EXPECT_EQ(other.wait(), 0);
  EXPECT_EQ(counter.load(), 2 * count);
}

TEST(compiler_pair, BothSendIntoOneRingAtOnce) {
  constexpr std::uint64_t count = 5000;
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  auto const ring = made.publish<message_ring>(
      "post", 8192, message_ring_options{.checksum = true, .large = {.blocks = 4, .block_bytes = 1024, .above = 500}});
  auto const consumer = ring.consumer();
  peer other{{"post", name, std::to_string(count)}};
  std::array<std::uint64_t, 2> next{};
  for (std::uint64_t received = 0, sent = 0; received < 2 * count; ++received) {
    while (sent < count && ring.try_send(pair_text(sent))) ++sent;
    auto got = consumer.receive_for(30s);
    ASSERT_TRUE(got);
    ASSERT_LT(got->type(), next.size());
    ASSERT_EQ(got->sequence(), received);
    ASSERT_TRUE(std::ranges::equal(got->data(), pair_text(next[got->type()]++)));
    got->commit();
  }
  EXPECT_EQ(other.wait(), 0);
}

TEST(compiler_pair, OtherVisitsThis) {
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  publish_connections(made);
  peer other{{"visit", name, "2000"}};
  EXPECT_EQ(host(made, 2000), "");
  EXPECT_EQ(other.wait(), 0);
}

TEST(compiler_pair, ThisVisitsOther) {
  scratch_name const name;
  ASSERT_EQ((peer{{"make", name}}.wait()), 0);
  peer other{{"host", name, "2000"}};
  EXPECT_EQ(visit(segment::open(name), 2000), "");
  EXPECT_EQ(other.wait(), 0);
  segment::remove(name);
}

TEST(compiler_pair, LeaseOfAKilledPeerComesBack) {
  scratch_name const name;
  auto const made = segment::create(name, 1 << 20);
  auto const there = made.publish<queue<letter>>("there", 8);
  there.push(make_letter(1));
  there.push(make_letter(2));
  peer other{{"hold", name}};
  ASSERT_TRUE(eventually([&] { return there.size() == 1; }));
  other.kill();
  auto const first = there.pop_for(30s);
  auto const second = there.pop_for(30s);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->number + second->number,
            3u);  // which comes first depends on when the dead are looked for
  EXPECT_NE(first->number, second->number);
  EXPECT_EQ(there.try_pop(), std::nullopt);
}

}  // namespace
}  // namespace stoa::testing
