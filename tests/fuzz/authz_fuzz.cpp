// Policies and questions that the fuzzer composes: what must hold of rbac, abac and deny-list
// whatever the policy holds of them, too.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "support/authz_properties.h"
#include "support/deny_list_properties.h"

namespace {

using limen::testkit::Module;

const Module& built(const char* name) {
  static std::map<std::string, Module> loaded;
  const std::string file = LIMEN_BINARY_DIR "/lib/limen/modules/" + std::string(name) + ".so";
  return loaded.try_emplace(name, file).first->second;
}

std::string contradiction(int which, limen::test::Choices& choices) {
  limen::test::deny_list::Tally tally;
  switch (which % 5) {
    case 0:
      return limen::test::rbac_decides_alike_in_any_order(built("rbac"), choices);
    case 1:
      return limen::test::rbac_never_takes_away_by_adding(built("rbac"), choices);
    case 2:
      return limen::test::abac_decides_alike_in_any_order(built("abac"), choices);
    case 3:
      return limen::test::abac_never_takes_away_by_adding(built("abac"), choices);
    default:
      return limen::test::deny_list::always_wins({built("deny-list"), built("rbac"), built("abac")},
                                                 choices, limen::test::kQuestionsAWorld, tally);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  limen::test::Choices choices(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  const std::string found = contradiction(data[0], choices);
  if (found.empty()) return 0;
  std::fprintf(stderr, "%s\n", found.c_str());
  std::abort();
}
