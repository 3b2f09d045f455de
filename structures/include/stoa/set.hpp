// stoa/set.hpp: hash set of fixed capacity: any trivially copyable key, none twice. A map without values:
// what map.hpp says of keys, waiting and death holds here.
#pragma once
#include <bit>
#include <memory>
#include <stoa/map_buckets.hpp>
#include <stoa/map_insertion.hpp>
#include <stoa/snapshot.hpp>

namespace stoa {

inline bool const set_is_registered = register_kind(set_operations());

// A handle: process-local, cheap to copy, safe to share between threads. The bytes outlive it.
template <shareable K>
class set {
  using buckets_type = map_buckets<K, 0>;
  using image = typename buckets_type::key;

 public:
  using key_type = K;
  using value_type = K;
  using shape = map_shape;

  static structure_identity identity() { return {"set", 1, &descriptor_of<K>()}; }
  static constexpr map_layout layout() noexcept { return {sizeof(K), 0, sizeof(K)}; }
  static result<std::uint64_t> bytes_for(shape const& asked) { return map_bytes::bytes_for("set", layout(), asked); }
  static void format(std::span<std::byte> body, shape const& asked) { map_bytes::format(body, layout(), asked); }
  static result<set> adopt(std::shared_ptr<attached_entry> entry) {
    auto bytes = map_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    if (bytes->layout() != layout()) return damaged(*entry, "its slots have another layout than this type's");
    if (!entry->owner().is_read_only()) bytes->settle(entry->owner());
    return set{std::move(entry), *bytes};
  }

  // Writes nothing, waits for nobody.
  bool contains(K const& key) const { return buckets_.contains(image{key}); }
  // Calls visit(key) for each, with a copy. Keys of one bucket are of one moment; one that is there all the time
  // is visited once.
  template <class Visit>
  void for_each(Visit visit) const {
    buckets_.for_each([&](void const* key, void const*) {
      std::array<std::byte, sizeof(K)> copy;
      std::memcpy(copy.data(), key, sizeof(K));
      visit(std::bit_cast<K>(copy));
    });
  }
  stoa::snapshot<K> snapshot() const {
    std::vector<K> out;
    for_each([&](K const& key) { out.push_back(key); });
    return stoa::snapshot<K>{std::move(out)};
  }

  // False: it is there already, or there is no room: insertion::is_full() tells which.
  insertion insert(K const& key) const {
    switch (buckets_.insert(image{key}, nullptr)) {
      case buckets_type::outcome::done: return insertion::inserted;
      case buckets_type::outcome::full: return insertion::full;
      default: return insertion::present;
    }
  }
  // False: it was not there.
  bool erase(K const& key) const { return buckets_.erase(image{key}); }
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

  // So many always fit, and mostly some more.
  std::uint64_t capacity() const noexcept { return buckets_.bytes().capacity(); }
  // Counted bucket by bucket, and racy like the rest.
  std::uint64_t size() const noexcept { return buckets_.bytes().size(); }
  bool empty() const noexcept { return buckets_.bytes().is_empty(); }
  map_statistics statistics() const noexcept { return buckets_.bytes().statistics(); }

 private:
  set(std::shared_ptr<attached_entry> entry, map_bytes const& bytes) noexcept : buckets_{std::move(entry), bytes} {}

  buckets_type buckets_;
};

}  // namespace stoa
