// Random commands against a plain list of all samples, while the producer's role goes from handle to handle.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "elements.hpp"
#include "numbers.hpp"

namespace stoa::testing {
namespace {

using numbers = stoa::ring<std::uint64_t>;
using step = std::pair<std::uint8_t, std::uint8_t>;  // what, and with how much

// Sample n has the number n: the model is two counts for the ring and two for each reader.
class ring_machine {
 public:
  ring_machine(std::uint64_t capacity, ring_mode mode, std::uint64_t first)
      : producer_{views_.first.publish<numbers>("r", capacity, mode, first)},
        consumer_{views_.second.attach<numbers>("r")},
        shown_{segment::open_read_only(views_.name()).attach<numbers>("r")},
        readers_{{consumer_.reader()}, {shown_.reader()}},
        capacity_{capacity},
        first_{first},
        is_bounded_{mode == ring_mode::bounded} {}

  void run(step const& what) {
    auto const much = what.second % (3 * capacity_ + 1);
    switch (what.first % 8) {
      case 0:
      case 1:
        push();
        break;
      case 2:
        push_n(much);
        break;
      case 3:
        pop();
        break;
      case 4:
        pop_n(much);
        break;
      case 5:
        read(readers_[what.second % 2], what.second / 2 % (2 * capacity_ + 1));
        break;
      case 6:
        skip(readers_[what.second % 2], much);
        break;
      case 7:
        producer_.reset();
        producer_ = (what.second % 2 == 0 ? views_.first : views_.second).attach<numbers>("r");
        break;
    }
    look();
  }

 private:
  struct cursor {
    stoa::ring_reader<std::uint64_t> reader;
    std::uint64_t next = 0;
    std::uint64_t lost = 0;
  };

  std::uint64_t oldest() const { return written_ - std::min(written_, capacity_); }
  std::uint64_t room() const { return is_bounded_ ? capacity_ - (written_ - read_) : ~std::uint64_t{0}; }

  void push() {
    bool const fits = room() > 0;
    RC_ASSERT(producer_->try_push(written_) == fits);
    written_ += fits;
  }
  void push_n(std::uint64_t count) {
    auto const pushed = producer_->try_push_n(counted(written_, count));
    RC_ASSERT(pushed == std::min(count, room()));
    written_ += pushed;
  }
  // Consumers pass over what is gone.
  void pass_over() {
    if (read_ >= oldest()) return;
    lost_ += oldest() - read_;
    read_ = oldest();
  }
  void pop() {
    auto const got = consumer_.try_pop();
    RC_ASSERT(got.has_value() == (read_ < written_));
    if (!got) return;
    pass_over();
    RC_ASSERT(*got == read_++);
  }
  void pop_n(std::uint64_t count) {
    std::vector<std::uint64_t> out(count);
    out.resize(consumer_.try_pop_n(out));
    if (count != 0 && read_ < written_) pass_over();
    RC_ASSERT(out == counted(read_, std::min(count, written_ - read_)));
    read_ += out.size();
  }
  void read(cursor& at, std::uint64_t count) {
    std::vector<std::uint64_t> out(count);
    if (count == 1) {
      auto const got = at.reader.try_read();
      out.assign(got.has_value() ? 1 : 0, got.value_or(0));
    } else {
      out.resize(at.reader.read_n(out));
    }
    if (count != 0 && at.next < oldest()) {
      at.lost += oldest() - at.next;
      at.next = oldest();
    }
    RC_ASSERT(out == counted(at.next, std::min(count, written_ - at.next)));
    at.next += out.size();
  }
  void skip(cursor& at, std::uint64_t count) {
    auto const skipped = at.reader.skip(count);
    RC_ASSERT(skipped == std::min(count, written_ - at.next));
    at.next += skipped;
  }
  void look() {
    for (auto const* each : {&*producer_, &consumer_, &shown_}) {
      RC_ASSERT(each->total_written() == written_);
      RC_ASSERT(each->total_read() == read_);
      RC_ASSERT(each->size() == std::min(written_ - read_, capacity_));
      RC_ASSERT(each->statistics().lost == lost_);
      std::vector<std::uint64_t> out(capacity_ + 1);
      out.resize(each->latest(std::span{out}));
      RC_ASSERT(out == counted(oldest(), written_ - oldest()));
      RC_ASSERT(each->latest() == (written_ == 0 ? std::nullopt : std::optional{written_ - 1}));
      if (oldest() != 0) RC_ASSERT(each->at(first_ + oldest() - 1) == std::nullopt);
      if (written_ != 0) RC_ASSERT(each->at(first_ + oldest()) == oldest());
    }
    for (auto const& each : readers_) {
      RC_ASSERT(each.reader.position() == first_ + each.next);
      RC_ASSERT(each.reader.lost() == each.lost);
      RC_ASSERT(each.reader.lag() == written_ - each.next);
    }
  }

  two_views views_;
  std::optional<numbers> producer_;
  numbers consumer_;
  numbers shown_;
  std::vector<cursor> readers_;
  std::uint64_t capacity_;
  std::uint64_t first_;
  bool is_bounded_;
  std::uint64_t written_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t lost_ = 0;
};

RC_GTEST_PROP(ring, BehavesLikeTheEndOfAList, (std::vector<step> const& steps, bool is_near_wrap, bool is_bounded)) {
  auto const capacity = *rc::gen::element<std::uint64_t>(1, 1, 2, 3, 4, 7, 8, 16);
  auto const offset = *rc::gen::inRange<std::uint64_t>(0, 60);
  ring_machine machine{capacity, is_bounded ? ring_mode::bounded : ring_mode::overwrite,
                       is_near_wrap ? 0 - offset : offset};
  for (auto const& each : steps) machine.run(each);
}

RC_GTEST_PROP(ring, BehavesLikeTheEndOfAListForManyLaps, (bool is_bounded)) {
  auto const capacity = *rc::gen::element<std::uint64_t>(1, 2, 3, 4);
  ring_machine machine{capacity, is_bounded ? ring_mode::bounded : ring_mode::overwrite,
                       before_wrap - *rc::gen::inRange<std::uint64_t>(0, 200)};
  auto const steps = *rc::gen::container<std::vector<step>>(400, rc::gen::arbitrary<step>());
  for (auto const& each : steps) machine.run(each);
}

}  // namespace
}  // namespace stoa::testing
