#include "isolation/stored_json.h"

#include "isolation/codec.h"

namespace limen::isolation {

Message to_json(const storage::StoredObject& object) {
  Message out;
  out["ns"] = object.ns;
  out["name"] = object.name;
  out["uid"] = object.uid;
  out["revision"] = object.revision;
  out["created"] = object.create_revision;
  out["labels"] = to_json(object.labels);
  out["json"] = object.json;
  return out;
}

storage::ObjectPtr stored_of(const Message& message) {
  if (message.empty()) return nullptr;
  auto out = std::make_shared<storage::StoredObject>();
  out->ns = text_of(message, "ns");
  out->name = text_of(message, "name");
  out->uid = text_of(message, "uid");
  out->revision = number_of(message, "revision");
  out->create_revision = number_of(message, "created");
  out->labels = pairs_of(message, "labels");
  out->json = text_of(message, "json");
  return out;
}

Message to_json(const storage::Event& event) {
  Message out;
  out["type"] = static_cast<int>(event.type);
  out["revision"] = event.revision;
  if (event.object != nullptr) out["object"] = to_json(*event.object);
  return out;
}

storage::EventPtr event_of(const Message& message) {
  auto out = std::make_shared<storage::Event>();
  out->type = static_cast<storage::EventType>(number_of(message, "type"));
  out->revision = number_of(message, "revision");
  out->object = stored_of(object_of(message, "object"));
  return out;
}

Message to_json(const storage::Key& key) {
  Message out;
  out["group"] = key.id.group;
  out["resource"] = key.id.resource;
  out["ns"] = key.ns;
  out["name"] = key.name;
  return out;
}

storage::Key key_of(const Message& message) {
  return {{text_of(message, "group"), text_of(message, "resource")},
          text_of(message, "ns"),
          text_of(message, "name")};
}

Message to_json(const storage::WriteResult& result) {
  Message out;
  out["status"] = static_cast<int>(result.status);
  if (result.object != nullptr) out["object"] = to_json(*result.object);
  if (result.current != nullptr) out["current"] = to_json(*result.current);
  out["error"] = result.error;
  return out;
}

storage::WriteResult write_result_of(const Message& message) {
  storage::WriteResult out;  // unavailable
  out.error = text_of(message, "gone");
  if (!out.error.empty() || !message.contains("status")) return out;
  out.status = static_cast<storage::WriteStatus>(number_of(message, "status"));
  out.object = stored_of(object_of(message, "object"));
  out.current = stored_of(object_of(message, "current"));
  out.error = text_of(message, "error");
  return out;
}

}  // namespace limen::isolation
