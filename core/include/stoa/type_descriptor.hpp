// stoa/type_descriptor.hpp: a type in words, stored beside its elements and compared at attach.
//
// Written once per published structure, so that a process with another idea of the type is refused,
// and so that tools and other languages can print elements that nobody described to them.
//
//   element := scalar | text | struct | opaque | element '[' count ']'
//   scalar  := '<' or '|' (one byte), then i u f b and its bytes, as in NumPy: <u8 <f4 |b1
//   text    := '|S' bytes                    char, char arrays: zero padded
//   struct  := '{' name ':' element '@' offset { ',' ... } '}' bytes
//   opaque  := '?' bytes [ "'" name "'" ]    a type that was not described
//
// Example: {id:<u8@0,price:<f8@8,quantity:<u4@16}24
#pragma once
#include <array>
#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdint>
#include <memory>
#include <stoa/base/shareable.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace stoa {

struct type_descriptor {
  std::string text;
  std::uint64_t hash = 0;  // XXH64 of the text
  std::uint64_t element_bytes = 0;
  std::uint32_t element_align = 0;
};

// Specialise to name a type that cannot be described: the name is then compared, beside its size.
//   template <> inline constexpr std::string_view stoa::type_name<pose> = "pose";
template <class T>
inline constexpr std::string_view type_name{};

namespace internal {

type_descriptor make_descriptor(std::string text, std::uint64_t bytes, std::uint32_t align);

template <class T>
void describe(std::string& out);

template <class T>
struct array_traits {
  static constexpr bool is_array = false;
};
template <class T, std::size_t N>
struct array_traits<T[N]> {
  static constexpr bool is_array = true;
  using element = T;
  static constexpr std::size_t count = N;
};
template <class T, std::size_t N>
struct array_traits<std::array<T, N>> : array_traits<T[N]> {};

template <class T>
constexpr bool is_described() {
  if constexpr (std::is_class_v<T>)
    return boost::describe::has_describe_members<T>::value && boost::describe::has_describe_bases<T>::value;
  else
    return false;
}

template <class T>
void describe_scalar(std::string& out) {
  out += sizeof(T) == 1 ? '|' : '<';
  if constexpr (std::is_same_v<T, bool>)
    out += 'b';
  else if constexpr (std::is_floating_point_v<T>)
    out += 'f';
  else
    out += std::is_signed_v<T> ? 'i' : 'u';
  out += std::to_string(sizeof(T));
}

// Where a member lies, asked of raw storage: no T is made, none may be default constructible. The member
// may be that of a base.
template <class T, class Owner, class Member>
std::size_t member_offset(Member Owner::*member) {
  alignas(T) static constinit std::array<unsigned char, sizeof(T)> storage{};
  auto const* object = reinterpret_cast<T const*>(storage.data());
  auto const* place = reinterpret_cast<unsigned char const*>(std::addressof(object->*member));
  return static_cast<std::size_t>(place - storage.data());
}

template <class T>
void describe_struct(std::string& out) {
  using members =
      boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
  out += '{';
  bool first = true;
  boost::mp11::mp_for_each<members>([&](auto member) {
    using type = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
    if (!first) out += ',';
    first = false;
    out += member.name;
    out += ':';
    describe<type>(out);
    out += '@';
    out += std::to_string(member_offset<T>(member.pointer));
  });
  out += '}';
  out += std::to_string(sizeof(T));
}

template <class T>
void describe(std::string& out) {
  if constexpr (array_traits<T>::is_array) {
    using element = std::remove_const_t<typename array_traits<T>::element>;
    if constexpr (std::is_same_v<element, char>) {
      out += "|S" + std::to_string(sizeof(T));
    } else {
      describe<element>(out);
      out += '[' + std::to_string(array_traits<T>::count) + ']';
    }
  } else if constexpr (std::is_same_v<T, char>) {
    out += "|S1";
  } else if constexpr (std::is_enum_v<T>) {
    describe_scalar<std::underlying_type_t<T>>(out);
  } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, float> || std::is_same_v<T, double>) {
    describe_scalar<T>(out);
  } else if constexpr (is_described<T>()) {
    describe_struct<T>(out);
  } else {
    static_assert(type_name<T>.find('\'') == std::string_view::npos, "a type_name may not contain '");
    out += '?' + std::to_string(sizeof(T));
    if constexpr (!type_name<T>.empty()) out += '\'' + std::string{type_name<T>} + '\'';
  }
}

}  // namespace internal

// Made once per type and process.
template <shareable T>
type_descriptor const& descriptor_of() {
  static type_descriptor const made = [] {
    std::string text;
    internal::describe<std::remove_const_t<T>>(text);
    return internal::make_descriptor(std::move(text), sizeof(T), alignof(T));
  }();
  return made;
}

}  // namespace stoa
