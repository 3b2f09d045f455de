// Every structure with elements of every awkward size and alignment, at capacity 1 and across the
// wrap of its counters.
#include <gtest/gtest.h>

#include <vector>

#include "elements.hpp"

namespace stoa::testing {
namespace {

using element_types =
    ::testing::Types<std::uint8_t, three_bytes, std::uint64_t, page, line, two_lines>;

template <class T>
class elements_of : public ::testing::Test {
 protected:
  two_views views{4u << 20};

  static bool is_aligned_for(T const* place) {
    return reinterpret_cast<std::uintptr_t>(place) % alignof(T) == 0;
  }
  // Fills and empties `queue` often enough to pass the wrap, looking at each element through
  // `other`.
  template <class Queue>
  void go_round(Queue const& queue, Queue const& other) {
    std::uint64_t pushed = 0;
    std::uint64_t popped = 0;
    for (int lap = 0; lap < 4; ++lap) {
      while (queue.try_push(element<T>(pushed))) ++pushed;
      ASSERT_EQ(pushed - popped, queue.capacity());
      while (auto const got = other.try_pop()) ASSERT_TRUE(is_element(*got, popped++));
      ASSERT_EQ(popped, pushed);
    }
  }
  template <class Queue>
  void go_round_in_bulk(Queue const& queue, Queue const& other) {
    std::uint64_t pushed = 0;
    std::uint64_t popped = 0;
    std::vector<T> batch(3);
    for (int lap = 0; lap < 6; ++lap) {
      for (std::size_t i = 0; i < batch.size(); ++i) batch[i] = element<T>(pushed + i);
      pushed += queue.try_push_n(batch);
      ASSERT_EQ(pushed - popped, std::min<std::uint64_t>(3, queue.capacity()));
      std::vector<T> out(3);
      auto const got = other.try_pop_n(out);
      ASSERT_EQ(got, pushed - popped);
      for (std::size_t i = 0; i < got; ++i) ASSERT_TRUE(is_element(out[i], popped++));
    }
  }
};
TYPED_TEST_SUITE(elements_of, element_types);

TYPED_TEST(elements_of, QueuesOfAnyCapacityKeepThemAcrossTheWrap) {
  for (std::uint64_t const capacity : {1u, 2u, 4u}) {
    auto const name = "q" + std::to_string(capacity);
    auto const queue =
        this->views.first.template publish<stoa::queue<TypeParam>>(name, capacity, before_wrap);
    auto const other = this->views.second.template attach<stoa::queue<TypeParam>>(name);
    ASSERT_EQ(queue.capacity(), capacity);
    this->go_round(queue, other);
    this->go_round_in_bulk(other, queue);
  }
}

TYPED_TEST(elements_of, SpscQueuesOfAnyCapacityKeepThemAcrossTheWrap) {
  for (std::uint64_t const capacity : {1u, 2u, 4u}) {
    auto const name = "q" + std::to_string(capacity);
    auto const queue = this->views.first.template publish<stoa::spsc_queue<TypeParam>>(
        name, capacity, before_wrap);
    auto const other = this->views.second.template attach<stoa::spsc_queue<TypeParam>>(name);
    ASSERT_EQ(queue.capacity(), capacity);
    this->go_round(queue, other);
    this->go_round_in_bulk(queue, other);
  }
}

TYPED_TEST(elements_of, LeasesGiveThemInPlaceAndAligned) {
  auto const queue =
      this->views.first.template publish<stoa::queue<TypeParam>>("q", 1, before_wrap);
  auto const other = this->views.second.template attach<stoa::queue<TypeParam>>("q");
  for (std::uint64_t n = 0; n < 6; ++n) {
    ASSERT_TRUE(queue.try_push(element<TypeParam>(n)));
    auto aborted = other.try_claim();
    ASSERT_TRUE(aborted);
    aborted.abort();
    auto lease = other.try_claim();
    ASSERT_TRUE(lease);
    ASSERT_TRUE(this->is_aligned_for(&*lease));
    ASSERT_TRUE(is_element(*lease, n));
    lease.commit();
  }
}

TYPED_TEST(elements_of, ValuesHoldThem) {
  for (int const buffers : {2, 8, 255}) {
    auto const name = "v" + std::to_string(buffers);
    auto const value = this->views.first.template publish<stoa::value<TypeParam>>(name, buffers);
    auto const other = this->views.second.template attach<stoa::value<TypeParam>>(name);
    for (std::uint64_t n = 0; n < 300; ++n) {
      value.store(element<TypeParam>(n));
      ASSERT_TRUE(is_element(other.load(), n));
      ASSERT_EQ(other.version(), n + 1);
    }
  }
}

TYPED_TEST(elements_of, ArraysOfOneOrManyHoldThemAligned) {
  for (std::uint64_t const size : {1u, 5u}) {
    auto const name = "a" + std::to_string(size);
    auto const array = this->views.first.template publish<stoa::array<TypeParam>>(name, size);
    auto const other = this->views.second.template attach<stoa::array<TypeParam>>(name);
    ASSERT_TRUE(this->is_aligned_for(array.data()) && this->is_aligned_for(other.data()));
    for (std::uint64_t i = 0; i < size; ++i) array[i] = element<TypeParam>(i);
    ASSERT_EQ(other.size(), size);
    for (std::uint64_t i = 0; i < size; ++i) ASSERT_TRUE(is_element(other[i], i));
  }
}

}  // namespace
}  // namespace stoa::testing
