// The other compiler's side of compiler_pair_test.cpp.
//
//   compiler_peer make NAME          creates a segment with the content of fill(), fill_structures(), fill_messages()
//                                    and publish_connections(), which stays
//   compiler_peer check NAME         exit 0 if all that fill() puts there is there
//   compiler_peer change NAME        change_structures(), change_messages(); exit 0 if all was as it was filled
//   compiler_peer check-change NAME  exit 0 if all is as these leave it
//   compiler_peer echo NAME COUNT    sends COUNT letters from "there" back through "back"; counts them in "count"
//   compiler_peer tally NAME COUNT   tally()
//   compiler_peer post NAME COUNT    post()
//   compiler_peer visit NAME COUNT   visit(); exit 0 if all was as it should be
//   compiler_peer host NAME COUNT    host(); likewise
//   compiler_peer hold NAME          claims one of "there" and waits to be killed
#include <unistd.h>

#include <chrono>
#include <exception>
#include <iostream>

#include "pair_content.hpp"

namespace {

using namespace stoa;
using namespace stoa::testing;
using namespace std::chrono_literals;

int echo(segment const& where, std::uint64_t count) {
  auto const there = where.attach<queue<letter>>("there");
  auto const back = where.attach<spsc_queue<letter>>("back");
  auto const counter = where.attach<value<std::uint64_t>>("count");
  for (std::uint64_t i = 0; i < count; ++i) {
    auto const got = there.pop_for(30s);
    if (!got || !back.push_for(*got, 30s)) return 1;
    counter.update([](auto& n) { ++n; });
  }
  return 0;
}

int hold(segment const& where) {
  auto const lease = where.attach<queue<letter>>("there").claim();
  for (;;) ::pause();
}

int report(std::string const& wrong) {
  if (!wrong.empty()) std::cerr << "not as it should be: " << wrong << '\n';
  return wrong.empty() ? 0 : 1;
}

int run(std::string const& what, std::string const& name, std::uint64_t count) {
  if (what == "make") {
    auto const made = segment::create(name, 1 << 20, {.lifetime = lifetime::persistent});
    fill(made);
    fill_messages(made);
    publish_connections(made);
    return report(fill_structures(made));
  }
  auto const where = segment::open(name);
  if (what == "echo") return echo(where, count);
  if (what == "hold") return hold(where);
  if (what == "check") return report(missing(where));
  if (what == "change") return report(change_messages(where) + change_structures(where));
  if (what == "check-change") return report(unchanged_messages(where) + unchanged_structures(where));
  if (what == "visit") return report(visit(where, count));
  if (what == "host") return report(host(where, count));
  if (what == "post") {
    post(where, 1, count);
    return 0;
  }
  if (what != "tally") return 2;
  tally(where, count);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  try {
    return run(argv[1], argv[2], argc > 3 ? std::stoull(argv[3]) : 0);
  } catch (std::exception const& problem) {
    std::cerr << problem.what() << '\n';
    return 3;
  }
}
