#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stoa/base/result.hpp>

namespace stoa {
namespace {

constexpr errc all_codes[] = {errc::not_found,
                              errc::already_exists,
                              errc::invalid_name,
                              errc::permission_denied,
                              errc::no_space,
                              errc::invalid_argument,
                              errc::empty_file,
                              errc::foreign_file,
                              errc::unsupported_version,
                              errc::wrong_byte_order,
                              errc::truncated,
                              errc::corrupt_segment,
                              errc::untrusted_file,
                              errc::too_many_participants,
                              errc::too_many_entries,
                              errc::too_many_threads,
                              errc::too_many_leases,
                              errc::no_such_name,
                              errc::name_taken,
                              errc::kind_mismatch,
                              errc::type_mismatch,
                              errc::layout_mismatch,
                              errc::corrupt_structure,
                              errc::being_published,
                              errc::read_only,
                              errc::role_taken,
                              errc::forked,
                              errc::held_up,
                              errc::system_failure,
                              errc::not_supported,
                              errc::owner_died,
                              errc::would_deadlock,
                              errc::not_owner,
                              errc::broken_promise,
                              errc::already_satisfied,
                              errc::timed_out,
                              errc::not_listening,
                              errc::too_many_connections,
                              errc::version_mismatch,
                              errc::terms_mismatch,
                              errc::connection_closed,
                              errc::server_died,
                              errc::no_free_slot,
                              errc::handler_failed,
                              errc::reserved_type,
                              errc::too_large,
                              errc::closed};

TEST(errc, EachCodeHasANumberAndATextOfItsOwn) {
  std::set<int> numbers;
  std::set<std::string> texts;
  for (auto const code : all_codes) {
    numbers.insert(static_cast<int>(code));
    texts.insert(make_error_code(code).message());
  }
  EXPECT_EQ(numbers.size(), std::size(all_codes));
  EXPECT_EQ(texts.size(), std::size(all_codes));
  EXPECT_FALSE(texts.contains("unknown error"));
  EXPECT_FALSE(numbers.contains(0)) << "zero means success to std::error_code";
}

TEST(errc, AnUnknownNumberHasATextToo) {
  EXPECT_EQ(std::error_code(12345, error_category()).message(), "unknown error");
}

TEST(errc, ComparesWithErrorCodesOfTheCategoryOnly) {
  std::error_code const code = errc::no_space;
  EXPECT_EQ(code, errc::no_space);
  EXPECT_NE(code, errc::not_found);
  EXPECT_STREQ(code.category().name(), "stoa");
  EXPECT_NE(code, std::error_code(static_cast<int>(errc::no_space), std::generic_category()));
}

TEST(error, CarriesCodeAndSentence) {
  error const thrown{failure{errc::truncated, "segment 'm': expected 8192 bytes, found 4096"}};
  EXPECT_EQ(thrown.code(), errc::truncated);
  EXPECT_STREQ(thrown.what(), "segment 'm': expected 8192 bytes, found 4096");
  EXPECT_NE(dynamic_cast<std::system_error const*>(&thrown), nullptr);
}

TEST(result, ValueOfAFailureThrowsItsSentence) {
  result<int> const failed = failure{errc::name_taken, "'a' is taken"};
  ASSERT_FALSE(failed);
  try {
    static_cast<void>(failed.value());
    FAIL() << "value() of a failure returned";
  } catch (error const& thrown) {
    EXPECT_EQ(thrown.code(), errc::name_taken);
    EXPECT_STREQ(thrown.what(), "'a' is taken");
  }
}

TEST(result, AValueIsReturned) {
  result<int> const seven = 7;
  ASSERT_TRUE(seven);
  EXPECT_EQ(seven.value(), 7);
  EXPECT_EQ(*seven, 7);
}

TEST(result, OfNothingSaysOnlyWhetherItWorked) {
  result<void> const fine;
  result<void> const failed = failure{errc::forked, "inherited"};
  EXPECT_TRUE(fine);
  EXPECT_FALSE(failed);
  EXPECT_THROW(failed.value(), error);
}

}  // namespace
}  // namespace stoa
