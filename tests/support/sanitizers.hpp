#pragma once

// Which sanitizer a test is built with: GCC and Clang have different ways to say so.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STOA_TEST_ADDRESS_SANITIZER 1
#endif
#if __has_feature(thread_sanitizer)
#define STOA_TEST_THREAD_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define STOA_TEST_ADDRESS_SANITIZER 1
#elif defined(__SANITIZE_THREAD__)
#define STOA_TEST_THREAD_SANITIZER 1
#endif

#ifndef STOA_TEST_ADDRESS_SANITIZER
#define STOA_TEST_ADDRESS_SANITIZER 0
#endif
#ifndef STOA_TEST_THREAD_SANITIZER
#define STOA_TEST_THREAD_SANITIZER 0
#endif
