// stoa/pooled_object.hpp: an object of a pool that goes back at the end of its scope.
#pragma once
#include <optional>
#include <stoa/base/shareable.hpp>
#include <stoa/object_pool_bytes.hpp>
#include <utility>

namespace stoa {

template <shareable T>
class object_pool;

// Moves, does not copy. Keeps pool and mapping alive. If the process dies, the object is taken back like any other.
template <shareable T>
class pooled_object {
 public:
  pooled_object() = default;
  // Empty for an empty handle. Otherwise: the caller may use the handle, and leaves releasing it to this.
  pooled_object(object_pool<T> const& pool, pool_handle const& handle) : handle_{handle} {
    if (!handle) return;
    object_ = pool.get(handle);
    pool_ = pool;
  }
  pooled_object(pooled_object&& other) noexcept
      : pool_{std::exchange(other.pool_, std::nullopt)},
        handle_{std::exchange(other.handle_, {})},
        object_{std::exchange(other.object_, nullptr)} {}
  pooled_object& operator=(pooled_object&& other) noexcept {
    if (this == &other) return *this;
    reset();
    pool_ = std::exchange(other.pool_, std::nullopt);
    handle_ = std::exchange(other.handle_, {});
    object_ = std::exchange(other.object_, nullptr);
    return *this;
  }
  ~pooled_object() { reset(); }

  explicit operator bool() const noexcept { return object_ != nullptr; }
  // Requires: not empty.
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  pool_handle const& handle() const noexcept { return handle_; }

  // Gives it back now. In a forked child, which does not own it, it only forgets it.
  void reset() noexcept {
    if (pool_) try {
        pool_->release(handle_);
      } catch (error const&) {
        // forked: the parent's
      }
    static_cast<void>(detach());
  }
  // Leaves releasing it to the caller, or to whom he sends the handle.
  pool_handle detach() noexcept {
    pool_.reset();
    object_ = nullptr;
    return std::exchange(handle_, {});
  }

 private:
  std::optional<object_pool<T>> pool_;
  pool_handle handle_;
  T* object_ = nullptr;
};

}  // namespace stoa
