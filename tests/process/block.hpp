// block.hpp: a structure whose whole body is one number, written before anybody can see it; and
// one whose making can be held up or cut off.
#pragma once
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stoa/stoa.hpp>

namespace stoa::testing {

struct block_shape {
  block_shape(std::uint64_t count, std::uint64_t filling) : words{count}, tag{filling} {}
  std::uint64_t words;
  std::uint64_t tag;
};

class block {
 public:
  using shape = block_shape;
  static structure_identity identity() { return {"block", 1, &descriptor_of<std::uint64_t>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) {
    return asked.words * sizeof(std::uint64_t);
  }
  static void format(std::span<std::byte> body, shape const& asked) {
    auto* const words = reinterpret_cast<std::uint64_t*>(body.data());
    for (std::uint64_t i = 0; i < asked.words; ++i)
      std::atomic_ref{words[i]}.store(asked.tag, std::memory_order_relaxed);
  }
  static result<block> adopt(std::shared_ptr<attached_entry> entry) {
    return block{std::move(entry)};
  }

  std::span<std::uint64_t> words() const {
    auto const body = entry_->view().body;
    return {reinterpret_cast<std::uint64_t*>(body.data()), body.size() / sizeof(std::uint64_t)};
  }
  std::uint64_t word(std::size_t i) const {
    return std::atomic_ref{words()[i]}.load(std::memory_order_relaxed);
  }
  // Whether every word is `tag`.
  bool is_all(std::uint64_t tag) const {
    for (std::size_t i = 0; i < words().size(); ++i)
      if (word(i) != tag) return false;
    return true;
  }

 private:
  explicit block(std::shared_ptr<attached_entry> entry) : entry_{std::move(entry)} {}
  std::shared_ptr<attached_entry> entry_;
};

// A block whose maker gets a signal when half of it is made.
template <int Signal>
class interrupted_block : public block {
 public:
  explicit interrupted_block(block made) : block{std::move(made)} {}
  static void format(std::span<std::byte> body, shape const& asked) {
    block::format(body.first(body.size() / 2), {asked.words / 2, asked.tag});
    ::raise(Signal);
    block::format(body, asked);
  }
  static result<interrupted_block> adopt(std::shared_ptr<attached_entry> entry) {
    auto made = block::adopt(std::move(entry));
    if (!made) return made.error();
    return interrupted_block{*made};
  }
};

using killed_block = interrupted_block<SIGKILL>;
using stopped_block = interrupted_block<SIGSTOP>;

}  // namespace stoa::testing
