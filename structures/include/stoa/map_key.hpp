// stoa/map_key.hpp: a key as its bytes: what a map compares, and the hash that says where it belongs.
//
// Two keys are the same if their bytes are. So there must be no bytes that belong to no member: where a
// type may have such padding, the compiler is asked to set it to zero. Floating point members are compared
// as bytes too: 0.0 and -0.0 are two keys, and a NaN is found again.
//
// The hash is part of the format. Of a key of up to eight bytes, as a little-endian number: two multiplications
// with a fold between them (docs/decisions/0011: a look-up is that much faster). Of a longer one: XXH3, 64 bits,
// seed 0, of its bytes.
#pragma once
#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdint>
#include <cstring>
#include <stoa/base/shareable.hpp>
#include <stoa/base/words.hpp>
#include <stoa/type_descriptor.hpp>
#include <type_traits>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

namespace stoa {
namespace internal {

// Whether every byte of T is known to belong to some member.
template <class T>
constexpr bool has_no_padding() {
  if constexpr (std::has_unique_object_representations_v<T> || std::is_same_v<T, float> ||
                std::is_same_v<T, double>) {
    return true;
  } else if constexpr (array_traits<T>::is_array) {
    return has_no_padding<std::remove_cv_t<typename array_traits<T>::element>>();
  } else if constexpr (is_described<T>()) {
    using members =
        boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>;
    std::size_t bytes = 0;
    bool is_tight = true;
    boost::mp11::mp_for_each<members>([&](auto member) {
      using type = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
      bytes += sizeof(type);
      is_tight = is_tight && has_no_padding<type>();
    });
    return is_tight && bytes == sizeof(T);
  } else {
    return false;
  }
}

}  // namespace internal

#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
#define STOA_CAN_CLEAR_PADDING 1
#endif
#endif

// Of a key of one word, its upper bytes zero. No two have the same one.
constexpr std::uint64_t hash_of_word(std::uint64_t key) noexcept {
  auto const mixed = key * 0x9E37'79B9'7F4A'7C15;
  return (mixed ^ mixed >> 32) * 0xD6E8'FEB8'6659'FD93;
}

template <class K>
struct key_image {
  using words_type = std::array<std::uint64_t, words_for(sizeof(K))>;
  words_type words;
  std::uint64_t hash;

  explicit key_image(K const& key) noexcept : words{words_of(key)}, hash{hash_of(words)} {}
  // A key whose words were taken before.
  static key_image of_words(words_type const& of) noexcept { return key_image{of, 0}; }
  // The bits below those that choose the home bucket; the lowest ones are not mixed as well.
  std::uint64_t fingerprint() const noexcept { return std::max<std::uint64_t>(hash >> 24 & 0xFF, 1); }

 private:
  key_image(words_type const& of, int) noexcept : words{of}, hash{hash_of(of)} {}
  static words_type words_of(K const& key) noexcept {
    words_type out;
    out.back() = 0;  // what pads the last word
    if constexpr (internal::has_no_padding<K>()) {
      std::memcpy(out.data(), &key, sizeof(K));
    } else {
#ifdef STOA_CAN_CLEAR_PADDING
      auto copy = key;
      __builtin_clear_padding(&copy);
      std::memcpy(out.data(), &copy, sizeof(K));
#else
      static_assert(internal::has_no_padding<K>(),
                    "this key type may have padding, which this compiler cannot clear: make the padding a "
                    "member, or describe the type with BOOST_DESCRIBE_STRUCT if it has none");
#endif
    }
    return out;
  }
  static std::uint64_t hash_of(words_type const& words) noexcept {
    if constexpr (words_for(sizeof(K)) == 1)
      return hash_of_word(words[0]);
    else
      return XXH3_64bits(words.data(), sizeof(K));
  }
};
#undef STOA_CAN_CLEAR_PADDING

}  // namespace stoa
