#include "api/table/custom_table.h"

#include <string_view>

#include "base/json_text.h"
#include "base/time.h"
#include "object/canonical.h"
#include "object/metadata.h"

namespace limen::api {

namespace {

using object::Json;

void append_column(std::string& out, std::string_view name, std::string_view type,
                   std::string_view format, std::string_view about, std::int32_t priority) {
  const auto member = [&out](std::string_view key, std::string_view value) {
    base::append_json_string(out, key);
    out += ':';
    base::append_json_string(out, value);
    out += ',';
  };
  out += '{';
  member("name", name);
  member("type", type);
  member("format", format);
  member("description", about);
  out += "\"priority\":" + std::to_string(priority) + "},";
}

void print_date(Cells& cells, std::string& out, const Json& value) {
  if (!value.is_string()) {
    out += "null,";
    return;
  }
  const std::string_view text(value.get_string());
  if (base::parse_time(text)) {
    cells.since(text);
  } else {
    cells.text("<invalid>");
  }
}

void print_cell(Cells& cells, std::string& out, std::string_view type, const Json& value) {
  if (type == "date") return print_date(cells, out, value);
  if (type == "string") {
    // Whatever it is, as text.
    value.is_string() ? cells.text(value.get_string()) : cells.text(object::to_json(value));
    return;
  }
  if (type == "integer" && value.is_number()) return cells.number(object::int_or(&value, 0));
  if (type == "number" && value.is_number()) {
    object::append_json(out, value);
    out += ',';
    return;
  }
  if (type == "boolean" && value.is_bool()) return cells.boolean(value.get_bool());
  out += "null,";
}

}  // namespace

void append_custom_columns(std::string& out, const catalog::CustomKind& kind) {
  out += '[';
  append_column(out, "Name", "string", "name",
                "The name of the object, unique among those of its kind in its namespace.", 0);
  for (const catalog::PrinterColumn& column : kind.columns) {
    append_column(out, column.name, column.type, column.format, column.description,
                  column.priority);
  }
  out.back() = ']';
}

void print_custom_cells(Cells& cells, std::string& out, const catalog::CustomKind& kind,
                        const Json& object) {
  cells.text(object::name(object));
  for (const catalog::PrinterColumn& column : kind.columns) {
    const Json* value = column.path.find(object);
    if (!value || value->is_null()) {
      out += "null,";
    } else {
      print_cell(cells, out, column.type, *value);
    }
  }
}

}  // namespace limen::api
