// shared_object.hpp: an object in memory that processes share, for subjects that leave finding it to others.
#pragma once
#include <sys/mman.h>

#include <new>
#include <stdexcept>

namespace stoa::benchmarks {

// Made before the members are forked, gone with its maker: all have it at the same address.
template <class T>
class shared_object {
 public:
  shared_object() {
    auto* const place = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) throw std::runtime_error{"mmap failed"};
    object_ = ::new (place) T;
  }
  shared_object(shared_object const&) = delete;
  shared_object& operator=(shared_object const&) = delete;
  ~shared_object() {
    object_->~T();
    ::munmap(object_, sizeof(T));
  }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }

 private:
  T* object_;
};

}  // namespace stoa::benchmarks
