// The objects of a resource as they were at an earlier revision: what is there now, with what has
// happened since undone. Pages of one list, read one after another, thus show one state.
//
// Thread rule: a free function; the caller keeps the table and the log from changing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/object_table.h"
#include "watch/log.h"

namespace limen::storage {

// The objects after the key (start_ns, start_name), in `ns` or, when empty, everywhere, in key
// order. `log` must hold every event after `revision`.
std::vector<ObjectPtr> objects_at(const ObjectTable& table, const watch::Log& log,
                                  Revision revision, std::string_view ns, std::string_view start_ns,
                                  std::string_view start_name);

// The places in the table of the range that a list names.
struct Range {
  ObjectTable::Place begin, end;
};
Range range_of(const ObjectTable& table, std::string_view ns, std::string_view start_ns,
               std::string_view start_name);

}  // namespace limen::storage
