// Options of writes: dryRun, fieldValidation, fieldManager; and DeleteOptions.
//
// Read from the query (or, for deletes, the body) and checked with kube-apiserver's texts. Value
// types; free functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "object/document.h"
#include "registry/lifecycle.h"
#include "request/request_info.h"
#include "validation/read_object.h"

namespace limen::api {

struct WriteOptions {
  bool dry_run = false;
  validation::FieldValidation validation = validation::FieldValidation::warn;
  std::string field_manager;
  bool apply = false;  // a server-side apply
  bool force = false;  // ... that takes what others own
  // As admission sees them: CreateOptions, UpdateOptions, ...
  object::Document document;
};

// `kind` is CreateOptions, UpdateOptions or PatchOptions: it names the options in errors. A patch
// reaches admission as UpdateOptions. Throws ApiError 422.
WriteOptions parse_write_options(const request::Query& query, std::string_view kind);
// PatchOptions of a server-side apply. Throws ApiError 422.
WriteOptions parse_apply_options(const request::Query& query);

struct DeleteOptions {
  bool dry_run = false;
  std::optional<std::int64_t> grace_seconds;
  std::optional<std::string> uid, resource_version;  // preconditions
  registry::Propagation propagation = registry::Propagation::unset;
  std::optional<bool> orphan_dependents;  // the deprecated form of propagation
  object::Document document;
};

// From a decoded body, or from the query when there was none. Throws ApiError 400 or 422.
DeleteOptions parse_delete_options(const object::Json& body);
DeleteOptions parse_delete_options(const request::Query& query);

}  // namespace limen::api
