// Causes: the list of what is wrong with an object, worded as Kubernetes' field errors are.
//
// Each method appends one cause. Paths are object::FieldPath; values are shown as Go shows them:
// text quoted, numbers plain, everything else as JSON, long ones cut. What is not there (Go's nil
// pointer) is shown as "null", with the quotes. At most 500 causes are kept.
// Thread rule: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/api_error.h"
#include "object/document.h"
#include "object/json_path.h"
#include "object/names.h"

namespace limen::validation {

using object::FieldPath;
using object::Json;

class Causes {
 public:
  void required(const FieldPath& path, std::string_view detail = {});
  void invalid(const FieldPath& path, const Json& value, std::string_view detail);
  void invalid(const FieldPath& path, std::string_view text, std::string_view detail);
  // The value is shown as `shown` says, without quotes of its own.
  void invalid_shown(const FieldPath& path, std::string_view shown, std::string_view detail);
  // No value is shown.
  void invalid_hidden(const FieldPath& path, std::string_view detail);
  // One cause a problem, as name checks return them.
  void invalid_each(const FieldPath& path, std::string_view text, const object::Problems& problems);
  void not_supported(const FieldPath& path, std::string_view value,
                     std::initializer_list<std::string_view> supported);
  void duplicate(const FieldPath& path, const Json& value, std::string_view detail = {});
  void duplicate(const FieldPath& path, std::string_view text);
  void forbidden(const FieldPath& path, std::string_view detail);
  void not_found(const FieldPath& path, std::string_view text, std::string_view detail = {});
  void too_long(const FieldPath& path, std::size_t max_bytes);
  void too_many(const FieldPath& path, std::int64_t most);
  void too_many(const FieldPath& path, std::size_t found, std::int64_t most);
  // The value is of another type; `text` is what kube-apiserver shows of it.
  void type_invalid(const FieldPath& path, std::string_view text, std::string_view detail);
  void not_supported(const FieldPath& path, const Json& value,
                     const std::vector<std::string>& supported);
  void append(std::vector<base::StatusCause> causes);

  bool empty() const { return causes_.empty(); }
  bool full() const;  // nothing more is kept
  std::vector<base::StatusCause> take() { return std::move(causes_); }

 private:
  void add(std::string_view reason, const FieldPath& path, std::string text,
           std::string_view detail);
  std::vector<base::StatusCause> causes_;
};

inline constexpr std::string_view kImmutable = "field is immutable";

// Checks shared by many kinds. Each appends to `causes` and accepts absent (null) values.
// `must be greater than or equal to 0`.
void check_not_negative(const Json* value, const FieldPath& path, Causes& causes);
void check_range(const Json* value, std::int64_t low, std::int64_t high, const FieldPath& path,
                 Causes& causes);
// A metav1.LabelSelector.
void check_label_selector(const Json* selector, const FieldPath& path, Causes& causes);
// Keys and values of a label map.
void check_labels(const Json* labels, const FieldPath& path, Causes& causes);
void check_annotations(const Json* annotations, const FieldPath& path, Causes& causes);
// `value` must be one of `supported`; empty is a cause only when `needed`.
void check_enum(std::string_view value, std::initializer_list<std::string_view> supported,
                const FieldPath& path, bool needed, Causes& causes);
// The value must equal the old one, absent counting as null.
void check_immutable(const Json* value, const Json* old, const FieldPath& path, Causes& causes);

// Reading lists and maps whatever their kind: nothing for null or another kind.
std::span<const Json> elements(const Json* list);
const boost::json::object& members(const Json* map);
std::string_view text(const Json* value);
// The value, or null when there is none: what is shown of a field that counts though it is absent.
const Json& or_null(const Json* value);
bool is_true(const Json* value);
bool has(const Json& object, std::string_view key);  // present and not null
bool same(const Json* left, const Json* right);      // equal, absent counting as null

}  // namespace limen::validation
