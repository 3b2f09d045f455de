// A server stands still after every single instruction of a look for requests. Meanwhile another one serves that
// request and the next one on the same slot, whose reply nobody has looked at yet. When the first one goes on, it does
// not serve what was served, and the reply is still there.
//
// Or the request is given up. Then either the slot is still the first one's, and nobody else gets it, or the next call in
// it does not wait for the first one, which has gone on meanwhile until it has taken the request, if it still does, and
// stands still again.
#include <gtest/gtest.h>

#include <algorithm>
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
  result<claimed_request> claim(std::uint64_t number) {
    auto const bytes = numbered_message(number);
    auto out = caller.claim(bytes.size(), 1);
    if (out) std::ranges::copy(bytes, out->bytes().begin());
    return out;
  }
  std::uint64_t service() const {
    return exchange_bytes::adopt(home.entries().front().view()).value().way(side::front).slot(0).service().load();
  }
  // What all servers have served.
  std::multiset<std::uint64_t> all_served() const {
    std::multiset<std::uint64_t> all{served.begin(), served.end()};
    auto const& found = *reported.get();
    all.insert(found.popped.begin(), found.popped.begin() + found.pops);
    return all;
  }
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
    EXPECT_TRUE(where.reported.get()->is_done);
    EXPECT_TRUE(two ? two->ready() : one.ready());
    EXPECT_EQ(where.all_served(), two ? (std::multiset{first, second}) : std::multiset{first});
    return effect::undecided;
  });
}

TEST(stopped_server, HoldsUpNoCallThatComesAfterOneThatWasGivenUp) {
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
    one.cancel();
    auto two = where.claim(second);
    EXPECT_TRUE(two || code_of(two) == errc::no_free_slot);
    // If it has seen the first request, it takes it within some instructions, if it can.
    slow.step_until([&, given_up = where.service(), left = 100]() mutable {
      return where.service() != given_up || --left == 0;
    });
    if (two) {
      auto const pending = two->start();
      where.serve();
      EXPECT_TRUE(pending->ready());
    }
    EXPECT_TRUE(slow.finish());
    EXPECT_TRUE(where.reported.get()->is_done);
    auto all = where.all_served();
    all.erase(first);  // in time, or not
    EXPECT_EQ(all, two ? std::multiset{second} : std::multiset<std::uint64_t>{});
    EXPECT_TRUE(two || where.claim(second)) << "it is done, and nobody has its slot";
    return effect::undecided;
  });
}

}  // namespace
}  // namespace stoa::testing
