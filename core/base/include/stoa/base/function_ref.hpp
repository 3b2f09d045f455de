// stoa/base/function_ref.hpp: a callable passed down to compiled code without being stored.
#pragma once
#include <memory>
#include <type_traits>
#include <utility>

namespace stoa {

template <class Signature>
class function_ref;

// Refers to the callable it was made from; valid as long as that is. Always passed by value, never kept.
template <class R, class... Args>
class function_ref<R(Args...)> {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, function_ref> && std::is_invocable_r_v<R, F&, Args...>)
  function_ref(F&& callable) noexcept
      : object_{const_cast<void*>(static_cast<void const*>(std::addressof(callable)))},
        call_{[](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
        }} {}

  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

}  // namespace stoa
