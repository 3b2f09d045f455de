// Random commands through two handles at different addresses, against a model that is nothing but a
// list of elements and what became of each.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using numbers = stoa::queue<std::uint64_t>;
using step = std::pair<std::uint8_t, std::uint8_t>;  // what, and with how much

enum class fate { waiting, leased, returned, done };

// Elements are numbered in the order in which they are pushed. Slots are used in that order, so a
// push needs the element one lap back to be done.
class queue_model {
 public:
  explicit queue_model(std::uint64_t capacity) : capacity_{capacity} {}

  std::uint64_t room() const {
    std::uint64_t run = 0;
    while (run < capacity_ && is_slot_free(pushed() + run)) ++run;
    return run;
  }
  void push() { fates_.push_back(fate::waiting); }
  std::uint64_t pushed() const { return fates_.size(); }
  std::uint64_t size() const { return pushed() - head_; }
  std::uint64_t available() const {
    return size() + static_cast<std::uint64_t>(std::ranges::count(fates_, fate::returned));
  }
  // What was given back comes first, the oldest of it; then what was never taken.
  std::uint64_t take(fate becomes) {
    auto found = std::ranges::find(fates_, fate::returned);
    if (found == fates_.end()) found = fates_.begin() + static_cast<std::ptrdiff_t>(head_++);
    *found = becomes;
    return static_cast<std::uint64_t>(found - fates_.begin());
  }
  void set(std::uint64_t number, fate becomes) { fates_[number] = becomes; }

 private:
  bool is_slot_free(std::uint64_t number) const {
    return number < capacity_ ||
           (number - capacity_ < pushed() && fates_[number - capacity_] == fate::done);
  }

  std::uint64_t capacity_;
  std::uint64_t head_ = 0;
  std::vector<fate> fates_;
};

class queue_machine {
 public:
  queue_machine(std::uint64_t capacity, std::uint64_t first_ticket)
      : handles_{views_.first.publish<numbers>("q", capacity, first_ticket),
                 views_.second.attach<numbers>("q")},
        model_{handles_[0].capacity()} {}

  void run(step const& what) {
    auto const& queue = handles_[what.first & 1u];
    switch (what.first / 2 % 8) {
      case 0:
        push(queue);
        break;
      case 1:
        pop(queue);
        break;
      case 2:
        push_n(queue, what.second % (2 * queue.capacity() + 1));
        break;
      case 3:
        pop_n(queue, what.second % (2 * queue.capacity() + 1));
        break;
      case 4:
        claim(queue);
        break;
      case 5:
        end_lease(what.second, fate::done);
        break;
      case 6:
        end_lease(what.second, fate::returned);
        break;
      case 7:
        queue.recover();
        break;  // there is nobody dead: nothing may change
    }
    for (auto const& each : handles_) {
      RC_ASSERT(each.size() == model_.size());
      RC_ASSERT(each.statistics().pushed == model_.pushed());
      RC_ASSERT(each.statistics().popped == model_.pushed() - model_.size());
    }
  }

  // Everything that was pushed comes out, and all capacity is usable again.
  void finish() {
    while (!leases_.empty()) end_lease(0, fate::returned);
    while (model_.available() != 0) pop(handles_[0]);
    pop(handles_[1]);
    push_n(handles_[1], handles_[1].capacity() + 1);
    while (model_.available() != 0) pop(handles_[0]);
  }

 private:
  void push(numbers const& queue) {
    bool const fits = model_.room() != 0;
    RC_ASSERT(queue.try_push(model_.pushed()) == fits);
    if (fits) model_.push();
  }
  void pop(numbers const& queue) {
    auto const got = queue.try_pop();
    RC_ASSERT(got.has_value() == (model_.available() != 0));
    if (got) RC_ASSERT(*got == model_.take(fate::done));
  }
  void push_n(numbers const& queue, std::uint64_t count) {
    std::vector<std::uint64_t> batch(count);
    for (std::uint64_t i = 0; i < count; ++i) batch[i] = model_.pushed() + i;
    auto const pushed = queue.try_push_n(batch);
    RC_ASSERT(pushed == std::min(count, model_.room()));
    for (std::uint64_t i = 0; i < pushed; ++i) model_.push();
  }
  // How many come at once is the queue's affair, as long as it is one if there is one.
  void pop_n(numbers const& queue, std::uint64_t count) {
    std::vector<std::uint64_t> out(count);
    auto const got = queue.try_pop_n(out);
    RC_ASSERT(got <= std::min(count, model_.available()));
    RC_ASSERT((got != 0) == (count != 0 && model_.available() != 0));
    for (std::uint64_t i = 0; i < got; ++i) RC_ASSERT(out[i] == model_.take(fate::done));
  }
  void claim(numbers const& queue) {
    auto lease = queue.try_claim();
    RC_ASSERT(static_cast<bool>(lease) == (model_.available() != 0));
    if (!lease) return;
    auto const number = model_.take(fate::leased);
    RC_ASSERT(*lease == number);
    leases_.emplace_back(number, std::move(lease));
  }
  void end_lease(std::size_t which, fate becomes) {
    if (leases_.empty()) return;
    auto const place = leases_.begin() + static_cast<std::ptrdiff_t>(which % leases_.size());
    becomes == fate::done ? place->second.commit() : place->second.abort();
    model_.set(place->first, becomes);
    leases_.erase(place);
  }

  two_views views_;
  std::array<numbers, 2> handles_;
  queue_model model_;
  std::vector<std::pair<std::uint64_t, numbers::lease_type>> leases_;
};

RC_GTEST_PROP(queue, BehavesLikeItsModel, (std::vector<step> const& steps, bool is_near_wrap)) {
  auto const capacity = *rc::gen::element<std::uint64_t>(1, 1, 2, 3, 4, 8, 16);
  auto const offset = *rc::gen::inRange<std::uint64_t>(0, 40);
  queue_machine machine{capacity, is_near_wrap ? 0 - offset : offset};
  for (auto const& each : steps) machine.run(each);
  machine.finish();
}

// Long histories of few commands, so that the ring goes round many times.
RC_GTEST_PROP(queue, BehavesLikeItsModelForManyLaps, ()) {
  auto const capacity = *rc::gen::element<std::uint64_t>(1, 2, 4);
  queue_machine machine{capacity, before_wrap - *rc::gen::inRange<std::uint64_t>(0, 200)};
  auto const steps = *rc::gen::container<std::vector<step>>(400, rc::gen::arbitrary<step>());
  for (auto const& each : steps) machine.run(each);
  machine.finish();
}

}  // namespace
}  // namespace stoa::testing
