// stoa/object_pool.hpp: a fixed number of objects that are taken, used in place, handed on and given back.
//
// Bytes     docs/format.md "object_pool", layout 1: object_pool_header, words, hints, objects.
// Progress  Lock-free: whoever is stopped, wherever, keeps what he holds and holds up nobody.
// Crash     acquire, release and adopt take effect with one CAS each. What a process held when it died comes back
//           to the pool. (docs/crash.md, O1 to O6)
//
// The algorithm and its invariants are in block_pool.hpp.
//
// An object belongs to the process that acquired it, or adopted it later. A handle may be given to others, through a
// queue for instance, and they may read, write and release the object; but if its owner dies it is taken
// back, under their hands. Who is to have it longer than that adopts it.
#pragma once
#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <stoa/base/shareable.hpp>
#include <stoa/object_pool_bytes.hpp>
#include <stoa/pooled_object.hpp>
#include <stoa/snapshot.hpp>
#include <string>
#include <vector>

namespace stoa {

inline bool const object_pool_is_registered = register_kind(object_pool_operations());

// A handle on the pool: process-local, cheap to copy, safe to share between threads; a copy for each thread is
// faster, as each copy remembers where it found or left a free object.
// Calls that change the pool throw errc::read_only or forked where those apply.
template <shareable T>
class object_pool {
 public:
  using value_type = std::remove_const_t<T>;
  using shape = object_pool_shape;
  using handle_type = pool_handle;

  static structure_identity identity() { return {"object_pool", 1, &descriptor_of<value_type>()}; }
  static result<std::uint64_t> bytes_for(shape const& asked) {
    return object_pool_bytes::bytes_for(sizeof(T), asked);
  }
  // Objects start as zero bytes.
  static void format(std::span<std::byte> body, shape const& asked) {
    object_pool_bytes::format(body, sizeof(T), asked);
  }
  static result<object_pool> adopt(std::shared_ptr<attached_entry> entry) {
    auto bytes = object_pool_bytes::adopt(entry->view());
    if (!bytes) return bytes.error();
    return object_pool{std::move(entry), *bytes};
  }

  // --- take and give back ---

  // An object nobody else holds, with the bytes that its last holder left. Empty: all are in use. Never waits.
  [[nodiscard]] pool_handle acquire() const {
    require_writable(*entry_, "acquire");
    if (auto const got = take()) [[likely]] return got;
    return acquire_again();
  }
  // Waits while all are in use. Empty: still so when `timeout` had passed.
  template <class Rep, class Period>
  [[nodiscard]] pool_handle acquire_for(std::chrono::duration<Rep, Period> timeout,
                                        wait_strategy strategy = wait_strategy::adaptive) const {
    return acquire_until(deadline::after(timeout), strategy);
  }
  [[nodiscard]] pool_handle acquire_until(deadline until, wait_strategy strategy = wait_strategy::adaptive) const {
    require_writable(*entry_, "acquire");
    if (auto const got = take()) [[likely]] return got;
    auto const got = wait_for(bytes_.header().waiters, until, strategy, [&](bool thorough) {
      if (thorough) bytes_.reclaim(entry_->owner());
      return take();
    });
    if (!got) note_refusal();
    return got;
  }
  // The same, given back at the end of the scope. Empty when all are in use.
  [[nodiscard]] pooled_object<T> acquire_scoped() const { return {*this, acquire()}; }

  // False: the handle is empty, stale or another pool's; nothing happened. Of several who release it, in whatever
  // threads and processes, one gets true. Anybody who has the handle may.
  bool release(pool_handle const& handle) const {
    require_writable(*entry_, "release");
    auto const which = bytes_.block_of(handle);
    if (!bytes_.blocks().release(which)) [[unlikely]] return false;
    cursor_.set(which.index);
    wake(bytes_.header().waiters);
    return true;
  }
  // Makes this process the owner: what it adopted is not taken back when the owner before dies. False as for release.
  bool adopt(pool_handle const& handle) const {
    require_writable(*entry_, "adopt");
    return bytes_.blocks().adopt(bytes_.block_of(handle), self_);
  }

  // --- use ---

  // nullptr: the handle is empty, stale or another pool's. The object stays where it is as long as it is held.
  T* get(pool_handle const& handle) const noexcept {
    auto const which = bytes_.block_of(handle);
    if (bytes_.blocks().owner_of(which) == no_block_owner) [[unlikely]] return nullptr;
    return object(which.index);
  }
  // Throws std::out_of_range where get() gives nullptr.
  T& operator[](pool_handle const& handle) const {
    if (auto* const found = get(handle)) [[likely]] return *found;
    throw_stale(handle);
  }

