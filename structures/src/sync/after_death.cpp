#include <fmt/format.h>

#include <stoa/sync/after_death.hpp>

namespace stoa {

failure internal::not_owner(attached_entry const& entry) {
  return {errc::not_owner, fmt::format("{}: this thread does not have it", entry.where())};
}

}  // namespace stoa
