#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/transform.hpp>
#include <stoa/stoa.hpp>

#include "scratch.hpp"

namespace stoa {
namespace {

using namespace stoa::literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::scratch_name;

struct trade {
  std::uint64_t id;
  double price;
};
BOOST_DESCRIBE_STRUCT(trade, (), (id, price))
struct renamed {
  std::uint64_t number;
  double price;
};
BOOST_DESCRIBE_STRUCT(renamed, (), (number, price))

// An array of another version.
template <class T>
struct array_of_tomorrow : array<T> {
  explicit array_of_tomorrow(array<T> base) : array<T>{std::move(base)} {}
  static structure_identity identity() {
    auto same = array<T>::identity();
    same.layout = 2;
    return same;
  }
  static result<array_of_tomorrow> adopt(std::shared_ptr<attached_entry> entry) {
    auto base = array<T>::adopt(std::move(entry));
    if (!base) return base.error();
    return array_of_tomorrow{*base};
  }
};

class segment_entries : public ::testing::Test {
 protected:
  static segment_options small() {
    segment_options options;
    options.max_entries = 8;
    options.max_participants = 4;
    options.max_lanes = 4;
    return options;
  }
  scratch_name name_;
  segment segment_ = segment::create(name_, 64_KiB, small());
};

TEST_F(segment_entries, WhatIsPublishedIsListedInOrder) {
  segment_.publish<queue<trade>>("trades", 5);
  segment_.publish<array<double>>("prices", 10);
  auto const all = segment_.entries();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name(), "prices");
  EXPECT_EQ(all[0].kind(), "array");
  EXPECT_EQ(all[0].type(), "<f8");
  EXPECT_EQ(all[0].element_bytes(), 8u);
  EXPECT_EQ(all[1].name(), "trades");
  EXPECT_EQ(all[1].kind(), "queue");
  EXPECT_EQ(all[1].type(), "{id:<u8@0,price:<f8@8}16");
  EXPECT_EQ(all[1].element_bytes(), sizeof(trade));
  for (auto const& each : all) {
    EXPECT_EQ(each.creator_pid(), static_cast<std::uint32_t>(::getpid()));
    EXPECT_GT(each.created_ns(), 0u);
    EXPECT_EQ(each.offset() % pad_bytes, 0u);
    EXPECT_LE(each.offset() + each.bytes(), segment_.size());
  }
  EXPECT_GE(all[0].bytes(), 80u);
}

TEST_F(segment_entries, AListIsAsItWas) {
  segment_.publish<array<int>>("a", 1);
  auto const before = segment_.entries();
  segment_.erase("a");
  EXPECT_EQ(before.size(), 1u);
  EXPECT_EQ(before[0].name(), "a");
  EXPECT_TRUE(segment_.entries().empty());
}

TEST_F(segment_entries, AListStartsAPipeline) {
  segment_.publish<array<int>>("a", 1);
  segment_.publish<value<int>>("v");
  auto kinds = segment_.entries() |
               ranges::views::transform([](entry const& e) { return std::string{e.kind()}; });
  EXPECT_THAT(kinds | ranges::to<std::vector>(), ElementsAre("array", "value"));
}

TEST_F(segment_entries, ATakenNameIsRefused) {
  segment_.publish<array<int>>("a", 1)[0] = 4;
  auto const again = segment_.try_publish<array<int>>("a", 1);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), errc::name_taken);
  EXPECT_THAT(again.error().message(),
              AllOf(HasSubstr(name_.str()), HasSubstr("'a'"), HasSubstr("array")));
  EXPECT_EQ(segment_.attach<array<int>>("a")[0], 4);
}

TEST_F(segment_entries, AMissingNameIsSaid) {
  auto const none = segment_.try_attach<array<int>>("none");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), errc::no_such_name);
  EXPECT_THAT(none.error().message(), AllOf(HasSubstr(name_.str()), HasSubstr("'none'")));
}

TEST_F(segment_entries, AnotherKindIsRefusedWithBothDescriptors) {
  segment_.publish<array<double>>("prices", 3);
  auto const other = segment_.try_attach<queue<trade>>("prices");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), errc::kind_mismatch);
  EXPECT_THAT(other.error().message(),
              AllOf(HasSubstr(name_.str()), HasSubstr("'prices'"),
                    HasSubstr("expected queue of {id:<u8@0,price:<f8@8}16 (16 bytes"),
                    HasSubstr("found array of <f8 (8 bytes")));
}

