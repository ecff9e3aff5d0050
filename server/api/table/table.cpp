#include "api/table/table.h"

#include "api/table/custom_table.h"
#include "api/table/printer.h"
#include "base/api_error.h"
#include "base/json_text.h"
#include "base/strings.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

// Short words for the columns many tables share. Other columns speak for themselves.
std::string_view describe(std::string_view column) {
  struct Entry {
    std::string_view column, text;
  };
  static constexpr Entry kEntries[] = {
      {"Name", "The name of the object, unique among those of its kind in its namespace."},
      {"Age", "How long ago the object was created."},
      {"Created At", "When the object was created, in UTC."},
      {"Status", "The state the object is in."},
      {"Ready", "How many of the wanted parts are ready."},
      {"Restarts", "How often containers were started again, and when that was last."},
      {"Containers", "The names of the containers of the template."},
      {"Images", "The images of the containers of the template."},
      {"Selector", "Which pods the object is responsible for."},
      {"Labels", "The labels of the object."}};
  for (const Entry& entry : kEntries) {
    if (entry.column == column) return entry.text;
  }
  return {};
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  base::append_json_string(out, name);
  out += ':';
  base::append_json_string(out, value);
}

void append_columns(std::string& out, std::span<const Column> columns) {
  out += '[';
  for (const Column& column : columns) {
    out += '{';
    append_member(out, "name", column.name);
    out += ',';
    append_member(out, "type", column.type);
    out += ',';
    append_member(out, "format", column.format);
    out += ',';
    append_member(out, "description", describe(column.name));
    out += ",\"priority\":" + std::to_string(column.priority) + "},";
  }
  out.back() = ']';
}

void append_meta(std::string& out, const TableMeta& meta) {
  out += '{';
  if (!meta.resource_version.empty()) {
    append_member(out, "resourceVersion", meta.resource_version);
    out += ',';
  }
  if (!meta.continue_token.empty()) {
    append_member(out, "continue", meta.continue_token);
    out += ',';
  }
  if (meta.remaining_item_count) {
    out += "\"remainingItemCount\":" + std::to_string(*meta.remaining_item_count) + ",";
  }
  if (out.back() == ',') out.pop_back();
  out += '}';
}

void append_object(std::string& out, const Json& object, std::string_view object_json,
                   const TableOptions& options) {
  switch (options.include) {
    case IncludeObject::none:
      out += "null";
      return;
    case IncludeObject::object:
      out += object_json;
      return;
    case IncludeObject::metadata:
      break;
  }
  out += "{\"kind\":\"PartialObjectMetadata\",";
  append_member(out, "apiVersion", "meta.k8s.io/" + std::string(options.version));
  out += ",\"metadata\":";
  const Json* metadata = object::metadata_of(object);
  out += metadata == nullptr ? "{}" : boost::json::serialize(*metadata);
  out += '}';
}

void print_name_and_creation(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(object::creation_timestamp(object));
}

constexpr Column kDefaultColumns[] = {kNameColumn, {"Created At", "date", "", 0}};
constexpr Printer kDefaultPrinter = {"", "", kDefaultColumns, print_name_and_creation};

}  // namespace

const Printer& printer_of(const catalog::Resource& resource) {
  for (const auto printers :
       {pod_printers(), workload_printers(), network_printers(), cluster_printers(),
        storage_printers(), policy_printers(), device_printers()}) {
    for (const Printer& printer : printers) {
      if (printer.resource == resource.name && printer.group == resource.group) return printer;
    }
  }
  return kDefaultPrinter;
}

std::optional<IncludeObject> parse_include_object(std::string_view text) {
  if (text.empty() || text == "Metadata") return IncludeObject::metadata;
  if (text == "None") return IncludeObject::none;
  if (text == "Object") return IncludeObject::object;
  return std::nullopt;
}

IncludeObject asked_include_object(std::string_view text) {
  if (const auto include = parse_include_object(text)) return *include;
  throw base::ApiError::bad_request(
      "Unable to convert to Table as requested: includeObject: Invalid value: " +
      base::go_quote(text) + ": must be 'Metadata', 'Object', 'None', or empty");
}

std::span<const Column> columns_of(const catalog::Resource& resource) {
  return printer_of(resource).columns;
}

void begin_table(std::string& out, const catalog::Resource& resource, const TableMeta& meta,
                 const TableOptions& options) {
  out += "{\"kind\":\"Table\",";
  append_member(out, "apiVersion", "meta.k8s.io/" + std::string(options.version));
  out += ",\"metadata\":";
  append_meta(out, meta);
  out += ",\"columnDefinitions\":";
  if (options.column_definitions && resource.custom) {
    append_custom_columns(out, *resource.custom);
  } else if (options.column_definitions) {
    append_columns(out, columns_of(resource));
  } else {
    out += "null";
  }
  out += ",\"rows\":[";
}

void append_row(std::string& out, const catalog::Resource& resource, const Json& object,
                std::string_view object_json, const TableOptions& options) {
  if (out.back() != '[') out += ',';
  out += "{\"cells\":[";
  Cells cells(out, options.now);
  if (resource.custom) {
    print_custom_cells(cells, out, *resource.custom, object);
  } else {
    printer_of(resource).print(cells, object);
  }
  out.back() = ']';
  if (resource.group.empty() && resource.name == "pods") {
    const std::string_view conditions = pod_row_conditions(object);
    if (!conditions.empty()) {
      out += ",\"conditions\":";
      out += conditions;
    }
  }
  out += ",\"object\":";
  append_object(out, object, object_json, options);
  out += '}';
}

void end_table(std::string& out) { out += "]}"; }

std::string single_row_table(const catalog::Resource& resource, const Json& object,
                             std::string_view object_json, const TableOptions& options) {
  std::string out;
  begin_table(out, resource, {object::resource_version(object), "", std::nullopt}, options);
  append_row(out, resource, object, object_json, options);
  end_table(out);
  return out;
}

}  // namespace limen::api
