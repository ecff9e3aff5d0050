#include "api/watch_events.h"

#include "api/protobuf_answer.h"
#include "api/respond.h"
#include "base/json_text.h"
#include "object/canonical.h"
#include "object/metadata.h"
#include "registry/conversion.h"
#include "validation/protobuf/encode.h"

namespace limen::api {

namespace {

constexpr std::string_view kRevisionKey = ",\"resourceVersion\":\"";

std::string type_prefix(const catalog::Resource& resource, const Output& output) {
  const bool partial = output.view != View::object && output.view != View::table;
  std::string text = "{\"kind\":";
  base::append_json_string(text, partial ? "PartialObjectMetadata" : resource.kind);
  text += ",\"apiVersion\":";
  base::append_json_string(text, partial ? object::group_version("meta.k8s.io", output.meta_version)
                                         : object::group_version(resource.group, resource.version));
  return text += ',';
}

std::string event_head(std::string_view type) {
  std::string head = "{\"type\":\"";
  head += type;
  return head += "\",\"object\":";
}

// An event whose object is there as JSON text.
void write_event(transport::ResponseStream& stream, std::string_view type, std::string_view json,
                 bool protobuf) {
  if (protobuf) {
    stream.write(validation::protobuf::watch_frame(type, protobuf_body(json)));
    return;
  }
  std::string text = event_head(type);
  text += json;
  stream.write(text += "}\n");
}

}  // namespace

storage::ObjectPtr at_revision(const storage::ObjectPtr& object, storage::Revision revision) {
  auto moved = std::make_shared<storage::StoredObject>(*object);
  moved->revision = revision;
  const std::size_t at = moved->json.rfind(kRevisionKey);
  if (at != std::string::npos) {
    moved->json.resize(at + kRevisionKey.size());
    moved->json += std::to_string(revision) + "\"}}";
  }
  return moved;
}

WatchEncoder::WatchEncoder(const catalog::Resource& resource, const Output& output,
                           std::string_view include_object)
    : resource_(resource),
      output_(output),
      stored_as_served_(registry::difference(resource) == registry::Difference::none),
      prefix_(type_prefix(resource, output)) {
  table_.version = output.meta_version;
  table_.include = asked_include_object(include_object);
}

void WatchEncoder::object(transport::ResponseStream& stream, std::string_view type,
                          const storage::ObjectPtr& object) {
  if (protobuf()) {
    const auto body = protobuf_event(resource_, object, output_.view, output_.meta_version);
    stream.write(validation::protobuf::watch_frame(type, *body));
    return;
  }
  stream.write(event_head(type));
  switch (output_.view) {
    case View::table: {
      const std::string json = served_json(resource_, object);
      table_.now = std::chrono::system_clock::now();
      stream.write(single_row_table(resource_, object::Document::parse(json).root(), json, table_));
      table_.column_definitions = false;
      break;
    }
    case View::partial:
    case View::partial_list:
      stream.write(prefix_);
      stream.write(metadata_tail(object->json));
      break;
    case View::object:
      if (stored_as_served_) {
        stream.write(object->json);
      } else {
        stream.write(prefix_);
        stream.write(served_text(resource_, object).rest);
      }
      break;
  }
  stream.write("}\n");
}

void WatchEncoder::bookmark(transport::ResponseStream& stream, storage::Revision revision,
                            bool initial_end) {
  std::string text;
  const std::string number = std::to_string(revision);
  std::string shown = prefix_ + "\"metadata\":{";
  if (initial_end) shown += R"("annotations":{"k8s.io/initial-events-end":"true"},)";
  shown += "\"resourceVersion\":\"" + number + "\"}}";
  if (output_.view == View::table) {
    table_.now = std::chrono::system_clock::now();
    text += single_row_table(resource_, object::Document::parse(shown).root(), shown, table_);
    table_.column_definitions = false;
  } else {
    text += shown;
  }
  write_event(stream, "BOOKMARK", text, protobuf());
}

void WatchEncoder::error(transport::ResponseStream& stream, const base::ApiError& error) const {
  std::string status = error.to_json();
  while (status.ends_with('\n')) status.pop_back();
  write_event(stream, "ERROR", status, protobuf());
}

std::string_view WatchEncoder::content_type() const {
  return protobuf() ? "application/vnd.kubernetes.protobuf;stream=watch" : "application/json";
}

}  // namespace limen::api
