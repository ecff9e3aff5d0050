#include "api/write_options.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <vector>

#include "api/query_values.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "object/metadata.h"

namespace limen::api {

namespace {

using base::ApiError;
using base::StatusCause;
using object::Json;

constexpr std::size_t kMaxManagerName = 128;

// dryRun: nothing but "All".
bool check_dry_run(const std::vector<std::string_view>& values, std::vector<StatusCause>& causes) {
  const bool only_all = std::all_of(values.begin(), values.end(),
                                    [](std::string_view value) { return value == "All"; });
  if (only_all) return !values.empty();
  boost::json::array listed;
  for (const std::string_view value : values) {
    listed.emplace_back(boost::json::string_view(value.data(), value.size()));
  }
  causes.push_back(
      {"FieldValueNotSupported",
       "Unsupported value: " + boost::json::serialize(listed) + ": supported values: \"All\"",
       "dryRun"});
  return true;
}

// The code point of one well-formed sequence; of a byte that begins none, the replacement
// character.
std::uint32_t rune_of(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0) < 0x80 ? byte(0) : 0xFFFDU;
  std::uint32_t rune = byte(0) & (0xFFU >> (sequence.size() + 1));
  for (std::size_t i = 1; i < sequence.size(); ++i) rune = (rune << 6U) | (byte(i) & 0x3FU);
  return rune;
}

// Go's unicode.IsPrint, but for scripts nobody names a manager in: no controls, no format
// characters and of the spaces only the plain one.
bool is_printable(std::uint32_t rune) {
  constexpr struct {
    std::uint32_t first, last;
  } kNotPrinted[] = {{0, 0x1F},        {0x7F, 0xA0},     {0xAD, 0xAD},     {0x1680, 0x1680},
                     {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000},
                     {0xE000, 0xF8FF}, {0xFEFF, 0xFEFF}};
  return std::none_of(std::begin(kNotPrinted), std::end(kNotPrinted), [rune](const auto& range) {
    return rune >= range.first && rune <= range.last;
  });
}

void check_field_manager(const std::string& manager, std::vector<StatusCause>& causes) {
  if (manager.size() > kMaxManagerName) {
    causes.push_back(
        {"FieldValueTooLong",
         "Too long: may not be more than " + std::to_string(kMaxManagerName) + " bytes",
         "fieldManager"});
  }
  for (std::size_t at = 0; at < manager.size();) {
    const std::size_t length =
        std::max<std::size_t>(1, base::utf8_sequence_length(std::string_view(manager).substr(at)));
    const std::uint32_t rune = rune_of(std::string_view(manager).substr(at, length));
    if (!is_printable(rune)) {
      char code[16];
      std::snprintf(code, sizeof code, "U+%04X", static_cast<unsigned>(rune));
      causes.push_back({"FieldValueInvalid",
                        "Invalid value: " + base::go_quote(manager) + ": invalid character " +
                            code + " (at position " + std::to_string(at) + ")",
                        "fieldManager"});
    }
    at += length;
  }
}

validation::FieldValidation parse_validation(std::string_view text,
                                             std::vector<StatusCause>& causes) {
  using validation::FieldValidation;
  if (text.empty() || text == "Warn") return FieldValidation::warn;
  if (text == "Strict") return FieldValidation::strict;
  if (text == "Ignore") return FieldValidation::ignore;
  causes.push_back({"FieldValueNotSupported",
                    "Unsupported value: " + base::go_quote(text) +
                        ": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
                    "fieldValidation"});
  return FieldValidation::strict;
}

object::Document options_document(std::string_view kind, const WriteOptions& options,
                                  std::string_view validation) {
  object::DocumentBuilder builder(256);
  boost::json::object& members = builder.root().emplace_object();
  members["kind"] = kind;
  members["apiVersion"] = "meta.k8s.io/v1";
  if (options.dry_run) {
    boost::json::array all(members.storage());
    all.emplace_back("All");
    members["dryRun"] = std::move(all);
  }
  if (!options.field_manager.empty()) members["fieldManager"] = options.field_manager;
  if (!validation.empty()) members["fieldValidation"] = validation;
  return builder.finish();
}

// An unsupported propagationPolicy or one that contradicts orphanDependents.
void check_propagation(std::string_view policy, DeleteOptions& options,
                       std::vector<StatusCause>& causes) {
  using registry::Propagation;
  if (!policy.empty() && options.orphan_dependents) {
    causes.push_back({"FieldValueInvalid",
                      "Invalid value: " + base::go_quote(policy) +
                          ": orphanDependents and deletionPropagation cannot be both set",
                      "propagationPolicy"});
  }
  if (options.orphan_dependents) {
    options.propagation =
        *options.orphan_dependents ? Propagation::orphan : Propagation::background;
  }
  if (policy == "Orphan") {
    options.propagation = Propagation::orphan;
  } else if (policy == "Foreground") {
    options.propagation = Propagation::foreground;
  } else if (policy == "Background") {
    options.propagation = Propagation::background;
  } else if (!policy.empty()) {
    causes.push_back({"FieldValueNotSupported",
                      "Unsupported value: " + base::go_quote(policy) +
                          ": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
                      "propagationPolicy"});
  }
}

[[noreturn]] void refuse_delete(std::vector<StatusCause> causes) {
  throw ApiError::invalid("meta.k8s.io", "DeleteOptions", "", std::move(causes));
}

std::optional<std::string> optional_text(const Json* value) {
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(value->get_string().data(), value->get_string().size());
}

WriteOptions parse_options(const request::Query& query, std::string_view kind, bool apply) {
  WriteOptions options;
  std::vector<StatusCause> causes;
  options.apply = apply;
  if (apply) {
    options.force = query_bool(query, "force").value_or(false);
    if (query.get("fieldManager").empty()) {
      causes.push_back(
          {"FieldValueRequired", "Required value: is required for apply patch", "fieldManager"});
    }
  } else if (kind == "PatchOptions" && query.has("force")) {
    causes.push_back(
        {"FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force"});
  }
  options.field_manager = query.get("fieldManager");
  check_field_manager(options.field_manager, causes);
  options.dry_run = check_dry_run(query.all("dryRun"), causes);
  const std::string_view validation = query.get("fieldValidation");
  options.validation = parse_validation(validation, causes);
  if (!causes.empty()) throw ApiError::invalid("meta.k8s.io", kind, "", std::move(causes));
  options.document =
      options_document(kind == "PatchOptions" ? "UpdateOptions" : kind, options, validation);
  return options;
}

}  // namespace

