// Random commands against std::deque, while the roles go from handle to handle.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using numbers = stoa::spsc_queue<std::uint64_t>;
using step = std::pair<std::uint8_t, std::uint8_t>;  // what, and with how much

class spsc_machine {
 public:
  spsc_machine(std::uint64_t capacity, std::uint64_t first_ticket)
      : producer_{views_.first.publish<numbers>("q", capacity, first_ticket)},
        consumer_{views_.second.attach<numbers>("q")},
        capacity_{producer_->capacity()},
        first_{first_ticket} {}

  void run(step const& what) {
    switch (what.first % 9) {
      case 0:
        push();
        break;
      case 1:
        pop();
        break;
      case 2:
        push_n(what.second % (2 * capacity_ + 1));
        break;
      case 3:
        pop_n(what.second % (2 * capacity_ + 1));
        break;
      case 4:
        replace(producer_, what.second);
        break;
      case 5:
        replace(consumer_, what.second);
        break;
      case 6:
        produce();
        break;
      case 7:
        consume();
        break;
      case 8:
        consume_n(what.second % (2 * capacity_ + 1));
        break;
    }
    for (auto const* each : {&producer_, &consumer_}) {
      RC_ASSERT((*each)->size() == model_.size());
      RC_ASSERT((*each)->statistics().pushed == pushed_);
      RC_ASSERT((*each)->statistics().popped == pushed_ - model_.size());
    }
  }
  void finish() {
    while (!model_.empty()) pop();
    pop();
    push_n(capacity_ + 1);
    RC_ASSERT(model_.size() == capacity_);
    while (!model_.empty()) pop();
  }

 private:
  void push() {
    bool const fits = model_.size() < capacity_;
    RC_ASSERT(producer_->try_push(pushed_) == fits);
    if (fits) model_.push_back(pushed_++);
  }
  void pop() {
    auto const got = consumer_->try_pop();
    RC_ASSERT(got.has_value() == !model_.empty());
    if (!got) return;
    RC_ASSERT(*got == model_.front());
    model_.pop_front();
  }
  void push_n(std::uint64_t count) {
    std::vector<std::uint64_t> batch(count);
    for (std::uint64_t i = 0; i < count; ++i) batch[i] = pushed_ + i;
    auto const pushed = producer_->try_push_n(batch);
    RC_ASSERT(pushed == std::min(count, capacity_ - model_.size()));
    for (std::uint64_t i = 0; i < pushed; ++i) model_.push_back(pushed_++);
  }
  void pop_n(std::uint64_t count) {
    std::vector<std::uint64_t> out(count);
    auto const got = consumer_->try_pop_n(out);
    RC_ASSERT(got == std::min<std::uint64_t>(count, model_.size()));
    for (std::uint64_t i = 0; i < got; ++i) {
      RC_ASSERT(out[i] == model_.front());
      model_.pop_front();
    }
  }
  void produce() {
    bool const fits = model_.size() < capacity_;
    RC_ASSERT(producer_->try_produce([&](std::uint64_t& place) { place = pushed_; }) == fits);
    if (fits) model_.push_back(pushed_++);
  }
  void consume() {
    bool const is_there = !model_.empty();
    RC_ASSERT(consumer_->try_consume([&](std::uint64_t const& each) { RC_ASSERT(each == model_.front()); }) == is_there);
    if (is_there) model_.pop_front();
  }
  void consume_n(std::uint64_t most) {
    auto const use = [&](std::span<std::uint64_t const> some) {
      RC_ASSERT(some.size() <= model_.size());
      RC_ASSERT(std::equal(some.begin(), some.end(), model_.begin()));
    };
    auto const popped = consumer_->statistics().popped;
    auto const in_a_row = capacity_ - (first_ + popped) % capacity_;
    auto const count = consumer_->try_consume_n(use, most);
    RC_ASSERT(count == std::min({most, model_.size(), in_a_row}));
    model_.erase(model_.begin(), model_.begin() + static_cast<long>(count));
  }
  void replace(std::optional<numbers>& side, std::uint8_t which) {
    side.reset();
    side = (which % 2 == 0 ? views_.first : views_.second).attach<numbers>("q");
  }

  two_views views_;
  std::optional<numbers> producer_;
  std::optional<numbers> consumer_;
  std::uint64_t capacity_;
  std::uint64_t first_;
  std::uint64_t pushed_ = 0;
  std::deque<std::uint64_t> model_;
};

RC_GTEST_PROP(spsc_queue, BehavesLikeADeque, (std::vector<step> const& steps, bool is_near_wrap)) {
  auto const capacity = *rc::gen::element<std::uint64_t>(1, 1, 2, 3, 4, 8, 16);
  auto const offset = *rc::gen::inRange<std::uint64_t>(0, 40);
  spsc_machine machine{capacity, is_near_wrap ? 0 - offset : offset};
  for (auto const& each : steps) machine.run(each);
  machine.finish();
}

RC_GTEST_PROP(spsc_queue, BehavesLikeADequeForManyLaps, ()) {
  auto const capacity = *rc::gen::element<std::uint64_t>(1, 2, 4);
  spsc_machine machine{capacity, before_wrap - *rc::gen::inRange<std::uint64_t>(0, 200)};
  auto const steps = *rc::gen::container<std::vector<step>>(400, rc::gen::arbitrary<step>());
  for (auto const& each : steps) machine.run(each);
  machine.finish();
}

}  // namespace
}  // namespace stoa::testing
