#include "api/patching.h"

#include <utility>

#include "api/strict_warnings.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/json_patch.h"
#include "object/merge_patch.h"
#include "object/metadata.h"
#include "validation/strategic_merge.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;

constexpr std::string_view kJsonPatch = "application/json-patch+json";
constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::string_view kStrategicPatch = "application/strategic-merge-patch+json";
constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";

// What the patched object is not, as a 422 about the patch.
ApiError bad_result(const Json& object, const std::string& why) {
  return ApiError::invalid(
      "", "", "",
      {{"FieldValueInvalid",
        "Invalid value: " + base::go_quote(object::to_json(object)) + ": " + why, "patch"}});
}

[[noreturn]] void refuse(const object::PatchError& error) {
  using Kind = object::PatchError::Kind;
  switch (error.kind()) {
    case Kind::malformed:
      throw ApiError::bad_request(error.what());
    case Kind::too_many_operations:
      throw ApiError::request_entity_too_large(error.what());
    case Kind::not_applicable:
    case Kind::test_failed:
      break;
  }
  // The client's own text, without what went wrong: kube-apiserver's answer to the letter.
  base::StatusDetails none;
  none.shown = true;
  throw ApiError(422, "Invalid", "the server rejected our request due to an error in our request",
                 std::move(none));
}

}  // namespace

PatchKind patch_kind(std::string_view content_type, bool strategic) {
  const std::string_view type = media_type(content_type);
  if (type == kJsonPatch) return PatchKind::json;
  if (type == kMergePatch) return PatchKind::merge;
  if (type == kStrategicPatch && strategic) return PatchKind::strategic;
  std::string offered = std::string(kJsonPatch) + ", " + std::string(kMergePatch) + ", ";
  if (strategic) offered += std::string(kStrategicPatch) + ", ";
  throw ApiError::unsupported_media_type(
      "the body of the request was in an unknown format - accepted media types include: " +
      offered + std::string(kApplyPatch));
}

bool is_apply_patch(std::string_view content_type) {
  return media_type(content_type) == kApplyPatch;
}

Patch::Patch(PatchKind kind, std::string_view body, const WriteOptions& options)
    : kind_(kind), validation_(options.validation) {
  try {
    object::Decoded decoded = object::decode(body, object::Format::json);
    patch_ = std::move(decoded.value);
    strict_errors_ = std::move(decoded.duplicates);
  } catch (const object::DecodeError& error) {
    throw ApiError::bad_request(std::string("error decoding patch: ") + error.what());
  }
  if (kind_ == PatchKind::json ? !patch_.is_array() : !patch_.is_object()) {
    throw ApiError::bad_request("error decoding patch: json: cannot unmarshal " +
                                std::string(patch_.is_array()    ? "array"
                                            : patch_.is_object() ? "object"
                                            : patch_.is_string() ? "string"
                                            : patch_.is_null()   ? "null"
                                            : patch_.is_bool()   ? "bool"
                                                                 : "number") +
                                (kind_ == PatchKind::json
                                     ? " into Go value of type []handlers.jsonPatchOp"
                                     : " into Go value of type map[string]interface {}"));
  }
  if (kind_ == PatchKind::json) note_strange_operations();
}

// What kube-apiserver's strict reading of operations objects to.
void Patch::note_strange_operations() {
  for (std::string& duplicate : strict_errors_) duplicate.insert(0, "json patch ");
  const boost::json::array& operations = patch_.get_array();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (!operations[i].is_object()) continue;
    for (const auto& entry : operations[i].get_object()) {
      const std::string_view key(entry.key().data(), entry.key().size());
      if (key == "op" || key == "path" || key == "from" || key == "value") continue;
      strict_errors_.push_back("json patch unknown field " +
                               base::go_quote("[" + std::to_string(i) + "]." + std::string(key)));
    }
  }
}

Json Patch::apply_raw(const Json& object, const validation::ExpectedKind& expected) const {
  try {
    switch (kind_) {
      case PatchKind::json:
        return object::apply_json_patch(object, patch_);
      case PatchKind::merge: {
        Json target = object::mutable_copy(object);
        object::apply_merge_patch(target, patch_);
        return target;
      }
      case PatchKind::strategic: {
        if (!expected.type) throw ApiError::internal("a kind without a schema has no merge keys");
        Json target = object::mutable_copy(object);
        validation::apply_strategic_merge(target, patch_, *expected.type);
        // It merges what a type has; what type it is, is none of that.
        object::set_type(target, object::group_version(expected.group, expected.version),
                         expected.kind);
        return target;
      }
    }
  } catch (const object::PatchError& error) {
    refuse(error);
  } catch (const validation::StrategicMergeError& error) {
    throw ApiError::bad_request(error.what());
  }
  return {};
}

Json Patch::apply(Call& call, const Json& object, const validation::ExpectedKind& expected) const {
  Json patched = apply_raw(object, expected);
  if (!patched.is_object()) {
    throw bad_result(patched,
                     "json: cannot unmarshal into Go value of type " + std::string(expected.kind));
  }
  const Json before = validation_ == validation::FieldValidation::strict ? patched : Json();
  validation::Typed typed = validation::conform_patched(patched, expected);
  if (!typed.error.empty()) throw bad_result(patched, typed.error);
  std::vector<std::string> findings = strict_errors_;
  findings.insert(findings.end(), typed.strict_errors.begin(), typed.strict_errors.end());
  if (findings.empty() || validation_ == validation::FieldValidation::ignore) return patched;
  if (validation_ == validation::FieldValidation::strict) {
    throw bad_result(before, validation::strict_error_text(findings));
  }
  warn_of_findings(call.context, std::move(findings));
  return patched;
}

}  // namespace limen::api
