// stoa/map_insertion.hpp: what became of an insertion into a map or set.
#pragma once
#include <cstdint>

namespace stoa {

// True if the map now holds what was given. If not, is_full() tells that there was no room for it.
class insertion {
 public:
  enum outcome : std::uint8_t { present, full, inserted, replaced };

  constexpr insertion(outcome what) noexcept : what_{what} {}
  constexpr operator bool() const noexcept { return what_ >= inserted; }
  constexpr bool is_full() const noexcept { return what_ == full; }
  constexpr bool is_new() const noexcept { return what_ == inserted; }
  friend constexpr bool operator==(insertion a, insertion b) noexcept { return a.what_ == b.what_; }
  friend constexpr bool operator==(insertion a, outcome b) noexcept { return a.what_ == b; }
  friend constexpr bool operator==(insertion a, bool b) noexcept { return static_cast<bool>(a) == b; }

 private:
  outcome what_;
};

}  // namespace stoa