WriteOptions parse_write_options(const request::Query& query, std::string_view kind) {
  return parse_options(query, kind, false);
}

WriteOptions parse_apply_options(const request::Query& query) {
  return parse_options(query, "PatchOptions", true);
}

DeleteOptions parse_delete_options(const Json& body) {
  const std::string_view kind = object::kind(body);
  if (!body.is_object() || (!kind.empty() && kind != "DeleteOptions")) {
    throw ApiError::bad_request("decoded object cannot be converted to DeleteOptions");
  }
  DeleteOptions options;
  std::vector<StatusCause> causes;
  std::vector<std::string_view> dry_run;
  if (const Json* list = object::member(body, "dryRun"); list && list->is_array()) {
    for (const Json& item : list->get_array())
      if (item.is_string())
        dry_run.emplace_back(item.get_string().data(), item.get_string().size());
  }
  if (const Json* grace = object::member(body, "gracePeriodSeconds"); grace && !grace->is_null()) {
    if (!grace->is_int64() && !grace->is_uint64()) {
      throw ApiError::bad_request("gracePeriodSeconds must be an integer");
    }
    options.grace_seconds = object::int_or(grace, 0);
  }
  if (const Json* orphan = object::member(body, "orphanDependents"); orphan && orphan->is_bool()) {
    options.orphan_dependents = orphan->get_bool();
  }
  if (const Json* conditions = object::member(body, "preconditions")) {
    options.uid = optional_text(object::member(*conditions, "uid"));
    options.resource_version = optional_text(object::member(*conditions, "resourceVersion"));
  }
  check_propagation(object::text_at(body, "propagationPolicy"), options, causes);
  options.dry_run = check_dry_run(dry_run, causes);
  if (!causes.empty()) refuse_delete(std::move(causes));
  Json shown = body;
  object::set_type(shown, "meta.k8s.io/v1", "DeleteOptions");
  options.document = object::Document(shown);
  return options;
}

DeleteOptions parse_delete_options(const request::Query& query) {
  DeleteOptions options;
  std::vector<StatusCause> causes;
  options.grace_seconds = query_int(query, "gracePeriodSeconds");
  options.orphan_dependents = query_bool(query, "orphanDependents");
  const std::string_view policy = query.get("propagationPolicy");
  check_propagation(policy, options, causes);
  options.dry_run = check_dry_run(query.all("dryRun"), causes);
  if (!causes.empty()) refuse_delete(std::move(causes));
  object::DocumentBuilder builder(256);
  boost::json::object& members = builder.root().emplace_object();
  members["kind"] = "DeleteOptions";
  members["apiVersion"] = "meta.k8s.io/v1";
  if (options.grace_seconds) members["gracePeriodSeconds"] = *options.grace_seconds;
  if (!policy.empty()) members["propagationPolicy"] = policy;
  if (options.dry_run) {
    boost::json::array all(members.storage());
    all.emplace_back("All");
    members["dryRun"] = std::move(all);
  }
  options.document = builder.finish();
  return options;
}

}  // namespace limen::api
