// Without libFuzzer, when LIMEN_FUZZ_MAIN is defined: a program that replays the files it is given.
// Included at the end of a fuzz target.
#pragma once

#ifdef LIMEN_FUZZ_MAIN
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

int main(int count, char** files) {
  for (int index = 1; index < count; ++index) {
    std::ifstream file(files[index], std::ios::binary);
    const std::string input((std::istreambuf_iterator<char>(file)), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }
  return 0;
}
#endif