TEST_F(segment_entries, AnotherElementTypeIsRefusedWithBothDescriptors) {
  segment_.publish<array<double>>("prices", 3);
  auto const narrower = segment_.try_attach<array<std::int32_t>>("prices");
  ASSERT_FALSE(narrower);
  EXPECT_EQ(narrower.error().code(), errc::type_mismatch);
  EXPECT_THAT(narrower.error().message(),
              AllOf(HasSubstr("expected array of <i4"), HasSubstr("found array of <f8")));
  EXPECT_EQ((segment_.try_attach<array<std::uint64_t>>("prices").error().code()),
            errc::type_mismatch)
      << "the same size is not the same type";
}

TEST_F(segment_entries, AStructWithOtherMembersIsAnotherType) {
  segment_.publish<value<trade>>("t");
  auto const other = segment_.try_attach<value<renamed>>("t");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), errc::type_mismatch);
  EXPECT_THAT(other.error().message(), AllOf(HasSubstr("{number:"), HasSubstr("{id:")));
}

TEST_F(segment_entries, AnotherLayoutIsRefusedWithBothDescriptors) {
  segment_.publish<array<int>>("a", 1);
  auto const later = segment_.try_attach<array_of_tomorrow<int>>("a");
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code(), errc::layout_mismatch);
  EXPECT_THAT(later.error().message(), AllOf(HasSubstr("expected layout 2 of array of <i4"),
                                             HasSubstr("found layout 1 of array of <i4")));
}

TEST_F(segment_entries, PublishOrAttachDoesWhicheverWorks) {
  segment_.publish_or_attach<array<int>>("a", 4)[3] = 1;
  auto const again = segment_.publish_or_attach<array<int>>("a", 100);
  EXPECT_EQ(again.size(), 4u) << "what exists keeps its shape";
  EXPECT_EQ(again[3], 1);
  EXPECT_EQ(segment_.try_publish_or_attach<array<char>>("a", 1).error().code(),
            errc::type_mismatch);
}

TEST_F(segment_entries, NamesAreOneTo63BytesWithoutZeros) {
  auto const code = [&](std::string_view name) {
    auto const made = segment_.try_publish<array<int>>(name, 1);
    EXPECT_EQ((segment_.try_attach<array<int>>(name).has_value()), made.has_value());
    return made ? errc{} : made.error().code();
  };
  EXPECT_EQ(code(""), errc::invalid_name);
  EXPECT_EQ(code(std::string(64, 'x')), errc::invalid_name);
  EXPECT_EQ(code(std::string(5000, 'x')), errc::invalid_name);
  EXPECT_EQ(code({"a\0b", 3}), errc::invalid_name);
  EXPECT_EQ(code(std::string(63, 'x')), errc{});
  EXPECT_EQ(code("x"), errc{});
  EXPECT_EQ(code("with/slash and blank"), errc{});
}

TEST_F(segment_entries, AnErasedNameIsGoneAndFreeAgain) {
  segment_.publish<array<int>>("a", 1);
  EXPECT_TRUE(segment_.erase("a"));
  EXPECT_FALSE(segment_.erase("a"));
  EXPECT_EQ(segment_.try_attach<array<int>>("a").error().code(), errc::no_such_name);
  EXPECT_EQ(segment_.publish<array<double>>("a", 1).size(), 1u);
}

TEST_F(segment_entries, EraseLeavesTheBytesToWhoHasThem) {
  auto const held = segment_.publish<array<int>>("a", 1000);
  held.fill(42);
  auto const free = segment_.free_bytes();
  EXPECT_TRUE(segment_.erase("a"));
  EXPECT_EQ(segment_.free_bytes(), free) << "they are in use";
  for (int i = 0; i < 50; ++i) {  // more than fit side by side
    auto const made = segment_.publish<array<int>>("b", 3000);
    made.fill(-1);
    segment_.erase("b");
  }
  EXPECT_THAT(held, ::testing::Each(42));
}

