#include <stoa/stoa.hpp>

int main() {
  using namespace stoa::literals;
  auto segment = stoa::segment::open_or_create("hello", 1_MiB);
  auto numbers = segment.publish_or_attach<stoa::queue<int>>("numbers", 64);
  for (int i = 1; i <= 5; ++i) numbers.push(i);  // waits while the queue is full
  numbers.push(0);                               // the end
  while (!numbers.empty()) {}                    // the last to leave removes the segment
}
