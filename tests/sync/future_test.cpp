#include <gtest/gtest.h>

#include <cstring>

#include "elements.hpp"
#include "in_thread.hpp"
#include "refusal.hpp"
#include "strategies.hpp"

namespace stoa::testing {
namespace {

using namespace std::chrono_literals;

auto const broken = make_error_code(errc::broken_promise);

template <class T>
struct scene_of {
  two_views views;
  stoa::future<T> first = views.first.publish<stoa::future<T>>("f");
  stoa::future<T> second = views.second.attach<stoa::future<T>>("f");
};
using scene = scene_of<sealed>;

TEST(future, HasTheValueThatWasPromised) {
  scene all;
  auto const promise = all.first.promise();
  EXPECT_FALSE(all.second.is_ready());
  EXPECT_EQ(all.second.try_get(), std::nullopt);
  EXPECT_FALSE(all.second.wait_for(2ms));
  promise.set_value(sealed{7});
  EXPECT_TRUE(all.second.is_ready());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(all.second.get().number(), 7u);
  EXPECT_TRUE(all.first.try_get()->is_whole());
  EXPECT_TRUE(all.first.wait_for(1h));
  EXPECT_EQ(refusal([&] { promise.set_value(sealed{8}); }), make_error_code(errc::already_satisfied));
  EXPECT_EQ(all.second.get().number(), 7u);
}

TEST(future, TakesTypesOfAnySize) {
  scene_of<three_bytes> odd;
  odd.first.promise().set_value(element<three_bytes>(3));
  EXPECT_TRUE(is_element(odd.second.get(), 3));
  scene_of<page> large;
  large.first.promise().set_value(element<page>(4));
  EXPECT_TRUE(is_element(large.second.get(), 4));
}

TEST(future, IsPromisedOnce) {
  scene all;
  {
    auto const promise = all.first.promise();
    EXPECT_EQ(refusal([&] { all.second.promise(); }), make_error_code(errc::role_taken));
    EXPECT_EQ(refusal([&] { all.first.promise(); }), make_error_code(errc::role_taken));
    promise.set_value(sealed{1});
  }
  EXPECT_EQ(refusal([&] { all.second.promise(); }), make_error_code(errc::already_satisfied));
  EXPECT_EQ(all.second.get().number(), 1u);
}

TEST(future, IsBrokenWhenThePromiseIsDestroyed) {
  scene all;
  auto promise = std::optional{all.first.promise()};
  auto moved = std::optional{std::move(*promise)};
  promise.reset();
  EXPECT_FALSE(all.second.is_ready()) << "it was moved from";
  std::thread waiter{[&] { EXPECT_EQ(refusal([&] { all.second.get(); }), broken); }};
  moved.reset();
  waiter.join();
  EXPECT_TRUE(all.first.is_ready());
  EXPECT_EQ(refusal([&] { static_cast<void>(all.first.try_get()); }), broken);
  EXPECT_EQ(refusal([&] { all.first.promise(); }), broken);
}

TEST(future, WhoWaitsBeforeThePromiseGetsItToo) {
  for (auto const strategy : strategies) {
    scene all;
    std::thread giver{[&] { all.second.promise().set_value(sealed{9}); }};
    in_threads(3, [&](unsigned) { EXPECT_EQ(all.first.get(strategy).number(), 9u) << name_of(strategy); });
    giver.join();
  }
}

TEST(future, ReadOnlyHandlesLook) {
  scene all;
  auto const shown = segment::open_read_only(all.views.name()).attach<stoa::future<sealed>>("f");
  EXPECT_EQ(refusal([&] { shown.get(); }), make_error_code(errc::read_only));
  EXPECT_EQ(refusal([&] { shown.promise(); }), make_error_code(errc::read_only));
  all.first.promise().set_value(sealed{3});
  EXPECT_EQ(shown.get().number(), 3u);
}

TEST(future, KindShowsTheValue) {
  scene all;
  auto const entry = all.views.second.attachment().entries().at(0);
  int shown = 0;
  auto const show = [&](std::span<std::byte const> bytes) {
    ASSERT_EQ(bytes.size(), sizeof(sealed));
    sealed copy;
    std::memcpy(&copy, bytes.data(), sizeof(copy));
    EXPECT_EQ(copy.number(), 5u);
    ++shown;
  };
  EXPECT_TRUE(find_kind("future")->elements(entry, show));
  EXPECT_EQ(shown, 0);
  all.first.promise().set_value(sealed{5});
  EXPECT_TRUE(find_kind("future")->elements(entry, show));
  EXPECT_EQ(shown, 1);
  EXPECT_EQ(find_kind("future")->statistics(entry).value().at(1).value, 1u);
}

TEST(future, DamageIsAnError) {
  scene all;
  auto const entry = all.views.first.attachment().entries().at(0);
  auto& header = *reinterpret_cast<future_header*>(entry.body.data());
  header.state.store(3);
  EXPECT_EQ(refusal([&] { all.first.get(); }), make_error_code(errc::corrupt_structure));
  for (auto const bytes : {std::uint64_t{0}, std::uint64_t{8}, ~std::uint64_t{0}}) {
    header.payload_bytes = bytes;
    EXPECT_EQ(all.views.second.try_attach<stoa::future<sealed>>("f").error().code(), errc::corrupt_structure);
  }
}

}  // namespace
}  // namespace stoa::testing
