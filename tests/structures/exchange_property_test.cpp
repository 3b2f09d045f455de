// Random commands through two handles at different addresses, against a model of what each call has come to.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "elements.hpp"
#include "exchange_scene.hpp"

namespace stoa::testing {
namespace {

using step = std::pair<std::uint8_t, std::uint16_t>;  // what, and with how much

// A call under way, and what the model knows of it.
struct open_call {
  pending_call pending;
  std::uint64_t number;
  bool is_answered = false;
  bool is_thrown = false;
};

class model {
 public:
  static constexpr std::uint64_t slots = 3;

  void apply(step const& next) {
    auto const [what, which] = next;
    switch (what % 6) {
      case 0: start(which, which % 5 == 0); break;
      case 1: serve(); break;
      case 2: get(which); break;
      case 3: cancel(which); break;
      case 4: close(which); break;
      case 5: claim(which); break;
      default: break;
    }
    RC_ASSERT(calls_.statistics().waiting == waiting());
  }
  // Everything that is under way comes to its end.
  void finish() {
    while (service_.try_serve(answer_numbers)) {}
    for (auto& each : open_) each.is_answered = true;
    while (!open_.empty()) get(0);
    replies_.clear();
    for (std::uint64_t i = 0; i < slots; ++i) start(i, false);
    RC_ASSERT(open_.size() == slots);
  }

 private:
  std::uint64_t waiting() const {
    std::uint64_t out = 0;
    for (auto const& each : open_) out += !each.is_answered;
    return out;
  }
  bool has_room() const { return open_.size() + replies_.size() < slots; }

  void start(std::uint64_t with, bool is_throwing) {
    auto const number = ++last_ << 16 | with;
    auto pending = caller_.start(numbered_message(number), is_throwing ? throwing_type : 1);
    RC_ASSERT(pending.has_value() == has_room());
    if (pending) open_.push_back({std::move(*pending), number, false, is_throwing});
    else RC_ASSERT(pending.error().code() == errc::no_free_slot);
  }
  void serve() {
    auto const before = waiting();
    std::uint64_t number = 0;
    bool const is_served = service_.try_serve([&](auto const& request, auto response) {
      number = number_in(request.data());
      return answer_numbers(request, response);
    });
    RC_ASSERT(is_served == (before != 0));
    if (!is_served) return;
    auto const found = std::ranges::find(open_, number, &open_call::number);
    RC_ASSERT(found != open_.end());
    RC_ASSERT(!found->is_answered);
    found->is_answered = true;
  }
  void get(std::uint64_t which) {
    if (open_.empty()) return;
    auto const at = open_.begin() + static_cast<std::ptrdiff_t>(which % open_.size());
    RC_ASSERT(at->pending.ready() == at->is_answered);
    auto reply = at->pending.get_for(0ms);
    if (!at->is_answered) {
      RC_ASSERT(code_of(reply) == errc::timed_out);
      return;
    }
    RC_ASSERT(code_of(reply) == (at->is_thrown ? errc::handler_failed : errc{}));
    if (reply) {
      RC_ASSERT(is_answer_to(at->number, reply->data()));
      replies_.emplace_back(std::move(*reply), at->number);
    }
    open_.erase(at);
  }
  void cancel(std::uint64_t which) {
    if (open_.empty()) return;
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which % open_.size()));
  }
  // A reply is what it was for as long as it is open.
  void close(std::uint64_t which) {
    if (replies_.empty()) return;
    auto const at = replies_.begin() + static_cast<std::ptrdiff_t>(which % replies_.size());
    RC_ASSERT(is_answer_to(at->second, at->first.data()));
    replies_.erase(at);
  }
  void claim(std::uint64_t size) {
    auto const request = caller_.claim(size % 201, 1);
    RC_ASSERT(request.has_value() == has_room());
    if (request) std::memset(request->bytes().data(), 0xEE, request->bytes().size());
  }

  two_views views_;
  exchange calls_ = views_.first.publish<exchange>(
      "x", slots, 200, exchange_options{.first_generation = call_generation_mask - 5});
  exchange_client caller_ = calls_.client();
  exchange_server service_ = views_.second.attach<exchange>("x").server();
  std::deque<open_call> open_;
  std::deque<std::pair<call_reply, std::uint64_t>> replies_;
  std::uint64_t last_ = 0;
};

RC_GTEST_PROP(exchange_property, EveryCallComesToItsOwnEnd, (std::vector<step> const& steps)) {
  model here;
  for (auto const& each : steps) here.apply(each);
  here.finish();
}

}  // namespace
}  // namespace stoa::testing
