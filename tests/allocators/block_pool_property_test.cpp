// Random commands of several owners, some of whom die, against a plain list of who holds what.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <new>
#include <stoa/block_pool.hpp>
#include <vector>

namespace stoa {
namespace {


struct storage {
  explicit storage(std::uint64_t blocks)
      : bytes{static_cast<std::byte*>(::operator new(*block_pool::bytes_for(blocks), std::align_val_t{pad_bytes}))} {}
  storage(storage const&) = delete;
  storage& operator=(storage const&) = delete;
  ~storage() { ::operator delete(bytes, std::align_val_t{pad_bytes}); }
  std::byte* bytes;
};

RC_GTEST_PROP(block_pool, BehavesLikeAListOfHolders, (std::vector<std::pair<std::uint8_t, std::uint16_t>> const& steps)) {
  auto const blocks = *rc::gen::element<std::uint64_t>(1, 2, 3, 64, 65, 130);
  auto const first = *rc::gen::element<std::uint64_t>(0, 99, block_generation_mask - 1);
  storage const memory{blocks};
  auto const pool = block_pool::format(memory.bytes, blocks, first);
  std::vector<std::pair<taken_block, block_owner>> held;  // the model
  std::vector<taken_block> stale;
  auto const pick = [&](auto& from, std::uint64_t number) {
    return from.begin() + static_cast<std::ptrdiff_t>(number % from.size());
  };
  for (auto const& step : steps) {
    std::uint64_t const number = step.second;
    auto const owner = static_cast<block_owner>(1 + number % 3);
    switch (step.first % 6) {
      case 0:
      case 1:
      case 2: {
        auto const got = pool.take(owner, number % blocks);
        RC_ASSERT(static_cast<bool>(got) == (held.size() < blocks));
        if (!got) break;
        for (auto const& each : held) RC_ASSERT(each.first.index != got.index);
        held.emplace_back(got, owner);
        break;
      }
      case 3:
        if (held.empty()) break;
        if (auto const which = pick(held, number); true) {
          RC_ASSERT(pool.release(which->first));
          stale.push_back(which->first);
          held.erase(which);
        }
        break;
      case 4:
        if (held.empty()) break;
        if (auto const which = pick(held, number); true) {
          RC_ASSERT(pool.adopt(which->first, owner));
          which->second = owner;
        }
        break;
      case 5: {
        auto const dead = std::erase_if(held, [&](auto const& each) {
          if (each.second != owner) return false;
          stale.push_back(each.first);
          return true;
        });
        RC_ASSERT(pool.reclaim([&](block_owner each) { return each != owner; }) == dead);
        break;
      }
    }
    RC_ASSERT(pool.count().held == held.size());
    RC_ASSERT(pool.count().freed == stale.size());
    for (auto const& each : held) RC_ASSERT(pool.owner_of(each.first) == each.second);
    for (auto const& each : stale) RC_ASSERT(pool.owner_of(each) == no_block_owner);
    if (!stale.empty()) RC_ASSERT(!pool.release(*pick(stale, number)));
  }
}

}  // namespace
}  // namespace stoa
