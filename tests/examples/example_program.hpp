// example_program.hpp: a program of the examples as a child of the test. In one source of a test program only.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "child.hpp"

namespace stoa::testing {

// {file for its output, program, arguments...}
inline child_program const example{"example", [](child_arguments const& words) {
                                     if (std::freopen(words.at(0).c_str(), "w", stdout) == nullptr) return 95;
                                     std::vector<char*> argv;
                                     for (std::size_t i = 1; i < words.size(); ++i)
                                       argv.push_back(const_cast<char*>(words[i].c_str()));
                                     argv.push_back(nullptr);
                                     ::execv(argv[0], argv.data());
                                     return 94;
                                   }};

inline child start_example(std::string const& program, std::string const& output, child_arguments arguments) {
  arguments.insert(arguments.begin(), {output, program});
  return child::start("example", arguments);
}

inline std::string content_of(std::string const& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

}  // namespace stoa::testing
