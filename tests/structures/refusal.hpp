// refusal.hpp: the error that a call throws.
#pragma once
#include <stoa/base/errc.hpp>
#include <system_error>

namespace stoa::testing {

// A default error_code if it throws none.
template <class Call>
std::error_code refusal(Call call) {
  try {
    call();
  } catch (error const& problem) {
    return problem.code();
  }
  return {};
}

}  // namespace stoa::testing
