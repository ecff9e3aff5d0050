// Printers: the columns of a resource's Table and what fills them.
//
// One row of a printers_*.cpp table for each printed resource; to add a kind, write its cells and
// add its row. Thread rule: constant data, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "api/table/cells.h"
#include "api/table/table.h"

namespace limen::api {

// Appends one cell a column.
using PrintCells = void (*)(Cells& cells, const object::Json& object);

struct Printer {
  std::string_view group, resource;
  std::span<const Column> columns;
  PrintCells print;
};

// Columns, in short.
constexpr Column text_column(std::string_view name, std::int32_t priority = 0) {
  return {name, "string", "", priority};
}
constexpr Column integer_column(std::string_view name) { return {name, "integer", "", 0}; }
constexpr Column boolean_column(std::string_view name) { return {name, "boolean", "", 0}; }
inline constexpr Column kNameColumn = {"Name", "string", "name", 0};
inline constexpr Column kAgeColumn = text_column("Age");

// The printers of each area; printer_of() looks through all of them.
std::span<const Printer> pod_printers();
std::span<const Printer> workload_printers();
std::span<const Printer> network_printers();
std::span<const Printer> cluster_printers();
std::span<const Printer> storage_printers();
std::span<const Printer> policy_printers();
std::span<const Printer> device_printers();

// The printer of a resource: its own, or the one with a name and a creation time.
const Printer& printer_of(const catalog::Resource& resource);

// `conditions` of a pod's row as JSON text: that it has completed; empty otherwise.
std::string_view pod_row_conditions(const object::Json& pod);

}  // namespace limen::api