  // --- state; racy where others work at the same time ---

  // Whose it is. nullopt: the handle is empty, stale or another pool's. One system call.
  std::optional<object_owner> owner(pool_handle const& handle) const noexcept {
    auto const found = bytes_.blocks().owner_of(bytes_.block_of(handle));
    if (found == no_block_owner) return std::nullopt;
    return bytes_.describe(entry_->owner(), found);
  }
  // Handles of all objects in use, those of dead owners that were not yet taken back included.
  snapshot<pool_handle> live() const {
    std::vector<pool_handle> out;
    for (std::uint64_t i = 0; i < capacity(); ++i)
      if (auto const found = bytes_.blocks().held(i)) out.push_back(bytes_.handle_of(found));
    return snapshot<pool_handle>{std::move(out)};
  }
  // Calls visit(pool_handle, T&) for each object in use. Its holder may be writing it or giving it back meanwhile.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::uint64_t i = 0; i < capacity(); ++i)
      if (auto const found = bytes_.blocks().held(i)) std::invoke(visit, bytes_.handle_of(found), *object(i));
  }
  std::uint64_t capacity() const noexcept { return bytes_.capacity(); }
  // Objects in use. Counts them all.
  std::uint64_t size() const noexcept { return bytes_.blocks().count().held; }
  bool empty() const noexcept { return size() == 0; }
  object_pool_statistics statistics() const noexcept { return bytes_.statistics(); }
  // Looks for dead processes now and takes back what they hold; how many objects that were. Blocking calls do this
  // by themselves every few milliseconds, calls that find nothing likewise.
  std::uint64_t reclaim() const {
    require_writable(*entry_, "reclaim");
    return bytes_.reclaim(entry_->owner());
  }

 private:
  // Where to look first. Each copy of a handle has its own; relaxed: a hint, whoever else uses the same copy.
  class cursor {
   public:
    explicit cursor(std::uint64_t at) noexcept : at_{at} {}
    cursor(cursor const& other) noexcept : at_{other.get()} {}
    cursor& operator=(cursor const& other) noexcept {
      set(other.get());
      return *this;
    }
    std::uint64_t get() const noexcept { return at_.load(std::memory_order_relaxed); }
    void set(std::uint64_t at) noexcept { at_.store(at, std::memory_order_relaxed); }
    // Counts; no matter if two at once count as one.
    std::uint64_t count_use() noexcept {
      auto const uses = uses_.load(std::memory_order_relaxed) + 1;
      uses_.store(uses, std::memory_order_relaxed);
      return uses;
    }

   private:
    std::atomic<std::uint64_t> at_;
    std::atomic<std::uint64_t> uses_{0};
  };

  object_pool(std::shared_ptr<attached_entry> entry, object_pool_bytes const& bytes) noexcept
      : entry_{std::move(entry)},
        bytes_{bytes},
        self_{object_pool_bytes::owner_for(entry_->owner().self())},
        sample_every_{std::max<std::uint64_t>(1024, bytes.capacity())},
        // Processes begin apart, so that they do not write the same lines.
        cursor_{place_of(entry_->owner().self()) * std::uint64_t{64} % bytes.capacity()} {}

  T* object(std::uint64_t index) const noexcept { return reinterpret_cast<T*>(bytes_.object(index)); }
  pool_handle take() const noexcept {
    auto const got = bytes_.blocks().take(self_, cursor_.get());
    if (!got) [[unlikely]] return {};
    cursor_.set(got.index + 1 < capacity() ? got.index + 1 : 0);
    if (cursor_.count_use() % sample_every_ == 0) [[unlikely]] bytes_.note_fill(size());
    return bytes_.handle_of(got);
  }
  // Out of line: what is left in line is what the compiler keeps in registers.
  [[gnu::noinline]] pool_handle acquire_again() const {
    if (entry_->is_look_due()) {
      bytes_.reclaim(entry_->owner());
      if (auto const got = take()) return got;
    }
    note_refusal();
    return {};
  }
  void note_refusal() const noexcept {
    bytes_.header().refusals.fetch_add(1, std::memory_order_relaxed);  // a statistic: nothing hangs on it
    bytes_.note_fill(capacity());
  }
  [[noreturn]] void throw_stale(pool_handle const& handle) const {
    throw std::out_of_range{entry_->where() + ": the handle of object " + std::to_string(handle.index) +
                            " is empty, stale or another pool's"};
  }

  std::shared_ptr<attached_entry> entry_;
  object_pool_bytes bytes_;
  block_owner self_;
  std::uint64_t sample_every_;  // as seldom as counting all takes long
  mutable cursor cursor_;
};

}  // namespace stoa