TEST_F(segment_entries, BytesComeBackWhenTheLastHolderLetsGo) {
  auto const free = segment_.free_bytes();
  {
    auto const held = segment_.publish<array<int>>("a", 1000);
    auto const also = segment_.attach<array<int>>("a");
    segment_.erase("a");
    EXPECT_LT(segment_.free_bytes(), free);
  }
  EXPECT_EQ(segment_.free_bytes(), free);
}

TEST_F(segment_entries, PublishingAndErasingForEverUsesNothingUp) {
  auto const free = segment_.free_bytes();
  for (int i = 0; i < 500; ++i) {
    auto const name = "n" + std::to_string(i % 3);
    auto const made = segment_.try_publish<array<std::uint64_t>>(name, 3000);
    ASSERT_TRUE(made) << i << ": " << made.error().message();
    EXPECT_THAT(*made, ::testing::Each(0u)) << "elements start as zero, also in bytes used before";
    made->fill(~std::uint64_t{0});
    segment_.erase(name);
  }
  EXPECT_EQ(segment_.free_bytes(), free);
}

// The gap that an erased structure leaves and the bytes that were never used lie side by side: who needs both gets
// both, and what is published there next must find zeros all the same.
TEST_F(segment_entries, BytesThatWereUsedTogetherWithAGapAreZeroForTheNext) {
  segment_.publish<array<char>>("first", 32'000);
  segment_.publish<array<char>>("second", 16'000);
  segment_.erase("second");
  segment_.publish<array<char>>("third", 32'000).fill('x');
  segment_.erase("third");
  auto const fourth = segment_.publish<array<char>>("fourth", 16'000);
  EXPECT_THAT(std::vector<char>(fourth.begin(), fourth.end()), ::testing::Each('\0'));
}

TEST_F(segment_entries, FreeBytesArePaidForByEntries) {
  auto const free = segment_.free_bytes();
  segment_.publish<array<std::byte>>("a", 5000);
  auto const used = segment_.entries()[0].bytes();
  EXPECT_GE(used, 5000u);
  EXPECT_EQ(segment_.free_bytes(), free - used);
}

TEST_F(segment_entries, TooLargeIsNoSpaceWithBothNumbers) {
  auto const made = segment_.try_publish<array<std::byte>>("big", 1_MiB);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), errc::no_space);
  EXPECT_THAT(made.error().message(),
              AllOf(HasSubstr(name_.str()), HasSubstr("'big'"), HasSubstr("10487"),
                    HasSubstr(std::to_string(segment_.free_bytes()))));
  EXPECT_TRUE(segment_.entries().empty());
  EXPECT_TRUE((segment_.try_publish<array<std::byte>>("big", 4_KiB)));
}

TEST_F(segment_entries, ShapesThatNobodyCanServeAreRefused) {
  EXPECT_EQ(segment_.try_publish<array<int>>("a", 0).error().code(), errc::invalid_argument);
  EXPECT_EQ(segment_.try_publish<queue<int>>("a", 0).error().code(), errc::invalid_argument);
  EXPECT_EQ(segment_.try_publish<value<int>>("a", 1).error().code(), errc::invalid_argument);
  for (auto const count :
       {~std::uint64_t{0}, std::uint64_t{1} << 61, (std::uint64_t{1} << 62) - 1}) {
    EXPECT_EQ(segment_.try_publish<array<trade>>("a", count).error().code(), errc::no_space)
        << count;
    EXPECT_EQ(segment_.try_publish<queue<trade>>("a", count).error().code(), errc::no_space)
        << count;
    EXPECT_EQ(segment_.try_publish<spsc_queue<trade>>("a", count).error().code(), errc::no_space)
        << count;
  }
  EXPECT_EQ(segment_.try_publish<array<int>>("a", -1).error().code(), errc::no_space);
}

TEST_F(segment_entries, AFormatThatThrowsLeavesTheNameFree) {
  struct failing : array<int> {
    static void format(std::span<std::byte>, array_shape const&) { throw std::runtime_error{"no"}; }
    static result<failing> adopt(std::shared_ptr<attached_entry>) { return failure{}; }
  };
  EXPECT_THROW(static_cast<void>(segment_.try_publish<failing>("a", 100)), std::runtime_error);
  EXPECT_TRUE(segment_.entries().empty());
  EXPECT_EQ(segment_.publish<array<int>>("a", 100)[99], 0);
}

}  // namespace
}  // namespace stoa
