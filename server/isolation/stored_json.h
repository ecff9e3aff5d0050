// Stored objects and their events as messages; see codec.h.
#pragma once

#include "isolation/peer.h"
#include "storage/store.h"

namespace limen::isolation {

Message to_json(const storage::StoredObject& object);
storage::ObjectPtr stored_of(const Message& message);
Message to_json(const storage::Event& event);
storage::EventPtr event_of(const Message& message);
Message to_json(const storage::Key& key);
storage::Key key_of(const Message& message);
Message to_json(const storage::WriteResult& result);
storage::WriteResult write_result_of(const Message& message);

}  // namespace limen::isolation
