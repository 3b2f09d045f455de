// json.hpp: a parser that is not ours, to say whether what the command prints is JSON.
#pragma once
#include <boost/json.hpp>
#include <string>

namespace stoa::testing {

// Throws std::runtime_error with the text if it is not one well-formed JSON value.
boost::json::value parse_json(std::string const& text);

}  // namespace stoa::testing
