#include <cstdio>
#include <stoa/stoa.hpp>

int main() {
  using namespace stoa::literals;
  auto segment = stoa::segment::open_or_create("hello", 1_MiB);
  auto numbers = segment.publish_or_attach<stoa::queue<int>>("numbers", 64);
  while (int n = numbers.pop()) std::printf("%d\n", n);  // sleeps in the kernel while it is empty
}
