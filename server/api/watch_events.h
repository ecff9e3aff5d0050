// Watch events: one line `{"type":"ADDED","object":{...}}` each (row M6), or one frame of protobuf
// (validation/protobuf/encode.h).
//
// An encoder belongs to one watch; it remembers what only the first event of a watch carries.
// Thread rule: the watch's loop.
#pragma once

#include <string>
#include <string_view>

#include "api/call.h"
#include "api/table/table.h"
#include "base/api_error.h"
#include "storage/store.h"
#include "transport/http.h"

namespace limen::api {

class WatchEncoder {
 public:
  // `include_object` is the query parameter of that name. Throws ApiError 400 when it is unknown.
  WatchEncoder(const catalog::Resource& resource, const Output& output,
               std::string_view include_object);

  // `type` is ADDED, MODIFIED or DELETED.
  void object(transport::ResponseStream& stream, std::string_view type,
              const storage::ObjectPtr& object);
  // The revision up to which the watch has told everything; `initial_end` marks the end of the
  // initial events (KEP-3157).
  void bookmark(transport::ResponseStream& stream, storage::Revision revision, bool initial_end);
  void error(transport::ResponseStream& stream, const base::ApiError& error) const;
  // True when events are frames with a length before each, false when they are lines.
  bool protobuf() const { return output_.encoding == Encoding::protobuf; }
  // What the stream's head says it is.
  std::string_view content_type() const;

 private:
  const catalog::Resource& resource_;
  Output output_;
  TableOptions table_;
  bool stored_as_served_;
  std::string prefix_;  // of an object that is not served as it is stored: its type
};

// `object` with its resourceVersion replaced: the last state of an object that left a selection is
// told with the revision of the event that made it leave.
storage::ObjectPtr at_revision(const storage::ObjectPtr& object, storage::Revision revision);

}  // namespace limen::api
