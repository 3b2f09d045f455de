// stoa/base/result.hpp: a value or a failure. `.value()` throws stoa::error with the failure's text.
#pragma once
#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <stoa/base/errc.hpp>
#include <utility>

namespace stoa {

template <class T>
using result = boost::system::result<T, failure>;

// Found by boost::system::result through the failure's namespace.
[[noreturn]] inline void throw_exception_from_error(failure const& reason,
                                                    boost::source_location const&) {
  throw error{reason};
}

}  // namespace stoa
