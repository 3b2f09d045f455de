#include "json.hpp"

#include <boost/json/src.hpp>
#include <stdexcept>

namespace stoa::testing {

boost::json::value parse_json(std::string const& text) {
  boost::system::error_code problem;
  boost::json::parse_options options;
  options.max_depth = 200;  // types are nested up to 64 levels
  auto parsed = boost::json::parse(text, problem, {}, options);
  if (problem) throw std::runtime_error{problem.message() + " in JSON: " + text};
  return parsed;
}

}  // namespace stoa::testing
