// stoa/base/shareable.hpp: which types may be elements of a shared structure.
#pragma once
#include <stoa/base/layout.hpp>
#include <type_traits>

namespace stoa {

// Copied byte for byte and meaningful at any address. The compiler cannot see a pointer *inside* a
// struct; one that is put there means nothing in another process.
template <class T>
concept shareable = std::is_trivially_copyable_v<T> && std::is_object_v<T> && !std::is_pointer_v<T> &&
                    !std::is_member_pointer_v<T> && !std::is_volatile_v<T> &&
                    alignof(T) <= pad_bytes;

}  // namespace stoa
