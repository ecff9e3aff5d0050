// Any JSON array of two as document and patch, in all three patch formats: refused or applied, and
// then never nested deeper than objects may be.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "object/canonical.h"
#include "object/decode.h"
#include "object/json_patch.h"
#include "object/merge_patch.h"
#include "validation/schema.h"
#include "validation/strategic_merge.h"

namespace {

using namespace limen;

// Decoding refuses what is too deep, so a result that cannot be decoded broke the limit.
void check(const object::Json& result) {
  object::decode(object::to_json(result), object::Format::json, {.max_bytes = SIZE_MAX});
}

void apply_all(const object::Json& document, const object::Json& patch) {
  try {
    check(object::apply_json_patch(document, patch));
  } catch (const object::PatchError&) {
  }
  object::Json merged = object::mutable_copy(document);
  object::apply_merge_patch(merged, patch);
  check(merged);
  static const catalog::Type* const pod = catalog::find_type("io.k8s.api.core.v1.Pod");
  object::Json typed = object::mutable_copy(document);
  if (!validation::conform(typed, *pod).error.empty()) return;
  try {
    validation::apply_strategic_merge(typed, patch, *pod);
    check(typed);
  } catch (const validation::StrategicMergeError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  object::Json pair;
  try {
    // One level is the pair's own.
    pair = object::decode(text, object::Format::json).value;
  } catch (const object::DecodeError&) {
    return 0;
  }
  if (!pair.is_array() || pair.get_array().size() != 2) return 0;
  apply_all(pair.get_array()[0], pair.get_array()[1]);
  return 0;
}
