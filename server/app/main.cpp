// The program `limen`: hands its words to the table of verbs.
#include <iostream>
#include <string>
#include <vector>

#include "app/commands.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return limen::app::run_program(limen::app::all_commands(), words, {std::cout, std::cerr});
}
