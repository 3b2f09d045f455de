// stoa/snapshot.hpp: a list as it was at one moment: a view that owns its elements together with its copies.
#pragma once
#include <memory>
#include <range/v3/view/interface.hpp>
#include <ranges>
#include <vector>

namespace stoa {

// Random access, O(1) to copy; elements do not change and live as long as any copy. As a view it can
// start a pipeline of range-v3 or the standard library, also as a temporary.
template <class T>
class snapshot : public ranges::view_interface<snapshot<T>> {
 public:
  snapshot() : elements_{std::make_shared<std::vector<T> const>()} {}
  explicit snapshot(std::vector<T> elements)
      : elements_{std::make_shared<std::vector<T> const>(std::move(elements))} {}

  T const* begin() const noexcept { return elements_->data(); }
  T const* end() const noexcept { return elements_->data() + elements_->size(); }

 private:
  std::shared_ptr<std::vector<T> const> elements_;
};

}  // namespace stoa

template <class T>
inline constexpr bool std::ranges::enable_view<stoa::snapshot<T>> = true;
