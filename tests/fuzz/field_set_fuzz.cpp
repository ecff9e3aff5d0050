// Any JSON as fieldsV1 and as managedFields: refused, or read so that its canonical text reads as
// the same set; and any two sets obey the laws of sets.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "object/canonical.h"
#include "object/decode.h"
#include "validation/apply/fields_of.h"
#include "validation/apply/managers.h"
#include "validation/apply/merge.h"

namespace {

using namespace limen;
namespace apply = validation::apply;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_set(const apply::FieldSet& set) {
  const object::Json json = apply::fields_json(set);
  const std::optional<apply::FieldSet> again = apply::parse_fields(json);
  require(again && *again == set);
  require(object::to_json(apply::fields_json(*again)) == object::to_json(json));
  static_cast<void>(set.paths());
}

void check_pair(const apply::FieldSet& left, const apply::FieldSet& right) {
  const apply::FieldSet both = apply::common(left, right);
  const apply::FieldSet rest = apply::difference(left, right);
  check_set(both);
  check_set(rest);
  require(apply::united(both, rest) == left);
  require(apply::common(rest, right).empty());
}

// An object as what is live and another as what is applied, of a kind and without a schema.
void check_objects(const object::Json& live, const object::Json& config) {
  static const catalog::Type* const pod = catalog::find_type("io.k8s.api.core.v1.Pod");
  for (const catalog::Type* type : {pod, static_cast<const catalog::Type*>(nullptr)}) {
    if (!apply::faults_of(config, type).empty()) continue;
    check_set(apply::fields_of(config, type));
    const object::Json merged = apply::merged(live, config, type);
    const apply::FieldSet set = apply::fields_of(merged, type);
    check_set(set);
    static_cast<void>(apply::compare(live, merged, type));
    static_cast<void>(apply::without(merged, apply::with_structures(set, type), type));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  object::Json value;
  try {
    value = object::decode(text, object::Format::json).value;
  } catch (const object::DecodeError&) {
    return 0;
  }
  if (const auto set = apply::parse_fields(value)) check_set(*set);
  if (const auto managers = apply::read_managers(&value)) {
    const object::Json list = apply::managers_json(*managers);
    require(apply::read_managers(&list).has_value());
  }
  if (!value.is_array() || value.get_array().size() != 2) return 0;
  const object::Json& first = value.get_array()[0];
  const object::Json& second = value.get_array()[1];
  const auto left = apply::parse_fields(first);
  const auto right = apply::parse_fields(second);
  if (left && right) check_pair(*left, *right);
  if (first.is_object() && second.is_object()) check_objects(first, second);
  return 0;
}
