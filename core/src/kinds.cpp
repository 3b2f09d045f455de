#include <algorithm>
#include <mutex>
#include <stoa/kinds.hpp>

namespace stoa {
namespace {

struct registry {
  std::mutex mutex;
  std::vector<kind_operations const*> known;
};
registry& kinds() {
  static auto* const instance = new registry;  // used during static initialisation and destruction
  return *instance;
}

}  // namespace

bool register_kind(kind_operations const& operations) {
  std::scoped_lock const guard{kinds().mutex};
  if (std::ranges::find(kinds().known, &operations) == kinds().known.end())
    kinds().known.push_back(&operations);
  return true;
}

kind_operations const* find_kind(std::string_view kind) {
  std::scoped_lock const guard{kinds().mutex};
  auto const found = std::ranges::find(kinds().known, kind, &kind_operations::kind);
  return found == kinds().known.end() ? nullptr : *found;
}

}  // namespace stoa
