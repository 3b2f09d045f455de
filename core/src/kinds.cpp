#include <array>
#include <atomic>
#include <stoa/kinds.hpp>

namespace stoa {
namespace {

// Append-only and without a mutex, which a thread might hold while another forks. Constant-initialised:
// headers register during static initialisation.
constexpr std::size_t most_kinds = 64;
constinit std::array<std::atomic<kind_operations const*>, most_kinds> kinds{};

}  // namespace

bool register_kind(kind_operations const& operations) {
  for (auto& place : kinds) {
    kind_operations const* taken_by = nullptr;
    // release: with what it points to; partner in find_kind()
    if (place.compare_exchange_strong(taken_by, &operations, std::memory_order_release,
                                      std::memory_order_relaxed) ||
        taken_by == &operations)
      return true;
  }
  return false;
}

kind_operations const* find_kind(std::string_view kind) {
  for (auto const& place : kinds) {
    auto const* known = place.load(std::memory_order_acquire);  // acquires what it points to: register_kind()
    if (known == nullptr || known->kind == kind) return known;
  }
  return nullptr;
}

}  // namespace stoa
