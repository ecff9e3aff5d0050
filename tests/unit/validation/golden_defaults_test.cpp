// The golden files of defaults: tests/golden/defaults/KIND.yaml has a manifest that says little and
// what kube-apiserver makes of it, every field.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "object/decode.h"
#include "object/metadata.h"
#include "unit/validation/support.h"
#include "validation/kinds/changes.h"
#include "validation/schema.h"

namespace limen::validation {
namespace {

namespace fs = std::filesystem;

const catalog::Resource& resource_of(const object::Json& file) {
  const std::string_view name = object::text_at(file, "resource");
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return resource("", name);
  return resource(name.substr(0, slash), name.substr(slash + 1));
}

TEST(GoldenDefaults, AreKubeApiserversFieldByField) {
  std::size_t files = 0;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::path(LIMEN_GOLDEN_DIR) / "defaults")) {
    SCOPED_TRACE(entry.path().filename().string());
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    const object::Json file = object::decode(text.str(), object::Format::yaml).value;
    const catalog::Resource& of = resource_of(file);
    object::Json made = *object::member(file, "in");
    const Conformance conformance = conform(made, *of.type);
    EXPECT_EQ(conformance.error, "");
    EXPECT_EQ(conformance.unknown, std::vector<std::string>());
    apply_defaults(of, made);
    EXPECT_EQ(kinds::changes_between(*object::member(file, "out"), made), "");
    ++files;
  }
  EXPECT_GE(files, 30u);
}

}  // namespace
}  // namespace limen::validation
