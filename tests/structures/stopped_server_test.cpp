// A server stands still after every single instruction of a look for requests. Meanwhile another one serves that
// request and the next one on the same slot, whose reply nobody has looked at yet. When the first one goes on, it does
// not serve what was served, and the reply is still there.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "elements.hpp"
#include "exchange_scene.hpp"
#include "kill_each_instruction.hpp"

namespace stoa::testing {
namespace {

constexpr std::uint64_t first = 1, second = 2;

struct scene {
  scratch_name name;
  segment home = segment::create(name, 1u << 16, {.max_entries = 4, .max_participants = 4, .max_lanes = 4});
  exchange calls = home.publish<exchange>("x", 1, 200);
  exchange_client caller = calls.client();
  shared_report reported;
  std::vector<std::uint64_t> served;  // by this process

  auto server() const {
    return [this] {
      auto service = std::make_shared<exchange_server>(segment::open(name).attach<exchange>("x").server());
      return [service, found = reported.get()] {
        service->try_serve([&](call_request const& request, std::span<std::byte> response) {
          found->note_pop(number_in(request.data()));
          return answer_numbers(request, response);
        });
        found->is_done = true;
      };
    };
  }
  void serve() {
    calls.server().try_serve([&](call_request const& request, std::span<std::byte> response) {
      served.push_back(number_in(request.data()));
      return answer_numbers(request, response);
    });
  }
  pending_call start(std::uint64_t number) { return caller.start(numbered_message(number), 1).value(); }
};

TEST(stopped_server, DoesNotServeAgainWhatWasServedMeanwhile) {
  auto const trace = [] {
    scene where;
    auto const call = where.start(first);
    return stepped_child{where.server()}.trace();
  };
  for_each_instruction(trace, [](cut const& here) {
    scene where;
    auto one = where.start(first);
    stepped_child slow{where.server()};
    here.lead(slow);
    where.serve();
    bool const is_free = one.ready();  // else the one that stands still has it
    std::optional<pending_call> two;
    if (is_free) {
      EXPECT_TRUE(one.get_for(0s));
      two = where.start(second);
    }
    where.serve();
    EXPECT_TRUE(!two || two->ready());
    EXPECT_TRUE(slow.finish());
    where.serve();
    auto const& found = *where.reported.get();
    EXPECT_TRUE(found.is_done);
    EXPECT_TRUE(two ? two->ready() : one.ready());
    std::multiset<std::uint64_t> all{where.served.begin(), where.served.end()};
    all.insert(found.popped.begin(), found.popped.begin() + found.pops);
    EXPECT_EQ(all, two ? (std::multiset{first, second}) : std::multiset{first});
    return effect::undecided;
  });
}

}  // namespace
}  // namespace stoa::testing
