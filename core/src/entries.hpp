// entries.hpp: what attaching, publishing and settling lanes share about name slots and their entries.
#pragma once
#include <cstdint>
#include <memory>
#include <stoa/attachment.hpp>
#include <utility>
#include <vector>

namespace stoa {

inline constexpr std::uint32_t longest_descriptor = 1u << 16;

inline bool has_bit(std::vector<std::uint64_t> const& bits, std::uint32_t slot) noexcept {
  return (bits[slot / 64] >> (slot % 64) & 1) != 0;
}

// Lets go of a slot again, unless a handle takes it over.
class attachment::held_slot {
 public:
  held_slot(attachment& owner, std::uint32_t slot) noexcept : owner_{&owner}, slot_{slot} {}
  held_slot(held_slot&& other) noexcept : owner_{std::exchange(other.owner_, nullptr)}, slot_{other.slot_} {}
  held_slot& operator=(held_slot&&) = delete;
  ~held_slot() {
    if (owner_ != nullptr) owner_->let_go(slot_);
  }
  std::shared_ptr<attached_entry> become_handle(entry_view const& view) {
    auto handle = std::make_shared<attached_entry>(owner_->shared_from_this(), view);
    owner_ = nullptr;
    return handle;
  }

 private:
  attachment* owner_;
  std::uint32_t slot_;
};

}  // namespace stoa
