// stoa/map.hpp: hash map of fixed capacity: any trivially copyable key and value, no key twice, never torn.
//
//   auto users = segment.publish<stoa::map<std::uint64_t, user>>("users", 100'000);
//   users.insert(7, {...});  if (auto u = users.find(7)) use(*u);
//   users.update(7, [](user& u) { ++u.visits; });
//
// Readers write nothing and never wait, also when a writer of the same bucket is stopped or dead. Keys are
// compared by their bytes (map_key.hpp). The algorithm, its invariants and what a death does are in
// map_buckets.hpp.
//
// Signals   Not for use in a signal handler that may interrupt a change by the same thread of anything in the
//           same segment: both would write the thread's lane.
#pragma once
#include <bit>
#include <memory>
#include <optional>
#include <stoa/map_buckets.hpp>
#include <stoa/map_insertion.hpp>
#include <stoa/snapshot.hpp>
#include <utility>

namespace stoa {

inline bool const map_is_registered = register_kind(map_operations());

// How a map's element is described, and shown by tools.
template <shareable K, shareable V>
struct map_element {
  K key;
  V value;
  BOOST_DESCRIBE_CLASS(map_element, (), (key, value), (), ())
};

// A handle: process-local, cheap to copy, safe to share between threads. The bytes outlive it.
// Calls that change the map throw errc::read_only, forked or too_many_threads where those apply; all calls
// throw corrupt_structure for bytes that no map leaves behind.
template <shareable K, shareable V>
class map {
  using buckets_type = map_buckets<K, sizeof(V)>;
  using key_type_image = typename buckets_type::key;
  using outcome = typename buckets_type::outcome;
  using raw_value = std::array<std::byte, sizeof(V)>;

 public:
  using key_type = K;
  using mapped_type = V;
  using value_type = std::pair<K, V>;
  using shape = map_shape;

  static structure_identity identity() { return {"map", 1, &descriptor_of<map_element<K, V>>()}; }
  static constexpr map_layout layout() noexcept {
    return {sizeof(K), sizeof(V), align_up(sizeof(K), alignof(V))};
  }
  static result<std::uint64_t> bytes_for(shape const& asked) { return map_bytes::bytes_for("map", layout(), asked); }
  static void format(std::span<std::byte> body, shape const& asked) { map_bytes::format(body, layout(), asked); }
  static result<map> adopt(std::shared_ptr<attached_entry> entry) {
    auto bytes = map_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    if (bytes->layout() != layout()) return damaged(*entry, "its slots have another layout than these types'");
    if (!entry->owner().is_read_only()) bytes->settle(entry->owner());
    return map{std::move(entry), *bytes};
  }

  // --- looking; writes nothing, waits for nobody ---

  std::optional<V> find(K const& key) const {
    raw_value copy;
    if (!buckets_.find(key_type_image{key}, copy.data())) return std::nullopt;
    return std::bit_cast<V>(copy);
  }
  bool contains(K const& key) const { return buckets_.contains(key_type_image{key}); }
  // Calls visit(key, value) for each element, with copies. Elements of one bucket are of one moment; one that is
  // there all the time is visited once.
  template <class Visit>
  void for_each(Visit visit) const {
    buckets_.for_each([&](void const* key, void const* value) { visit(load<K>(key), load<V>(value)); });
  }
  stoa::snapshot<value_type> snapshot() const {
    std::vector<value_type> out;
    for_each([&](K const& key, V const& value) { out.emplace_back(key, value); });
    return stoa::snapshot<value_type>{std::move(out)};
  }

  // --- changing ---

  // False: the key is there already, or there is no room: insertion::is_full() tells which.
  insertion insert(K const& key, V const& value) const {
    return insertion_for(buckets_.insert(key_type_image{key}, &value));
  }
  // False: there is no room. An existing key's value is always replaced.
  insertion insert_or_assign(K const& key, V const& value) const {
    auto const done = buckets_.insert_or_assign(key_type_image{key}, &value);
    return done == outcome::present ? insertion::replaced : insertion_for(done);
  }
  // Atomic read-modify-write: change(V&) may run more than once, and without any lock. False: no such key.
  template <class Change>
  bool update(K const& key, Change change) const {
    key_type_image const image{key};
    for (;;) {
      typename buckets_type::value_image before{};
      if (!buckets_.find(image, before.data())) return false;
      auto each = load<V>(before.data());
      change(each);
      typename buckets_type::value_image after{};
      std::memcpy(after.data(), &each, sizeof(V));
      auto const done = buckets_.replace(image, before, after);
      if (done != outcome::changed) return done == outcome::done;
    }
  }
  // Updates the value if the key is there, else inserts `initial`. False: there is no room.
  template <class Change>
  insertion update_or_insert(K const& key, V const& initial, Change change) const {
    for (;;) {
      if (update(key, change)) return insertion::replaced;
      auto const done = insert(key, initial);
      if (done != insertion::present) return done;
    }
  }
  // False: no such key.
  bool erase(K const& key) const { return buckets_.erase(key_type_image{key}); }
  // Bucket by bucket: what others insert meanwhile may stay.
  void clear() const {
    require_writable(buckets_.entry(), "clear");
    buckets_.clear();
  }
  // Looks for dead processes now and releases what they held. Whoever needs it does so without being told.
  void recover() const {
    require_writable(buckets_.entry(), "recover");
    buckets_.bytes().settle(buckets_.owner());
  }

  // --- state; racy where others work at the same time ---

  // So many always fit, and mostly some more.
  std::uint64_t capacity() const noexcept { return buckets_.bytes().capacity(); }
  // Counted bucket by bucket: about a nanosecond for each element of the capacity.
  std::uint64_t size() const noexcept { return buckets_.bytes().size(); }
  bool empty() const noexcept { return buckets_.bytes().is_empty(); }
  map_statistics statistics() const noexcept { return buckets_.bytes().statistics(); }

 private:
  map(std::shared_ptr<attached_entry> entry, map_bytes const& bytes) noexcept : buckets_{std::move(entry), bytes} {}

  template <class T>
  static T load(void const* from) noexcept {
    std::array<std::byte, sizeof(T)> copy;
    std::memcpy(copy.data(), from, sizeof(T));
    return std::bit_cast<T>(copy);
  }
  static insertion insertion_for(outcome what) noexcept {
    if (what == outcome::done) return insertion::inserted;
    return what == outcome::full ? insertion::full : insertion::present;
  }

  buckets_type buckets_;
};

}  // namespace stoa
