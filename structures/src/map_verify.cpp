// What the bytes of a map or set must say at every instant.
#include <fmt/format.h>

#include <algorithm>
#include <stoa/map_bytes.hpp>
#include <stoa/map_key.hpp>

#include "verify_kinds.hpp"

namespace stoa::internal {
namespace {

constexpr std::uint64_t no_hint = 0xFFFF'FFFF;
constexpr int most_looks = 100;  // at one bucket; after them it is a busy one, and left alone

class map_check {
 public:
  map_check(inspection& look, map_bytes const& map)
      : look_{look}, map_{map}, key_words_{words_for(map.layout().key_bytes)}, chain_of_(map.overflows()) {}

  void run() {
    names();
    for (std::uint64_t home = 0; home < map_.homes() && !look_.is_full(); ++home) {
      links(home);
      for (int i = 0; i < most_looks && !elements(home); ++i) {
      }
    }
    for (std::uint64_t i = 0; i < map_.homes() + map_.overflows() && !look_.is_full(); ++i) bucket(i);
    if (look_.is_still()) users();
  }

 private:
  struct element {
    std::uint32_t number;  // of its slot in the chain
    std::uint8_t print;
    std::vector<std::uint64_t> words;
  };

  static std::string called(std::uint64_t bucket) { return fmt::format("bucket {}", bucket); }

  // --- locks ---

  void names() {
    look_.names({lane_op::lock}, [&](named_claim const& found) {
      if (found.is_intent && found.claim.count == 1 && found.claim.ticket < map_.homes()) return;
      look_.damage(found.field(), found.where, fmt::format("one home bucket below {}, as an intent", map_.homes()),
                   fmt::format("{} from {} on", found.claim.count, found.claim.ticket));
    });
  }

  // I1 of map_buckets.hpp. Who holds it names it until he has let go; while others work he may let go and come again
  // between two looks.
  bool is_lock_named(std::uint64_t home, std::uint64_t lock) const {
    auto const named = read_name(look_.owner().map().lanes()[lock - 1].intent, map_.tag());
    return named && named->op == lane_op::lock && named->ticket == home;
  }

  // --- chains ---

  void links(std::uint64_t home) {
    auto const held = lock_of(current(map_.home(home).control));
    auto const lanes = look_.owner().map().limits().max_lanes;
    if (held > lanes || (held != 0 && look_.is_still() && !is_lock_named(home, held)))
      look_.damage(called(home) + ", lock", &map_.home(home).control,
                   fmt::format("none, or a lane of {} that names this bucket", lanes),
                   fmt::format("lane {}", held - 1));
    auto const chain = map_.chain_of(home);
    for (std::uint32_t i = 0; i < chain.count; ++i) {
      auto const index = chain.buckets[i];
      auto const& control = map_.bucket(index).control;
      auto const next = next_of(current(control));
      if (next > map_.overflows() || (i + 1 == most_buckets && next != 0 && look_.is_still()))
        look_.damage(
            called(index) + ", next", &control,
            fmt::format("one of {} overflow buckets, in a chain of at most {}", map_.overflows(), most_buckets),
            fmt::format("{}", next));
      if (i != 0 && look_.is_still()) link(home, index - map_.homes());
    }
  }
  // I5: while others work a bucket may go from one chain to another.
  void link(std::uint64_t home, std::uint64_t overflow) {
    auto const& user = map_.user(overflow);
    auto const by = current(user);
    if (by != home + 1)
      look_.damage(fmt::format("user of overflow bucket {}", overflow), &user,
                   fmt::format("{}, in whose chain it is", home + 1), fmt::format("{}", by));
    if (chain_of_[overflow] != 0)
      look_.damage(called(map_.homes() + overflow), &map_.bucket(map_.homes() + overflow), "to be in one chain, once",
                   fmt::format("it in those of {} and {}", chain_of_[overflow] - 1, home));
    chain_of_[overflow] = home + 1;
  }
  void users() {
    for (std::uint64_t i = 0; i < map_.overflows() && !look_.is_full(); ++i) {
      auto const by = current(map_.user(i));
      auto const field = fmt::format("user of overflow bucket {}", i);
      if (by > map_.homes()) {
        look_.damage(field, &map_.user(i), fmt::format("one of {} homes", map_.homes()), fmt::format("{}", by));
      } else if (by != 0 && chain_of_[i] == 0) {
        // Claimed and not linked, or unlinked and not freed: under the lock.
        if (lock_of(current(map_.home(by - 1).control)) == 0)
          look_.damage(field, &map_.user(i), "nobody, or one in whose chain it is, or who is locked",
                       fmt::format("{}: it is lost", by));
      }
    }
  }

  // --- elements ---

