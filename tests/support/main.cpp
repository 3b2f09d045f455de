// The main of every test program: runs a child program if told to, else the tests.
#include <gtest/gtest.h>

#include "child.hpp"

int main(int argc, char** argv) {
  if (int const status = stoa::testing::run_as_child(argc, argv); status >= 0) return status;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
