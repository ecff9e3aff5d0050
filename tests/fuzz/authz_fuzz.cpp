// Policies and questions that the fuzzer composes: what must hold of rbac and abac whatever the
// policy holds of them, too.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "support/authz_properties.h"

namespace {

using limen::testkit::Module;

const Module& rbac() {
  static const Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/rbac.so");
  return loaded;
}
const Module& abac() {
  static const Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/abac.so");
  return loaded;
}

std::string contradiction(int which, limen::test::Choices& choices) {
  switch (which % 4) {
    case 0:
      return limen::test::rbac_decides_alike_in_any_order(rbac(), choices);
    case 1:
      return limen::test::rbac_never_takes_away_by_adding(rbac(), choices);
    case 2:
      return limen::test::abac_decides_alike_in_any_order(abac(), choices);
    default:
      return limen::test::abac_never_takes_away_by_adding(abac(), choices);
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
