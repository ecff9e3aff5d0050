// Any bytes as the body of a PUT to /debug/flags/v: refused with a sentence, or levels that the
// page tells in words it takes back with the same meaning.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "app/log_page.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limen;
  log::Levels levels;
  if (!app::change_levels(levels, {reinterpret_cast<const char*>(data), size}).empty()) return 0;
  for (const auto& [name, level] : levels.own) {
    if (!log::name_problem(name).empty()) std::abort();
  }
  const std::string told = app::levels_text(levels);
  log::Levels again;
  if (!app::change_levels(again, told).empty()) std::abort();
  if (app::levels_text(again) != told) std::abort();
  return 0;
}

#include "replay_main.h"
