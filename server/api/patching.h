// Patches: a body that says how an object is to change (row M9).
//
// A Patch is decoded once and applied to whatever the object is at the moment, again when another
// write came between. Thread rule: the request's loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/call.h"
#include "api/write_options.h"
#include "object/document.h"
#include "validation/read_object.h"

namespace limen::api {

enum class PatchKind : std::uint8_t { json, merge, strategic };

// By Content-Type. Throws ApiError 415 naming those that are taken. `strategic`: false for custom
// kinds, which have no merge keys.
PatchKind patch_kind(std::string_view content_type, bool strategic);
// True for application/apply-patch+yaml, which is no Patch but a configuration to apply.
bool is_apply_patch(std::string_view content_type);

class Patch {
 public:
  // Throws ApiError 400 for a body that is no patch, 413 for one of too many operations.
  Patch(PatchKind kind, std::string_view body, const WriteOptions& options);

  const object::Json& value() const { return patch_; }

  // `object`, in the served version, changed. The result has `expected`'s type; what strict
  // validation objects to becomes warnings of the request or a 422. Throws ApiError.
  object::Json apply(Call& call, const object::Json& object,
                     const validation::ExpectedKind& expected) const;

 private:
  void note_strange_operations();
  object::Json apply_raw(const object::Json& object,
                         const validation::ExpectedKind& expected) const;

  PatchKind kind_;
  validation::FieldValidation validation_;
  object::Json patch_;
  std::vector<std::string> strict_errors_;  // of the patch itself
};

}  // namespace limen::api
