#include "output.hpp"

#include <cerrno>
#include <system_error>

#include "text.hpp"

namespace stoa::tools {

void output::flush() {
  if (to_ == nullptr) return;
  if (std::fwrite(pending_.data(), 1, pending_.size(), to_) != pending_.size() ||
      std::fflush(to_) != 0)
    throw std::system_error{errno, std::generic_category(), "cannot write the output"};
  pending_.clear();
}

void complain(std::string_view what) {
  auto const line = fmt::format("stoa: {}\n", printable(what));
  std::fwrite(line.data(), 1, line.size(), stderr);  // if that fails there is nobody left to tell
}

}  // namespace stoa::tools