  // True: the bucket held still.
  bool elements(std::uint64_t home) {
    auto const& state = map_.home(home).state;
    auto const seen = current(state);
    auto const chain = map_.chain_of(home);
    std::vector<element> all;
    for (std::uint32_t i = 0; i < chain.count * slots_per_bucket; ++i)
      if ((valid_in(seen) >> i & 1) != 0) all.push_back(copy(chain, i));
    std::atomic_thread_fence(std::memory_order_acquire);  // map_buckets.hpp:A3 <- R3
    if (state.load(std::memory_order_relaxed) != seen) return false;
    if ((valid_in(seen) & ~slots_of(chain.count)) != 0)
      look_.damage(called(home) + ", state", &state, fmt::format("valid slots of a chain of {} buckets", chain.count),
                   fmt::format("{:#x}", valid_in(seen)));
    for (auto const& each : all) judge(home, seen, each);
    std::ranges::sort(all, [&](auto const& a, auto const& b) { return is_before(a, b); });
    for (std::size_t i = 1; i < all.size(); ++i)
      if (!is_before(all[i - 1], all[i]))
        look_.damage(called(home), &map_.home(home), "each key once",
                     fmt::format("the same in slots {} and {}, at version {}", all[i - 1].number, all[i].number,
                                 changes_in(seen)));
    return true;
  }
  bool is_before(element const& a, element const& b) const {
    return std::lexicographical_compare(a.words.begin(), a.words.begin() + static_cast<std::ptrdiff_t>(key_words_),
                                        b.words.begin(), b.words.begin() + static_cast<std::ptrdiff_t>(key_words_));
  }
  atomic_u64 const* slot(std::uint64_t bucket, std::uint32_t number) const {
    return map_bytes::words(map_.bucket(bucket)) + number % slots_per_bucket * map_.layout().slot_words();
  }
  element copy(map_bytes::chain const& chain, std::uint32_t number) const {
    auto const bucket = chain.buckets[number / slots_per_bucket];
    element out{number, 0, std::vector<std::uint64_t>(map_.layout().slot_words())};
    load_words(out.words.data(), slot(bucket, number), out.words.size() * word_bytes);
    auto const prints = map_.prints(bucket).load(std::memory_order_relaxed);  // validated with the state
    out.print = static_cast<std::uint8_t>(fingerprint_of(prints, number % slots_per_bucket));
    return out;
  }

  void judge(std::uint64_t home, std::uint64_t seen, element const& found) {
    auto const& layout = map_.layout();
    auto const hash = key_words_ == 1 ? hash_of_word(found.words[0])
                                      : XXH3_64bits(found.words.data(), static_cast<std::size_t>(layout.key_bytes));
    auto const print = std::max<std::uint64_t>(hash >> 24 & 0xFF, 1);
    auto const belongs = (hash >> 32) * map_.homes() >> 32;
    auto const blame = [&](char const* what, std::uint64_t expected, std::uint64_t is) {
      look_.damage(fmt::format("bucket {}, slot {}", home, found.number), &map_.home(home),
                   fmt::format("{} {}, as its key's hash is {:#x}", what, expected, hash),
                   fmt::format("{} at version {}", is, changes_in(seen)));
    };
    if (belongs != home) blame("home bucket", belongs, home);
    if (print != found.print) blame("fingerprint", print, found.print);
    auto const is_padded = [&](std::uint64_t last, std::uint64_t bytes) {
      return bytes % word_bytes == 0 || found.words[last] >> (bytes % word_bytes * 8) == 0;
    };
    if (!is_padded(key_words_ - 1, layout.key_bytes) || !is_padded(layout.slot_words() - 1, layout.value_bytes))
      blame("zero bytes behind key and value in a slot of home", belongs, home);
  }

  // --- what is the same whatever is in it ---

  void bucket(std::uint64_t index) {
    auto const& found = map_.bucket(index);
    auto const control = found.control.load(std::memory_order_relaxed);  // bits that nobody writes
    bool const is_home = index < map_.homes();
    auto const rest = (is_home ? with_lock(control, 0) : control) & ~most_overflow_buckets;
    if (rest != 0)
      look_.damage(called(index) + ", control", &found.control, "no other bits than next, and the lock of a home",
                   fmt::format("{:#x}", control));
    if (!is_home) look_.zeros(called(index) + ", state", &found.state, sizeof(found.state));
    if (auto const prints = map_.prints(index).load(std::memory_order_relaxed); prints >> 56 != 0)
      look_.damage(called(index) + ", fingerprints", &map_.prints(index), "zero as the highest byte",
                   fmt::format("{:#x}", prints));
    auto const used = sizeof(map_bucket) + slots_per_bucket * map_.layout().slot_words() * word_bytes;
    look_.zeros(called(index) + ", padding", reinterpret_cast<std::byte const*>(&found) + used,
                map_.layout().bucket_bytes() - used);
  }

  inspection& look_;
  map_bytes const& map_;
  std::uint64_t key_words_;
  std::vector<std::uint64_t> chain_of_;  // per overflow bucket: home + 1
};

}  // namespace

void verify_map(inspection& look) {
  auto const map = map_bytes::adopt(look.entry());
  if (!map) return look.refuse(map.error());
  verify_pads(look, {{56, 128}, {144, sizeof(map_header)}});
  auto const& hint = map->header().hint;
  auto const start = hint.load(std::memory_order_relaxed) & no_hint;  // alone
  if (start > map->overflows() && start != no_hint)
    look.damage("hint", &hint, fmt::format("at most {}, or none", map->overflows()), fmt::format("{}", start));
  map_check{look, *map}.run();
}

}  // namespace stoa::internal
